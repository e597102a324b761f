"""The access settings of a rehearsal: open, or with sign-in at the rehearsal's own OpenID Connect provider.

No real issuer has the site of a rehearsal among its redirect URIs, so the rehearsal replaces the issuer, the client and
the audience of the settings. It keeps their claims and scopes.
"""

import json
import tomllib
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Final, Literal, get_args

from standby.json_model import JsonModel
from standby.machine import write_file
from standby.rehearsal.files.json_files import read_record, write_record
from standby.rehearsal.files.paths import RehearsalPaths

AccessMode = Literal["open", "oidc"]
ACCESS_MODES: Final[tuple[AccessMode, ...]] = get_args(AccessMode)

ISSUER_HOST: Final = "login.rehearsal.test"
"""A name that no public DNS has. Source: RFC 6761, section 6.2, "test"."""

ISSUER: Final = f"https://{ISSUER_HOST}"
CLIENT_ID: Final = "warm-standby-page"
AUDIENCE: Final = "https://api.rehearsal.test"
DEFAULT_CLAIMS: Final[Mapping[str, tuple[str, ...]]] = {"groups": ("chatbot-users",)}
DEFAULT_DELETE_CLAIMS: Final[Mapping[str, tuple[str, ...]]] = {"groups": ("chatbot-admins",)}
DEFAULT_SCOPES: Final = ("openid", "offline_access")
SETTINGS_NAME: Final = "standby.toml"


class AccessRecord(JsonModel):
    """The access mode that `standby rehearse up` was last given."""

    mode: AccessMode


class Access(JsonModel):
    """The settings of sign-in in a rehearsal, as `[access]` has them: claims are accepted values by name."""

    required_claims: Mapping[str, tuple[str, ...]] = DEFAULT_CLAIMS
    delete_claims: Mapping[str, tuple[str, ...]] = DEFAULT_DELETE_CLAIMS
    scopes: tuple[str, ...] = DEFAULT_SCOPES

    def settings(self) -> dict[str, object]:
        """Return the section `[access]`."""
        claims = {"required_claims": self.required_claims, "delete_claims": self.delete_claims}
        return {
            "mode": "oidc",
            "issuer": ISSUER,
            "client_id": CLIENT_ID,
            "audience": AUDIENCE,
            "audience_parameter": "resource",
            "scopes": self.scopes,
            **{name: values for name, values in claims.items() if values},
        }


def choose_access(paths: RehearsalPaths, mode: AccessMode) -> None:
    """Record the mode for this and all later commands."""
    write_record(paths.access_record, AccessRecord(mode=mode))


def read_access(paths: RehearsalPaths, settings: Path | None) -> Access | None:
    """Return the settings of sign-in, None if the rehearsal is open.

    The mode is the recorded one, else that of the settings file (default: the project's).
    """
    section = _section(_read(_source(paths, settings)))
    record = read_record(paths.access_record, AccessRecord)
    if (record.mode if record is not None else section.get("mode", "open")) != "oidc":
        return None
    if section.get("mode") != "oidc":
        return Access()
    kept = {name: section[name] for name in Access.model_fields if name in section}
    try:
        return Access.model_validate({"required_claims": {}, "delete_claims": {}, **kept})
    except ValueError:  # the synthesis names what is wrong
        return Access()


def rehearsed_settings(paths: RehearsalPaths, settings: Path | None) -> Path | None:
    """Return the settings file for the synthesis: the given one, or a copy of it with another section `[access]`."""
    source = _source(paths, settings)
    document = _read(source)
    access = read_access(paths, settings)
    section = access.settings() if access is not None else {"mode": "open"}
    if document is None or (access is None and _section(document).get("mode", "open") == "open"):
        paths.settings.unlink(missing_ok=True)
        return settings
    text = f"# {source}, with the access settings of this rehearsal.\n{toml_text({**document, 'access': section})}"
    if not paths.settings.is_file() or paths.settings.read_text(encoding="utf-8") != text:
        paths.settings.parent.mkdir(parents=True, exist_ok=True)
        write_file(paths.settings, text)
    return paths.settings


def toml_text(document: Mapping[str, object]) -> str:
    """Return the document as TOML, each of its keys on a line of its own. Raises `TypeError` for an unknown type."""
    return "".join(f"{json.dumps(key)} = {_value(value)}\n" for key, value in document.items())


def _value(value: object) -> str:
    if isinstance(value, bool | str):
        return json.dumps(value)
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, date):  # a datetime too
        return value.isoformat()
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{json.dumps(key)} = {_value(item)}" for key, item in value.items()) + "}"
    if isinstance(value, Sequence):
        return "[" + ", ".join(map(_value, value)) + "]"
    raise TypeError(f"TOML has no {type(value).__name__}")


def _source(paths: RehearsalPaths, settings: Path | None) -> Path:
    return settings or paths.project / SETTINGS_NAME


def _read(source: Path) -> dict[str, object] | None:
    """Return the settings, None if they cannot be read: the synthesis says why."""
    try:
        return tomllib.loads(source.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError):
        return None


def _section(document: Mapping[str, object] | None) -> Mapping[str, object]:
    section = (document or {}).get("access")
    return section if isinstance(section, Mapping) else {}

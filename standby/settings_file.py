"""The settings file of a project, as far as the operator's commands read it: which deployment it describes.

`main.py` reads all of it. `tests/contracts` compares both.
"""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Final

from standby.errors import BadUsageError

SETTINGS_VARIABLE: Final = "STANDBY_SETTINGS"
SETTINGS_NAME: Final = "standby.toml"
DEFAULT_NAME: Final = "chatbot"
DEFAULT_REGIONS: Final[Mapping[str, str]] = {"primary": "us-west-2", "failover": "us-east-1"}
KEYS: Final = (
    "access",
    "allowed_account_ids",
    "answers",
    "automatic",
    "dns",
    "documents",
    "knowledge_base",
    "name",
    "notifications",
    "objectives",
    "operations",
    "regions",
    "review",
    "site",
    "state",
    "tags",
    "usage",
)
"""The names on the first level of the file."""

NOT_NEEDED: Final = "With --name and --region the file is not needed."


@dataclass(frozen=True, kw_only=True)
class DeploymentSettings:
    """The deployment that a settings file describes. `path` is None without a file: then these are the defaults."""

    path: Path | None = None
    name: str = DEFAULT_NAME
    regions: tuple[str, ...] = tuple(DEFAULT_REGIONS.values())
    allowed_accounts: tuple[str, ...] = ()


def read_settings(path: Path | None = None) -> DeploymentSettings:
    """Read this file, or the one that `STANDBY_SETTINGS` names, or that of this directory or of a directory above it.

    Raises `BadUsageError` for a file that cannot be read, and for a setting that does not exist or has a wrong type.
    """
    path = path or named_settings() or find_upwards(SETTINGS_NAME)
    if path is None:
        return DeploymentSettings()
    try:
        settings = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise BadUsageError(f"{path}: {error}", hint=NOT_NEEDED) from error
    _refuse_unknown(path, "", settings, KEYS)
    return DeploymentSettings(
        path=path,
        name=_text(path, "name", settings.get("name", DEFAULT_NAME)),
        regions=_regions(path, settings.get("regions", {})),
        allowed_accounts=_texts(path, "allowed_account_ids", settings.get("allowed_account_ids", [])),
    )


def named_settings() -> Path | None:
    """Return the file that `STANDBY_SETTINGS` names, None if it names none."""
    named = os.environ.get(SETTINGS_VARIABLE)
    return Path(named) if named else None


def find_upwards(name: str) -> Path | None:
    """Return a file of this directory, or of the nearest directory above it that has one of this name."""
    here = Path.cwd()
    return next((path / name for path in (here, *here.parents) if (path / name).exists()), None)


def _regions(path: Path, value: object) -> tuple[str, ...]:
    if not isinstance(value, Mapping):
        raise BadUsageError(f"{path}: regions = {value!r}: not a table of regions.", hint=NOT_NEEDED)
    _refuse_unknown(path, "regions.", value, tuple(DEFAULT_REGIONS))
    return tuple(_text(path, f"regions.{role}", value.get(role, default)) for role, default in DEFAULT_REGIONS.items())


def _text(path: Path, key: str, value: object) -> str:
    if not isinstance(value, str) or not value:
        raise BadUsageError(f"{path}: {key} = {value!r}: not a text.", hint=NOT_NEEDED)
    return value


def _texts(path: Path, key: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        hint = 'Use the 12 digits of each account ID, in quotes: ["111122223333"].'
        raise BadUsageError(f"{path}: {key} = {value!r}: not a list of texts.", hint=hint)
    return tuple(value)


def _refuse_unknown(path: Path, prefix: str, settings: Mapping[str, object], known: tuple[str, ...]) -> None:
    for key in settings:
        if key not in known:
            near = get_close_matches(key, known, n=1)
            hint = f"Did you mean `{prefix}{near[0]}`?" if near else f"Remove it. {NOT_NEEDED}"
            raise BadUsageError(f"{path}: there is no setting `{prefix}{key}`.", hint=hint)

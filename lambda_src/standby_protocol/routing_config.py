"""`config.json`, which names the API that pages call: how a copy is read and written, which one is authoritative.

This module has the only rules for reading a copy and for selecting the authoritative copy.
`frontend/routing-config.js` has the same rules for the page; both pass the cases of tests/routing_config_cases.json.
"""

import codecs
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, NoReturn

from standby_protocol.api_url import normalize_api_url
from standby_protocol.deployment import Deployment, Role, Unavailable, other_role

KEY: Final = "config.json"
MAX_BYTES: Final = 65_536
"""A larger text (in UTF-8, without a byte order mark) is invalid. A text that this tool writes has about 300 bytes."""
MAX_READ_BYTES: Final = MAX_BYTES + len(codecs.BOM_UTF8) + 1
"""The number of bytes that are read of an object: enough to detect that it is too large."""
MAX_BRACKETS: Final = 100
"""A file with more opening brackets is invalid: deep nesting would stop Python's parser but not a browser's."""
MAX_GENERATION: Final = 10**12 - 1
"""The largest generation: the key of an event has 12 digits for it. A config with a larger one is manually edited."""

READ_ORDER: Final[tuple[Role, Role]] = ("failover", "primary")
"""The order in which the edge asks the buckets for config.json."""


@dataclass(frozen=True, kw_only=True)
class RoutingConfig:
    """The content of a valid `config.json`. `generation` is None after a manual edit; pages obey it nevertheless."""

    api_url: str
    fallback_api_url: str | None = None
    region: str = ""
    role: str = ""
    generation: int | None = None
    updated_at: str = ""

    @property
    def manually_edited(self) -> bool:
        """Whether neither Terraform nor this tool wrote it: it has no generation."""
        return self.generation is None


@dataclass(frozen=True, kw_only=True)
class ConfigCopy:
    """One bucket's `config.json`, as it was read. `etag` is "" if the object does not exist."""

    role: Role
    region: str
    bucket: str
    config: RoutingConfig | None = None
    etag: str = ""
    text: str = ""

    @property
    def state(self) -> Literal["absent", "invalid", "valid"]:
        """Whether the object exists, and whether pages can read it."""
        if not self.etag:
            return "absent"
        return "invalid" if self.config is None else "valid"

    @property
    def generation(self) -> int:
        """The generation; 0 if none is known."""
        return self.config.generation or 0 if self.config else 0


ConfigCopies = Mapping[Role, ConfigCopy | Unavailable]


@dataclass(frozen=True, kw_only=True)
class ConfigHistory:
    """The reads of one page so far: the config that it obeys, and the highest generation that it has seen.

    The rule of the page: a higher generation replaces a lower one. Between equal generations, the page obeys the one
    that it read last. It obeys a manually edited config unchanged.
    """

    config: RoutingConfig | None = None
    highest_generation: int = 0

    def accepts(self, read: RoutingConfig) -> bool:
        """Whether a page with this history obeys the config that it reads now."""
        return self.config is None or read.generation is None or read.generation >= self.highest_generation

    def after(self, read: RoutingConfig | None) -> "ConfigHistory":
        """Return the history after one more read; `read` is None if the page read nothing valid."""
        if read is None or not self.accepts(read):
            return self
        return ConfigHistory(config=read, highest_generation=max(self.highest_generation, read.generation or 0))


def authoritative_copy(copies: ConfigCopies) -> ConfigCopy | None:
    """Return the copy that pages obey; None if no valid copy is known.

    A page obeys this copy after it has read the primary region's copy and then the failover region's. The edge asks the
    failover bucket first, so users get a manual edit or an equal generation from that bucket. If two configs of one
    generation name the same API, pages obey either, and the one in the bucket of this API's region is authoritative: a
    switch writes it first.
    """
    history, authoritative = ConfigHistory(), None
    for role in reversed(READ_ORDER):
        copy = copies.get(role)
        if isinstance(copy, ConfigCopy) and copy.config is not None and history.accepts(copy.config):
            history, authoritative = history.after(copy.config), copy
    for copy in copies.values():
        if isinstance(copy, ConfigCopy) and authoritative is not None and _precedes(copy, authoritative):
            return copy
    return authoritative


def _precedes(copy: ConfigCopy, other: ConfigCopy) -> bool:
    """Return whether a copy has another config of the same generation and API, and is the one of the API's region."""
    one, another = copy.config, other.config
    if one is None or another is None or one.generation is None or one == another:
        return False
    return (one.generation, one.api_url) == (another.generation, another.api_url) and copy.role == one.role


def serving_role(deployment: Deployment, copies: ConfigCopies) -> Role | None:
    """Return the role whose API the authoritative copy names; None if there is no such copy or role."""
    copy = authoritative_copy(copies)
    return deployment.role_of(copy.config.api_url) if copy is not None and copy.config is not None else None


def moves_users(deployment: Deployment, copies: ConfigCopies, target: Role) -> bool:
    """Return whether switching to this region moves new visitors: the edge reads the failover bucket first.

    After a switch that was killed after its first write, the target may be authoritative although no user has moved.
    """
    read = (copies.get(role) for role in READ_ORDER)
    said = [copy.config for copy in read if isinstance(copy, ConfigCopy) and copy.config is not None]
    return not said or deployment.role_of(said[0].api_url) != target


def copies_agree(copies: ConfigCopies) -> bool:
    """Return whether both copies are known, valid and equal."""
    known = [copy for copy in copies.values() if isinstance(copy, ConfigCopy)]
    return len(known) > 1 and all(copy.config is not None and copy.config == known[0].config for copy in known)


def parse_config(body: bytes | str) -> RoutingConfig:
    """Read a `config.json` as the page does. Raises `ValueError` with the reason if the page cannot read it."""
    data = body.encode() if isinstance(body, str) else body
    text = data.decode("utf-8-sig", errors="replace")  # a byte order mark is ignored, as in a browser
    if len(text.encode()) > MAX_BYTES:  # of the text, as in a browser: each byte that is not UTF-8 became three
        raise ValueError(f"it has more than {MAX_BYTES} bytes")
    if text.count("{") + text.count("[") > MAX_BRACKETS:
        raise ValueError(f"it has more than {MAX_BRACKETS} opening brackets")
    document = _parse_json(text)
    api_url = normalize_api_url(document.get("apiUrl")) if isinstance(document, dict) else ""
    if not api_url:
        raise ValueError("it names no API URL")
    return RoutingConfig(
        api_url=api_url,
        fallback_api_url=normalize_api_url(document.get("fallbackApiUrl")) or None,
        region=_text(document.get("region")),
        role=_text(document.get("role")),
        generation=_generation(document.get("generation")),
        updated_at=_text(document.get("updatedAt")),
    )


def render_config(config: RoutingConfig) -> str:
    """Return the text of a `config.json`: `apiUrl` first and without blanks, as Terraform writes it.

    The health check of the API's name in DNS searches for these bytes. Source: warm_standby.dns.health_checks.
    """
    document: dict[str, object] = {"apiUrl": config.api_url}
    if config.fallback_api_url is not None:
        document["fallbackApiUrl"] = config.fallback_api_url
    document |= {"region": config.region, "role": config.role}
    document |= {"generation": config.generation, "updatedAt": config.updated_at}
    return json.dumps(document, separators=(",", ":"))


def config_for_role(deployment: Deployment, role: Role, *, generation: int, updated_at: str) -> RoutingConfig:
    """Return the `config.json` that sends users to the region of this role."""
    other = deployment.regions[other_role(role)]
    return RoutingConfig(
        api_url=normalize_api_url(deployment.regions[role].api_url),
        fallback_api_url=normalize_api_url(other.api_url) if deployment.site.api_fallback else None,
        region=deployment.regions[role].region,
        role=role,
        generation=generation,
        updated_at=updated_at,
    )


def _parse_json(text: str) -> Any:  # noqa: ANN401 - any JSON value
    try:
        return json.loads(text, parse_int=_parse_integer, parse_constant=_refuse_constant)
    except ValueError as error:
        raise ValueError("it is not JSON") from error


def _parse_integer(digits: str) -> float:
    # A number with thousands of digits is infinite in a browser; `int` would raise.
    return int(digits) if len(digits) < len(str(MAX_GENERATION)) + 2 else math.inf


def _refuse_constant(name: str) -> NoReturn:
    # Python reads NaN and Infinity; JSON and browsers do not.
    raise ValueError(name)


def _generation(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 1 <= value <= MAX_GENERATION:
        return None
    return int(value) if value == int(value) else None


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""

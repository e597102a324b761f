"""`config.json`, which tells pages which region's API to call: one copy in each region's frontend bucket.

This module has the one rule for reading a copy and for which copy is authoritative. `frontend/routing-config.js` has
the same rule for the page; both pass the cases of tests/routing_config_cases.json.

A copy is only replaced on condition of what was read (`If-Match` on its ETag), so no command overwrites a write that it
has not seen. Source: docs.aws.amazon.com, S3, "How to prevent object overwrites with conditional writes".
"""

import codecs
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Literal, NoReturn

from botocore.exceptions import BotoCoreError, ClientError

from standby.deployment.api_url import normalize_api_url
from standby.deployment.concurrency import Unavailable
from standby.deployment.manifest import Manifest, Region, Role

if TYPE_CHECKING:
    from botocore.response import StreamingBody
    from mypy_boto3_s3 import S3Client

KEY: Final = "config.json"
MAX_BYTES: Final = 65_536
"""A larger text (in UTF-8, without a byte order mark) is invalid. One that this tool writes has about 300 bytes."""
_MAX_READ_BYTES: Final = MAX_BYTES + len(codecs.BOM_UTF8) + 1
"""How much of an object is read: enough to know that it is too large."""
MAX_BRACKETS: Final = 100
"""More opening brackets are invalid: nested deeply, they would end Python's parser where a browser reads on."""
MAX_GENERATION: Final = 2**53 - 1
"""The largest integer that a browser's number holds exactly (`Number.MAX_SAFE_INTEGER`)."""

READ_ORDER: Final[tuple[Role, Role]] = ("failover", "primary")
"""The order in which the edge asks the buckets for config.json."""

_MISSING: Final = frozenset({"NoSuchKey", "404"})
_CHANGED: Final = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey", "404", "412", "409"})
"""412: another content is there; 409: another write is under way; 404: what was to be replaced is gone."""


@dataclass(frozen=True, kw_only=True)
class RoutingConfig:
    """What a valid `config.json` says. `generation` is None after a manual edit; pages obey it all the same."""

    api_url: str
    fallback_api_url: str | None = None
    region: str = ""
    role: str = ""
    generation: int | None = None
    updated_at: str = ""

    @property
    def manually_edited(self) -> bool:
        """Whether this was written neither by Terraform nor by this tool: it has no generation."""
        return self.generation is None


@dataclass(frozen=True, kw_only=True)
class ConfigCopy:
    """One bucket's `config.json`, as it was read. `etag` is "" where the object does not exist."""

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
        """The generation, 0 where none is known."""
        return self.config.generation or 0 if self.config else 0


ConfigCopies = Mapping[Role, ConfigCopy | Unavailable]


class PreconditionFailedError(Exception):
    """The object is not the one that was read: another command or a person wrote it since."""


@dataclass(frozen=True, kw_only=True)
class ConfigHistory:
    """What a page has read so far: the config that it obeys, and the highest generation that it has seen.

    The rule of the page: a higher generation replaces a lower one, between equals the one read last is obeyed, and a
    manually edited one is obeyed as it stands.
    """

    config: RoutingConfig | None = None
    highest_generation: int = 0

    def accepts(self, read: RoutingConfig) -> bool:
        """Whether a page with this history obeys what it reads now."""
        return self.config is None or read.generation is None or read.generation >= self.highest_generation

    def after(self, read: RoutingConfig | None) -> "ConfigHistory":
        """Return the history after one more read; `read` is None where nothing valid was read."""
        if read is None or not self.accepts(read):
            return self
        return ConfigHistory(config=read, highest_generation=max(self.highest_generation, read.generation or 0))


def authoritative_copy(copies: ConfigCopies) -> ConfigCopy | None:
    """Return the copy that pages obey; None when no valid one is known.

    It is the copy that a page obeys which has read the primary region's copy and then the failover region's: the edge
    asks the failover bucket first, so what a manual edit or an equal generation says there is what users get.
    """
    history, authoritative = ConfigHistory(), None
    for role in reversed(READ_ORDER):
        copy = copies.get(role)
        if isinstance(copy, ConfigCopy) and copy.config is not None and history.accepts(copy.config):
            history, authoritative = history.after(copy.config), copy
    return authoritative


def serving_role(manifest: Manifest, copies: ConfigCopies) -> Role | None:
    """Return the role whose API the authoritative copy names; None when there is none, or it names neither's."""
    copy = authoritative_copy(copies)
    return manifest.role_of(copy.config.api_url) if copy is not None and copy.config is not None else None


def moves_users(manifest: Manifest, copies: ConfigCopies, target: Role) -> bool:
    """Tell whether switching to this region moves new visitors: the edge reads the failover bucket first.

    After a switch that was killed after its first write, the target may be authoritative and yet nobody has moved.
    """
    read = (copies.get(role) for role in READ_ORDER)
    said = [copy.config for copy in read if isinstance(copy, ConfigCopy) and copy.config is not None]
    return not said or manifest.role_of(said[0].api_url) != target


def copies_agree(copies: ConfigCopies) -> bool:
    """Tell whether both copies are known, valid and equal."""
    known = [copy for copy in copies.values() if isinstance(copy, ConfigCopy)]
    return len(known) > 1 and all(copy.config is not None and copy.config == known[0].config for copy in known)


def parse_config(body: bytes | str) -> RoutingConfig:
    """Read a `config.json` as the page does. Raises `ValueError` with the reason where the page cannot read it."""
    data = body.encode() if isinstance(body, str) else body
    text = data.decode("utf-8-sig", errors="replace")  # a byte order mark does not count, as in a browser
    if len(text.encode()) > MAX_BYTES:  # the text's, as in a browser: a byte that is not UTF-8 has become three
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
    """Return the text of a `config.json`."""
    document: dict[str, object] = {"apiUrl": config.api_url}
    if config.fallback_api_url is not None:
        document["fallbackApiUrl"] = config.fallback_api_url
    document |= {"region": config.region, "role": config.role}
    document |= {"generation": config.generation, "updatedAt": config.updated_at}
    return json.dumps(document)


def config_for_role(manifest: Manifest, role: Role, *, generation: int, updated_at: str) -> RoutingConfig:
    """Return the `config.json` that sends users to the region of this role."""
    return RoutingConfig(
        api_url=normalize_api_url(manifest.regions[role].api_url),
        fallback_api_url=normalize_api_url(manifest.other(role).api_url) if manifest.site.api_fallback else None,
        region=manifest.regions[role].region,
        role=role,
        generation=generation,
        updated_at=updated_at,
    )


def read_copy(s3: "S3Client", region: Region) -> ConfigCopy:
    """Read one bucket's copy. Raises botocore's errors, except where the object does not exist."""
    absent = ConfigCopy(role=region.role, region=region.region, bucket=region.frontend_bucket)
    try:
        answer = s3.get_object(Bucket=region.frontend_bucket, Key=KEY)
    except ClientError as error:
        if error.response["Error"]["Code"] in _MISSING:
            return absent
        raise
    body = _read_body(answer["Body"])
    try:
        config = parse_config(body)
    except ValueError:
        config = None
    return replace(absent, config=config, etag=answer["ETag"], text=body.decode("utf-8", errors="replace"))


def _read_body(stream: "StreamingBody") -> bytes:
    # A read with a size returns what there is when the connection breaks off; only the read after it is an error.
    body = b""
    while len(body) < _MAX_READ_BYTES and (part := stream.read(_MAX_READ_BYTES - len(body))):
        body += part
    return body


def write_copy(s3: "S3Client", seen: ConfigCopy, text: str) -> None:
    """Replace the copy that was read.

    Raises `PreconditionFailedError` when the object has changed since, botocore's errors when the outcome is unknown.
    After a write whose answer was lost, the object is read again before the write counts as failed.
    """
    condition = {"IfMatch": seen.etag} if seen.etag else {"IfNoneMatch": "*"}
    try:
        s3.put_object(
            Bucket=seen.bucket,
            Key=KEY,
            Body=text.encode(),
            ContentType="application/json",
            CacheControl="no-store",
            **condition,  # type: ignore[arg-type]  # one of two keyword arguments, both text
        )
    except (ClientError, BotoCoreError) as error:
        if _is_written(s3, seen, text):
            return
        if isinstance(error, ClientError) and error.response["Error"]["Code"] in _CHANGED:
            raise PreconditionFailedError from error
        raise


def _is_written(s3: "S3Client", seen: ConfigCopy, text: str) -> bool:
    try:
        return bool(s3.get_object(Bucket=seen.bucket, Key=KEY)["Body"].read() == text.encode())
    except (ClientError, BotoCoreError):
        return False


def _parse_json(text: str) -> Any:  # noqa: ANN401 - any JSON value
    try:
        return json.loads(text, parse_int=_parse_integer, parse_constant=_refuse_constant)
    except ValueError as error:
        raise ValueError("it is not JSON") from error


def _parse_integer(digits: str) -> float:
    # A number with thousands of digits is infinite in a browser; `int` would raise.
    return int(digits) if len(digits) < len(str(MAX_GENERATION)) + 2 else math.inf


def _refuse_constant(name: str) -> NoReturn:
    # Python reads NaN and Infinity; JSON and browsers know neither.
    raise ValueError(name)


def _generation(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 1 <= value <= MAX_GENERATION:
        return None
    return int(value) if value == int(value) else None


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""

"""`config.json`, which names the API that pages call: one copy in each region's frontend bucket.

This module has the only rules for reading a copy and for selecting the authoritative copy.
`frontend/routing-config.js` has the same rules for the page; both pass the cases of tests/routing_config_cases.json.

A copy is replaced only if it is still the one that was read (`If-Match` on its ETag), so no command overwrites a write
that it has not seen. Source: docs.aws.amazon.com, S3, "How to prevent object overwrites with conditional writes".
"""

import codecs
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, Literal, NoReturn

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ProxyConnectionError,
    SSLError,
)

from standby.deployment.answers import take_text
from standby.deployment.api_call import read_stream
from standby.deployment.api_url import normalize_api_url
from standby.deployment.concurrency import NoAnswerError, Unavailable, explain
from standby.deployment.manifest import Manifest, Region, Role

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

KEY: Final = "config.json"
MAX_BYTES: Final = 65_536
"""A larger text (in UTF-8, without a byte order mark) is invalid. A text that this tool writes has about 300 bytes."""
_MAX_READ_BYTES: Final = MAX_BYTES + len(codecs.BOM_UTF8) + 1
"""The number of bytes that are read of an object: enough to detect that it is too large."""
MAX_BRACKETS: Final = 100
"""A file with more opening brackets is invalid: deep nesting would stop Python's parser but not a browser's."""
MAX_GENERATION: Final = 10**12 - 1
"""The largest generation: the key of an event has 12 digits for it. A config with a larger one is manually edited."""

READ_ORDER: Final[tuple[Role, Role]] = ("failover", "primary")
"""The order in which the edge asks the buckets for config.json."""

NO_SUCH_KEY: Final = "NoSuchKey"
"""The only code that says that an object does not exist: a 404 without it may be the page of a proxy."""
_CHANGED: Final = frozenset({"PreconditionFailed", "ConditionalRequestConflict", NO_SUCH_KEY, "412", "409"})
"""412: the content differs; 409: another write is in progress; 404: the object to replace no longer exists."""


_NOT_SENT: Final = (
    EndpointConnectionError,
    ConnectTimeoutError,
    NoCredentialsError,
    ProxyConnectionError,
    SSLError,
)
"""The errors before a request was sent."""


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


class UnknownWriteError(NoAnswerError):
    """The answer to a write was lost, and a look does not show whether it was carried out.

    `shown`: the object could be read again, and it is the old one. S3 may still carry out the write.
    """

    def __init__(self, why: str, *, shown: bool) -> None:
        seen = "shows the old config.json" if shown else "shows no config.json"
        may = "the write may still land" if shown else "the write may have landed"
        super().__init__(f"{why}, and then {seen}: {may}")


class PreconditionFailedError(Exception):
    """The object is not the one that was read: another command or a person has written it since."""


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
    failover bucket first, so users get a manual edit or an equal generation from that bucket.
    """
    history, authoritative = ConfigHistory(), None
    for role in reversed(READ_ORDER):
        copy = copies.get(role)
        if isinstance(copy, ConfigCopy) and copy.config is not None and history.accepts(copy.config):
            history, authoritative = history.after(copy.config), copy
    return authoritative


def serving_role(manifest: Manifest, copies: ConfigCopies) -> Role | None:
    """Return the role whose API the authoritative copy names; None if there is no such copy or role."""
    copy = authoritative_copy(copies)
    return manifest.role_of(copy.config.api_url) if copy is not None and copy.config is not None else None


def moves_users(manifest: Manifest, copies: ConfigCopies, target: Role) -> bool:
    """Return whether switching to this region moves new visitors: the edge reads the failover bucket first.

    After a switch that was killed after its first write, the target may be authoritative although no user has moved.
    """
    read = (copies.get(role) for role in READ_ORDER)
    said = [copy.config for copy in read if isinstance(copy, ConfigCopy) and copy.config is not None]
    return not said or manifest.role_of(said[0].api_url) != target


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
    """Read one bucket's copy; a missing object is a result. Raises botocore's errors."""
    absent = ConfigCopy(role=region.role, region=region.region, bucket=region.frontend_bucket)
    try:
        answer = s3.get_object(Bucket=region.frontend_bucket, Key=KEY)
    except ClientError as error:
        if error.response["Error"]["Code"] == NO_SUCH_KEY:
            return absent
        raise
    body, etag = read_stream(answer["Body"], _MAX_READ_BYTES), take_text(answer, "ETag")
    try:
        config = parse_config(body)
    except ValueError:
        config = None
    return replace(absent, config=config, etag=etag, text=body.decode("utf-8", errors="replace"))


def write_copy(s3: "S3Client", seen: ConfigCopy, text: str) -> None:
    """Replace the copy that was read.

    Raises `PreconditionFailedError` when the object has changed since, and botocore's errors when nothing was written.
    If the answer to a write is lost, the object is read again. Raises `UnknownWriteError` if it is not this text then:
    without an answer, S3 may carry out the write later.
    """
    condition = {"IfMatch": seen.etag} if seen.etag else {"IfNoneMatch": "*"}
    try:
        answer = s3.put_object(
            Bucket=seen.bucket,
            Key=KEY,
            Body=text.encode(),
            ContentType="application/json",
            CacheControl="no-store",
            **condition,  # type: ignore[arg-type]  # one of two keyword arguments, both text
        )
        take_text(answer, "ETag")
    except (ClientError, BotoCoreError) as error:
        written = _is_written(s3, seen, text)
        if written:
            return
        if isinstance(error, ClientError) and is_refused_by_condition(error):
            raise PreconditionFailedError from error
        if _may_have_landed(error) and (written is None or not isinstance(error, ClientError)):
            raise UnknownWriteError(explain(error).why, shown=written is False) from error
        raise


def is_refused_by_condition(error: ClientError) -> bool:
    """Return whether S3 refused a write because of its `If-Match` or `If-None-Match`."""
    return error.response["Error"]["Code"] in _CHANGED


def _may_have_landed(error: ClientError | BotoCoreError) -> bool:
    """Return whether a write that ended with this error may have been carried out.

    A refusal (4xx) is certain, and so is a connection that was never made. Source: docs.aws.amazon.com, Amazon S3 API
    Reference, "Error responses".
    """
    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        return not HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR
    return not isinstance(error, _NOT_SENT)


def _is_written(s3: "S3Client", seen: ConfigCopy, text: str) -> bool | None:
    """Return whether the object has this text; None if it cannot be read."""
    try:
        body = s3.get_object(Bucket=seen.bucket, Key=KEY)["Body"]
        return read_stream(body, _MAX_READ_BYTES) == text.encode()
    except ClientError as error:
        return False if error.response["Error"]["Code"] == NO_SUCH_KEY else None
    except BotoCoreError:
        return None


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

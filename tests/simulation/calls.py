"""The calls of a simulated command: each HTTP request as a record, and botocore's clients without a network.

botocore makes each request and reads each answer, as on AWS. Only the sending is replaced (its event `before-send`).
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache
from typing import Any, Final
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

import botocore
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.config import Config
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError

from standby.deployment.clients import Clients
from standby.deployment.sessions import EmulatorSession
from tests.simulation.machine import Answer, current
from tests.standby.manifests import REGIONS

SITE: Final = "site"
"""The place of a call to the edge, which is in no region."""
GLOBAL: Final = "global"
"""The place of a call to a control plane that is in no region of the simulation."""

_BUCKETS: Final = {f"{kind}-{region}": (region, kind) for region in REGIONS.values() for kind in ("docs", "frontend")}
_XML: Final = '<?xml version="1.0" encoding="UTF-8"?>\n'


@dataclass(frozen=True, kw_only=True)
class Call:
    """One call: its region (`SITE`, `GLOBAL`), its operation, and the object that it reads or writes.

    `bucket` is `docs` or `frontend`. `condition` is the ETag of `If-Match`, "*" for `If-None-Match: *`, "" for none.
    `source` is the ETag that a copied object must have. `after` is where a listing begins.
    """

    region: str
    operation: str
    bucket: str = ""
    key: str = ""
    body: bytes = b""
    condition: str = ""
    source: str = ""
    after: str = ""
    seconds: float = 2.0

    @property
    def is_write(self) -> bool:
        """Whether it changes an object."""
        return self.operation in {"PutObject", "CopyObject"}

    @property
    def is_config(self) -> bool:
        """Whether it reads or writes `config.json` itself."""
        return self.bucket == "frontend" and self.key == "config.json"

    @property
    def is_journal(self) -> bool:
        """Whether it reads or writes the journal."""
        return self.bucket == "frontend" and not self.is_config

    def __str__(self) -> str:
        verb = {
            "GetObject": "reads",
            "PutObject": "writes",
            "CopyObject": "copies",
            "HeadObject": "looks for",
            "ListObjectsV2": "lists",
        }.get(self.operation, f"calls {self.operation}")
        if self.region == SITE:
            return "reads config.json through the edge"
        what = "config.json" if self.is_config else "the journal" if self.is_journal else self.key or "the documents"
        return f"{verb} {what} in {self.region}" if self.bucket else f"{verb} in {self.region}"


class _Body:
    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, *_: object, **__: object) -> Iterable[bytes]:
        yield self.read()

    def read(self, *_: object, **__: object) -> bytes:
        body, self._body = self._body, b""
        return body

    def close(self) -> None:
        pass


def read_request(request: AWSPreparedRequest, operation: str) -> Call:
    """Return the call that a request of botocore is."""
    parts = urlsplit(request.url)
    region = (parts.hostname or "").removesuffix(".sim")
    if parts.path.count("/") < 1 or not operation.endswith(("Object", "ObjectsV2")):
        return Call(region=region, operation=operation)
    bucket, _, key = unquote(parts.path).lstrip("/").partition("/")
    query = {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
    condition = _header(request, "If-Match") or _header(request, "If-None-Match")
    return Call(
        region=region,
        operation=operation,
        bucket=_BUCKETS[bucket][1],
        key=key or query.get("prefix", ""),
        body=_bytes(request.body),
        condition=condition,
        source=_header(request, "x-amz-copy-source-if-match"),
        after=query.get("start-after", ""),
    )


def _bytes(body: Any) -> bytes:  # noqa: ANN401 - bytes, or what botocore has wrapped them in
    return body if isinstance(body, bytes) else body.read() if body else b""


def _header(request: AWSPreparedRequest, name: str) -> str:
    found = request.headers.get(name)
    return found.decode() if isinstance(found, bytes) else found or ""


def to_response(request: AWSPreparedRequest, answer: Answer) -> AWSResponse:
    """Return an answer as botocore's HTTP client does. Raises botocore's network errors."""
    if answer.failure == "refused":
        raise EndpointConnectionError(endpoint_url=request.url, error="connection refused")
    if answer.failure:
        raise ReadTimeoutError(endpoint_url=request.url, error=answer.failure)
    headers: Any = {"x-amz-request-id": "S1", "x-amzn-RequestId": "S1", "Date": date_now(), **dict(answer.headers)}
    return AWSResponse(request.url, answer.status, headers, _Body(answer.body))


def date_now() -> str:
    """Return the time of AWS as HTTP writes it."""
    return _format_date(int(current_start() + current().seconds))


@lru_cache(2**14)
def _format_date(seconds: int) -> str:
    return format_datetime(datetime.fromtimestamp(seconds, tz=UTC), usegmt=True)


def current_start() -> float:
    """Return the time of AWS at which the command that runs began, in seconds since 1970."""
    start: float = getattr(current(), "began_at")  # noqa: B009 - set by the command
    return start


def make_clients(send: Callable[..., Any]) -> Clients:
    """Return the clients of all simulated commands: creating them takes longer than a whole command."""

    def session(region: str) -> EmulatorSession:
        made = EmulatorSession(region=region, endpoint=f"http://{region}.sim")
        plain = Config(
            signature_version=botocore.UNSIGNED,
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            s3={"addressing_style": "path"},
            proxies={},
            user_agent="simulation",
        )
        made._session.set_default_client_config(plain)  # noqa: SLF001 - boto3 has no other way
        made.events.register("before-send", send)
        return made

    endpoints = {region: f"http://{region}.sim" for region in REGIONS.values()}
    return Clients(session, endpoints=endpoints, elsewhere=f"http://{GLOBAL}.sim")


def answer_json(document: object) -> Answer:
    """Return an answer of a JSON service."""
    return Answer(body=json.dumps(document).encode())


def answer_object(body: bytes, etag: str, status: str = "") -> Answer:
    """Return S3's answer with an object."""
    replication = (("x-amz-replication-status", status),) if status else ()
    return Answer(headers=(("ETag", etag), ("Content-Length", str(len(body))), *replication), body=body)


def answer_written(etag: str) -> Answer:
    """Return S3's answer to a write."""
    return Answer(headers=(("ETag", etag),))


def answer_copied(etag: str) -> Answer:
    """Return S3's answer to a copy."""
    return Answer(body=f"{_XML}<CopyObjectResult><ETag>{escape(etag)}</ETag></CopyObjectResult>".encode())


def answer_listing(found: Iterable[tuple[str, str, int, int]]) -> Answer:
    """Return S3's answer with the key, ETag, size and time (seconds since 1970) of each object."""
    contents = "".join(
        f"<Contents><Key>{escape(key)}</Key><ETag>{escape(etag)}</ETag><Size>{size}</Size>"
        f"<LastModified>{datetime.fromtimestamp(modified, tz=UTC):%Y-%m-%dT%H:%M:%S.000Z}</LastModified></Contents>"
        for key, etag, size, modified in found
    )
    return Answer(
        body=f"{_XML}<ListBucketResult><IsTruncated>false</IsTruncated>{contents}</ListBucketResult>".encode()
    )


def answer_error(status: int, code: str, *, headers: tuple[tuple[str, str], ...] = (), head: bool = False) -> Answer:
    """Return S3's refusal; the answer to a HEAD request has no body."""
    body = b"" if head else f"{_XML}<Error><Code>{code}</Code><Message>{code}</Message></Error>".encode()
    return Answer(status=status, headers=headers, body=body)


def answer_identity() -> Answer:
    """Return the answer of STS."""
    result = "<GetCallerIdentityResult><Arn>arn:sim</Arn><Account>000000000000</Account></GetCallerIdentityResult>"
    return Answer(body=f"{_XML}<GetCallerIdentityResponse>{result}</GetCallerIdentityResponse>".encode())


def read_document(answer: Answer) -> Any:  # noqa: ANN401 - any JSON value
    """Return the JSON document of an answer."""
    return json.loads(answer.body)

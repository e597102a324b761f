"""The conditional write of config.json: its arguments, and its outcome when it ends with an error. Pure.

The commands and the controller of the automatic failover write by it. A copy is replaced only if it is still the one
that was read. Source: docs.aws.amazon.com, S3, "How to prevent object overwrites with conditional writes".

botocore's errors are read without botocore, which this package does not import.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final, Literal

from standby_protocol.routing_config import KEY, ConfigCopy

WriteOutcome = Literal["written", "changed", "unknown", "failed"]
"""`changed`: the object is no longer the one that was read. `unknown`: S3 may still carry out the write."""

NO_SUCH_KEY: Final = "NoSuchKey"
"""The only code that says that an object does not exist: a 404 without it may be the page of a proxy."""
CHANGED: Final = frozenset({"PreconditionFailed", "ConditionalRequestConflict", NO_SUCH_KEY, "412", "409"})
"""412: the content differs; 409: another write is in progress; 404: the object to replace no longer exists."""
NOT_SENT: Final = frozenset(
    {"EndpointConnectionError", "ConnectTimeoutError", "NoCredentialsError", "ProxyConnectionError", "SSLError"}
)
"""botocore's errors before a request was sent."""


def write_arguments(seen: ConfigCopy, text: str) -> dict[str, Any]:
    """Return the arguments of S3's `PutObject` that replace the copy that was read, or create the missing one."""
    condition = {"IfMatch": seen.etag} if seen.etag else {"IfNoneMatch": "*"}
    return {
        "Bucket": seen.bucket,
        "Key": KEY,
        "Body": text.encode(),
        "ContentType": "application/json",
        "CacheControl": "no-store",
        **condition,
    }


def judge_write(error: Exception, *, written: bool | None) -> WriteOutcome:
    """Return the outcome of a write that ended with an error of botocore.

    `written` is what a look after it shows: whether the object has the text; None if it could not be read.
    """
    if written:
        return "written"
    refusal = _refusal(error)
    if refusal is not None and is_refused_by_condition(refusal):
        return "changed"
    if may_have_landed(error) and (written is None or refusal is None):
        return "unknown"
    return "failed"


def is_refused_by_condition(refusal: Mapping[str, Any]) -> bool:
    """Return whether the response of botocore's `ClientError` refuses a write because of its condition."""
    return refusal["Error"]["Code"] in CHANGED


def may_have_landed(error: Exception) -> bool:
    """Return whether a write that ended with this error may have been carried out.

    A refusal (4xx) is certain, and so is a connection that was never made. Source: docs.aws.amazon.com, Amazon S3 API
    Reference, "Error responses".
    """
    refusal = _refusal(error)
    if refusal is not None:
        status = refusal.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        return not HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR
    return NOT_SENT.isdisjoint(kind.__name__ for kind in type(error).__mro__)


def _refusal(error: Exception) -> Mapping[str, Any] | None:
    """Return what AWS answered: the response of a `ClientError`. Other errors have none, or None."""
    found = getattr(error, "response", None)
    return found if isinstance(found, Mapping) and "Error" in found else None

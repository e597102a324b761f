"""One call to AWS: it ends at its deadline as a whole, and its answer comes from AWS.

botocore's read time-out counts from byte to byte, so a region that sends one byte a second holds a call for ever. And
botocore reads nearly any text as an empty answer: a proxy's page in front of a lost region looks like an empty bucket.
"""

import queue
import re
import threading
from collections.abc import Callable, Mapping
from http import HTTPStatus
from io import BytesIO
from typing import Any, Final, Protocol, TypeVar

from botocore.client import BaseClient
from botocore.exceptions import (
    BotoCoreError,
    ChecksumError,
    ClientError,
    CredentialRetrievalError,
    FlexibleChecksumError,
)
from botocore.hooks import BaseEventHooks
from botocore.response import StreamingBody

from standby.deployment.answers import NOT_AWS, DeadlineExceededError, InvalidAnswerError
from standby.deployment.clock import Clock

T = TypeVar("T")


class SupportsRead(Protocol):
    """A stream of bytes."""

    def read(self, amt: int, /) -> bytes:
        """Return up to this many bytes; none at the end."""


MAX_BODY_BYTES: Final = 2**20
"""The number of bytes that are read of an object's or a function's answer. Every document that this tool reads is
smaller; of a larger one, its reader finds more than it accepts."""

_within = threading.local()
"""Whether this thread is within a call. botocore's S3 client asks where a bucket is after a redirect, and asks again
after the next one: in threads of their own, these calls would never end."""
_CODE: Final = re.compile(r"[A-Za-z][A-Za-z0-9.:]+", re.ASCII)
_NOT_SENT: Final = frozenset({HTTPStatus.OK, HTTPStatus.INTERNAL_SERVER_ERROR})
"""botocore changes the status of an answer of S3 from 200 to 500 if it is not the expected XML."""


def call_with_deadline(call: Callable[[], T], *, seconds: float) -> T:
    """Make the call in a daemon thread. Raises its error, or `DeadlineExceededError` when it has not ended in time.

    The call then continues in its thread and may still have its effect.
    """
    results: queue.SimpleQueue[tuple[T | None, BaseException | None]] = queue.SimpleQueue()

    def run() -> None:
        try:
            results.put((call(), None))
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that waits
            results.put((None, error))

    threading.Thread(target=run, daemon=True).start()
    try:
        result, error = results.get(timeout=seconds)
    except queue.Empty:
        raise DeadlineExceededError(seconds=seconds) from None
    if error is not None:
        raise error
    return result  # type: ignore[return-value]  # None only if the call returned it


class BoundedClient(BaseClient):
    """A base class of botocore's clients.

    `call_seconds` is the deadline of each call, with all its attempts. `clock` learns the time of AWS from each answer.
    """

    call_seconds: float = 3.0
    clock: Clock | None = None

    def _make_api_call(self, operation_name: str, api_params: Mapping[str, object]) -> dict[str, Any]:
        original: Callable[..., dict[str, Any]] = super()._make_api_call  # type: ignore[misc]  # the stubs have no private methods

        def call() -> dict[str, Any]:
            _within.call = True
            self._get_credentials()
            answer = _attempt(lambda: _check(_read_bodies(original(operation_name, api_params))))
            if self.clock is not None:
                self.clock.observe(answer["ResponseMetadata"].get("HTTPHeaders", {}).get("date"))
            return answer

        if getattr(_within, "call", False):
            return original(operation_name, api_params)
        return call_with_deadline(call, seconds=self.call_seconds)

    def _get_credentials(self) -> None:
        """Refresh the credentials, before an answer of the service can be what fails."""
        credentials = self._request_signer._credentials  # type: ignore[attr-defined]  # noqa: SLF001 - no other way
        try:
            if credentials is not None:
                credentials.get_frozen_credentials()
        except (BotoCoreError, ClientError):
            raise
        except Exception as error:
            raise CredentialRetrievalError(provider=credentials.method, error_msg=str(error)) from error


def bound_clients(events: BaseEventHooks) -> None:
    """Make every client that a session creates a `BoundedClient`. `events` are the session's events."""

    def add_base_class(base_classes: list[type], **_: object) -> None:
        base_classes.insert(0, BoundedClient)

    events.register("creating-client-class", add_base_class)


def _attempt(call: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Make the call. Any error of botocore's parsers becomes `InvalidAnswerError`."""
    try:
        return call()
    except ClientError as error:
        _check(dict(error.response))
        raise
    except (ChecksumError, FlexibleChecksumError) as error:
        raise InvalidAnswerError(reason="answers with a body that does not match its checksum") from error
    except BotoCoreError:
        raise
    except Exception as error:
        raise InvalidAnswerError(reason=NOT_AWS) from error


def _check(answer: dict[str, Any]) -> dict[str, Any]:
    """Return the answer if it has a request id, which AWS sends with every answer, or an error code of AWS.

    Of an error that has no code, botocore makes the status the code: the page of a proxy has "403", S3 has
    "AccessDenied". Source: docs.aws.amazon.com, "Common response headers" of each API: `x-amzn-RequestId`, in S3
    `x-amz-request-id`.
    """
    about = answer.get("ResponseMetadata", {})
    code = answer.get("Error", {}).get("Code")
    if not about.get("RequestId") and not (isinstance(code, str) and _CODE.fullmatch(code)):
        status = about.get("HTTPStatusCode", HTTPStatus.OK)
        raise InvalidAnswerError(reason=f"answers{'' if status in _NOT_SENT else f' {status}'}, but not as AWS does")
    return answer


def _read_bodies(answer: dict[str, Any]) -> dict[str, Any]:
    """Replace each stream by its first bytes, so that they are read within the call's deadline."""
    for name, member in answer.items():
        if isinstance(member, StreamingBody):
            body = read_stream(member, MAX_BODY_BYTES)
            answer[name] = StreamingBody(BytesIO(body), len(body))
            member.close()
    return answer


def read_stream(stream: SupportsRead, limit: int) -> bytes:
    """Return the first bytes of a stream. Raises its error if it breaks off before its end or the limit."""
    # A read with a size returns what there is when the connection breaks off; only the read after it is an error.
    body = b""
    while len(body) < limit and (part := stream.read(limit - len(body))):
        body += part
    return body

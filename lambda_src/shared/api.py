"""The API's requests and responses, shared by the five functions behind it.

Events and responses have API Gateway's Lambda proxy format, version 1.0. (Source: docs.aws.amazon.com, API Gateway,
"Lambda proxy integrations in API Gateway" and "CORS for REST APIs": with a proxy integration the function itself
returns the CORS headers, on errors too.)
"""

import base64
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Protocol

from botocore.exceptions import BotoCoreError, ClientError

from shared.errors import ApiError, bad_request, describe_aws_error, translate_aws_error
from shared.logs import Log

MAX_BODY_BYTES = 256 * 1024

_SURROGATE = re.compile("[\ud800-\udfff]")
_GOOGOL_DIGITS = 100
_GOOGOL = 10**_GOOGOL_DIGITS


class LambdaContext(Protocol):
    """The part of Lambda's context object that the functions use."""

    @property
    def aws_request_id(self) -> str:
        """The id of this invocation."""


@dataclass(frozen=True, kw_only=True)
class Response:
    """A response before it becomes a proxy response: `body` is anything that JSON can represent."""

    body: Mapping[str, object]
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


def serve(
    event: Mapping[str, object],
    context: LambdaContext,
    *,
    site_origin: str,
    log: Log,
    route: Callable[[Mapping[str, object], Log], Response],
) -> dict[str, object]:
    """Call `route` and turn its response, or any exception, into a proxy response. Raises nothing.

    `site_origin` has the origins of the site, with spaces between them. The response allows the one that sent the
    request, else the first.

    `ApiError` becomes its own error response. `translate_aws_error` chooses the one for an AWS error. Any other
    exception is logged with its stack trace and becomes 500 `internal`.
    """
    subject = authorized_subject(event)
    bound = log.bind(requestId=context.aws_request_id, apiRequestId=api_request_id(event))
    bound = bound.bind(sub=subject) if subject else bound
    try:
        response = route(event, bound)
    except ApiError as error:
        _log_failure(bound, "refused", error)
        response = _error_response(error)
    except (ClientError, BotoCoreError) as error:
        translated = translate_aws_error(error)
        _log_failure(bound.bind(**describe_aws_error(error)), "aws_call_failed", translated)
        response = _error_response(translated)
    except Exception:  # noqa: BLE001 - a fault of ours: logged in full, answered without detail
        bound.exception("unexpected_error", status=500, code="internal")
        internal = ApiError(status=500, code="internal", message="The service could not handle the request.")
        response = _error_response(internal)
    return _proxy_response(response, site_origin=_allowed_origin(event, site_origin.split()))


def iso_time(moment: datetime) -> str:
    """Format an aware datetime as ISO 8601 in UTC with milliseconds: `2026-11-24T03:00:00.000Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def api_request_id(event: Mapping[str, object]) -> str:
    """Return API Gateway's id of the request, or "" if the event has none."""
    request_context = event.get("requestContext")
    request_id = request_context.get("requestId") if isinstance(request_context, Mapping) else None
    return request_id if isinstance(request_id, str) else ""


def is_from_api(event: Mapping[str, object]) -> bool:
    """Return whether API Gateway sent the event. A direct invocation has no request context."""
    return "requestContext" in event


def authorized_subject(event: Mapping[str, object]) -> str:
    """Return the `sub` of the caller's access token, "" if the API has no authorizer.

    Source: docs.aws.amazon.com, API Gateway, "Output from an API Gateway Lambda authorizer", `context`.
    """
    request_context = event.get("requestContext")
    authorizer = request_context.get("authorizer") if isinstance(request_context, Mapping) else None
    subject = authorizer.get("sub") if isinstance(authorizer, Mapping) else None
    return subject if isinstance(subject, str) else ""


def query_parameter(event: Mapping[str, object], name: str) -> str:
    """Return a query string parameter, or "" if it is absent. API Gateway sends null if there are no parameters."""
    parameters = event.get("queryStringParameters")
    value = parameters.get(name) if isinstance(parameters, Mapping) else None
    return value if isinstance(value, str) else ""


def json_body(event: Mapping[str, object]) -> dict[str, object]:
    """Read the request's body, which must be a JSON object of at most 256 KiB.

    Raises `ApiError`: 413 `too_large` (in bytes, or brackets nested thousands deep), 400 `invalid_json` (not JSON, or
    not an object).
    """
    raw = _raw_body(event)
    if len(raw) > MAX_BODY_BYTES:
        raise ApiError(status=413, code="too_large", message=f"The body is larger than {MAX_BODY_BYTES} bytes.")
    try:
        body: object = json.loads(raw, parse_int=_whole_number, parse_constant=_refuse_constant)
    except RecursionError as error:
        raise ApiError(status=413, code="too_large", message="The body is nested too deep.") from error
    except ValueError as error:
        raise bad_request("invalid_json", "The body is not valid JSON.") from error
    if not isinstance(body, dict):
        raise bad_request("invalid_json", "The body must be a JSON object.")
    return body


def text_field(body: Mapping[str, object], name: str) -> str:
    """Read a field that must be a string. Return it as valid Unicode; it may be empty.

    Raises `ApiError` 400 `invalid_request`.
    """
    value = body.get(name)
    if not isinstance(value, str):
        raise bad_request("invalid_request", f"{name} is required and must be a string.")
    return well_formed(value)


def optional_text_field(body: Mapping[str, object], name: str) -> str | None:
    """Read a field that may be absent or null, and is otherwise a string, as `text_field` does."""
    return None if body.get(name) is None else text_field(body, name)


def well_formed(text: str) -> str:
    """Return the text with U+FFFD for each lone surrogate, as browsers do (`String.toWellFormed`).

    JSON allows a lone surrogate (half of an emoji, after a cut), but no AWS call can send one.
    """
    return _SURROGATE.sub("\ufffd", text)


def _whole_number(digits: str) -> int:
    """Read a whole number. One of very many digits, which Python refuses to read, becomes 10 to the power of 100."""
    return int(digits) if len(digits) <= _GOOGOL_DIGITS else (-1 if digits.startswith("-") else 1) * _GOOGOL


def _refuse_constant(name: str) -> object:
    """Refuse `NaN` and `Infinity`, which Python reads, but which are no JSON."""
    raise ValueError(name)


def _allowed_origin(event: Mapping[str, object], allowed: Sequence[str]) -> str:
    """Return the request's origin if it is allowed, else the first. HTTP/2 clients send header names in lower case."""
    headers = event.get("headers")
    sent = headers.items() if isinstance(headers, Mapping) else ()
    return next((value for name, value in sent if str(name).lower() == "origin" and value in allowed), allowed[0])


def _raw_body(event: Mapping[str, object]) -> bytes:
    body = event.get("body")
    if not isinstance(body, str):
        raise bad_request("invalid_json", "The request needs a JSON body.")
    if not event.get("isBase64Encoded"):
        return body.encode("utf-8", errors="surrogatepass")
    try:
        return base64.b64decode(body, validate=True)
    except ValueError as error:
        raise bad_request("invalid_json", "The body is not valid base64.") from error


def _log_failure(log: Log, event: str, error: ApiError) -> None:
    """Log the error response. Only an error that needs an operator has level ERROR: an alarm counts those."""
    write = log.error if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR else log.warning
    write(event, status=error.status, code=error.code, **({"reason": error.reason} if error.reason else {}))


def _error_response(error: ApiError) -> Response:
    headers = {} if error.retry_after is None else {"Retry-After": str(error.retry_after)}
    if error.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"  # source: RFC 9110, section 15.5.2
    body = {"error": {"code": error.code, "message": error.message}}
    return Response(status=error.status, headers=headers, body=body)


def _proxy_response(response: Response, *, site_origin: str) -> dict[str, object]:
    return {
        "statusCode": response.status,
        "headers": {
            "Content-Type": "application/json",
            "Cache-Control": "no-store",
            "Access-Control-Allow-Origin": site_origin,
            "Access-Control-Expose-Headers": "Retry-After",
            "Vary": "Origin",
            **response.headers,
        },
        "isBase64Encoded": False,
        "body": json.dumps(response.body),
    }

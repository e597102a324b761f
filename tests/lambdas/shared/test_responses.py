"""Each response and each log line of a request that is refused or fails, as a reviewer reads them."""

import base64
import json
from collections.abc import Callable, Mapping
from typing import Any, Final

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from syrupy.assertion import SnapshotAssertion

from shared import errors
from shared.api import Response, json_body, optional_text_field, query_parameter, serve, text_field
from shared.errors import ApiError, describe_aws_error, translate_aws_error
from shared.logs import Log
from tests.lambdas.helpers import SITE_ORIGIN, Context, api_event

CODES: Final = sorted(
    {
        *errors.THROTTLING,
        *errors.TRANSIENT,
        "AccessDenied",
        "AccessDeniedException",
        "ExpiredTokenException",
        "InvalidSignatureException",
        "UnrecognizedClientException",
        "ResourceNotFoundException",
        "ValidationException",
        "ConflictException",
        "ModelErrorException",
        "UnnamedException",
    }
)


def aws_error(code: str) -> ClientError:
    response: Any = {"Error": {"Code": code, "Message": "the message"}, "ResponseMetadata": {"RequestId": "aws-1"}}
    return ClientError(response, "Converse")


def _read(event: Mapping[str, object], _: Log) -> Response:
    body = json_body(event)
    text = {"question": text_field(body, "question"), "model": optional_text_field(body, "model")}
    return Response(body={**text, "page": query_parameter(event, "page")})


def _raise(error: Exception) -> Callable[[Mapping[str, object], Log], Response]:
    def route(_: Mapping[str, object], __: Log) -> Response:
        raise error

    return route


SIGNED_IN: Final = {"requestId": "api-request", "authorizer": {"sub": "user-1"}}
READ: Final[dict[str, Mapping[str, object]]] = {
    "a question": api_event({"question": "Why?", "model": "m"}, query={"page": "2"}),
    "a question without a model": api_event({"question": "Why?", "model": None}),
    "half of an emoji": api_event(raw='{"question": "\\ud83d"}'),
    "base64": {**api_event(), "isBase64Encoded": True, "body": base64.b64encode(b'{"question": "a"}').decode()},
    "no base64": {**api_event(), "isBase64Encoded": True, "body": "?"},
    "no body": api_event(),
    "no JSON": api_event(raw="{"),
    "a constant that is no JSON": api_event(raw='{"question": NaN}'),
    "no object": api_event([1]),
    "no text": api_event({"question": 5}),
    "a model that is no text": api_event({"question": "a", "model": 5}),
    "a large body": api_event({"question": "a" * (256 * 1024 - 15)}),
    "the largest body": api_event({"question": "a" * (256 * 1024 - 16)}),
    "deep": api_event(raw="[" * 200_000),
    "a long number": api_event(raw='{"question": "a", "n": ' + "9" * 5000 + "}"),
    "from nowhere": {"body": "{}"},
    "another origin": {**api_event({"question": "a"}), "headers": {"origin": "https://evil.example.com"}},
    "the second origin in lower case": {**api_event({"question": "a"}), "headers": {"origin": "https://b.example.com"}},
    "a user who signed in": {**api_event({"question": "a"}), "requestContext": SIGNED_IN},
    "an odd request context": {**api_event({"question": "a"}), "requestContext": {"requestId": 5, "authorizer": "x"}},
    "an odd query": {**api_event({"question": "a"}), "queryStringParameters": {"page": 5}},
}
RAISED: Final[dict[str, Exception]] = {
    "refused": ApiError(status=404, code="unknown_document", message="There is none."),
    "refused with a reason": ApiError(status=502, code="broken", message="No.", reason="why", retry_after=7),
    "unauthorized": ApiError(status=401, code="unauthorized", message="Sign in."),
    "a fault of ours": KeyError("secret"),
    "no answer": ReadTimeoutError(endpoint_url="https://x"),
    "denied": aws_error("AccessDenied"),
    "throttled": aws_error("SlowDown"),
}


@pytest.mark.parametrize("name", [*READ, *RAISED])
def test_a_request_is_answered_and_logged_as_it_was_reviewed(
    name: str, snapshot: SnapshotAssertion, capsys: pytest.CaptureFixture[str]
) -> None:
    event, route = (READ[name], _read) if name in READ else (READ["a question"], _raise(RAISED[name]))
    origins = f"{SITE_ORIGIN} https://b.example.com"
    answer = serve(event, Context(), site_origin=origins, log=Log(fields={"function": "test"}), route=route)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    for line in lines:
        line.pop("timestamp")
        line["stackTrace"] = str(line.get("stackTrace", "")).rpartition("\n")[2]
    text = "\n".join(json.dumps(one, ensure_ascii=True) for one in (answer, *lines))
    assert text.replace("a" * 9999, "a...") == snapshot


def test_each_error_of_aws_becomes_the_reviewed_error(snapshot: SnapshotAssertion) -> None:
    made = {code: translate_aws_error(aws_error(code)) for code in CODES}
    made["no answer"] = translate_aws_error(ReadTimeoutError(endpoint_url="https://x"))
    described = {code: describe_aws_error(aws_error(code)) for code in ("AccessDenied", "SlowDown", "UnnamedException")}
    described["no answer"] = describe_aws_error(ReadTimeoutError(endpoint_url="https://x"))
    described["empty"] = describe_aws_error(ClientError({}, "Converse"))
    lines = [f"{code}: {one.status} {one.code} {one.retry_after} {one.message}" for code, one in made.items()]
    assert "\n".join([*lines, *(f"{code}: {one}" for code, one in described.items())]) == snapshot

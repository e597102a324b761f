import base64
import io
import json
import logging
from collections.abc import Mapping
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError, NoCredentialsError, ReadTimeoutError
from hypothesis import given
from hypothesis import strategies as st

from shared.api import MAX_BODY_BYTES, Response, authorized_subject, json_body, serve
from shared.errors import ApiError
from shared.logs import Log
from tests.lambdas.helpers import SITE_ORIGIN, Context, api_event, client_error, error_of


def served(outcome: Exception | Response, event: Mapping[str, object] | None = None) -> dict[str, Any]:
    def route(_event: Mapping[str, object], _log: Log) -> Response:
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    log = Log(fields={"function": "test", "region": "us-west-2"})
    return serve(event or api_event(), Context(), site_origin=SITE_ORIGIN, log=log, route=route)


@pytest.mark.parametrize(
    "outcome",
    [
        Response(body={}),
        ApiError(status=400, code="c", message="m"),
        client_error("ThrottlingException"),
        RuntimeError("boom"),
    ],
)
def test_every_response_has_the_cors_headers(outcome: Exception | Response) -> None:
    headers = served(outcome)["headers"]
    assert headers["Access-Control-Allow-Origin"] == SITE_ORIGIN
    assert headers["Vary"] == "Origin"
    assert headers["Content-Type"] == "application/json"
    assert headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "error,expected",
    [
        (client_error("ThrottlingException"), (429, "throttled")),
        (client_error("ServiceQuotaExceededException"), (429, "throttled")),
        (client_error("TooManyRequestsException"), (429, "throttled")),
        (client_error("AccessDeniedException"), (502, "upstream_denied")),
        (client_error("ResourceNotFoundException"), (502, "upstream_missing")),
        (client_error("ValidationException"), (502, "upstream_rejected")),
        (client_error("ModelErrorException"), (502, "upstream_rejected")),
        (client_error("ConflictException"), (502, "upstream_rejected")),
        (client_error("ModelNotReadyException"), (503, "model_not_ready")),
        (client_error("ModelTimeoutException"), (503, "upstream_unavailable")),
        (client_error("ServiceUnavailableException"), (503, "upstream_unavailable")),
        (client_error("InternalServerException"), (503, "upstream_unavailable")),
        (ReadTimeoutError(endpoint_url="https://secret"), (503, "upstream_unavailable")),
        (EndpointConnectionError(endpoint_url="https://secret"), (503, "upstream_unavailable")),
        (NoCredentialsError(), (503, "upstream_unavailable")),
        (RuntimeError("secret"), (500, "internal")),
    ],
)
def test_an_error_has_its_documented_code_and_no_internal_details(error: Exception, expected: tuple[int, str]) -> None:
    response = served(error)
    assert error_of(response) == expected
    assert "secret" not in response["body"]
    assert ("Retry-After" in response["headers"]) == (expected[0] in {429, 503})


def test_an_unexpected_error_is_logged_with_its_stack_trace(capsys: pytest.CaptureFixture[str]) -> None:
    served(RuntimeError("boom"))
    line = json.loads(capsys.readouterr().out)
    assert line["level"] == "ERROR"
    assert line["message"] == "unexpected_error"
    assert line["requestId"] == Context().aws_request_id
    assert line["apiRequestId"] == "api-request"
    assert (line["function"], line["region"]) == ("test", "us-west-2")
    assert "RuntimeError: boom" in line["stackTrace"]


@pytest.mark.parametrize(
    "error,level",
    [
        (ApiError(status=400, code="c", message="m"), "WARNING"),
        (ApiError(status=502, code="c", message="m"), "ERROR"),
        (client_error("ThrottlingException"), "WARNING"),
        (client_error("AccessDeniedException"), "ERROR"),
    ],
)
def test_only_errors_that_need_an_operator_are_logged_as_errors(
    error: Exception, level: str, capsys: pytest.CaptureFixture[str]
) -> None:
    served(error)
    assert json.loads(capsys.readouterr().out)["level"] == level


def test_an_aws_error_is_logged_with_its_code_and_operation(capsys: pytest.CaptureFixture[str]) -> None:
    served(client_error("ValidationException", "Converse"))
    line = json.loads(capsys.readouterr().out)
    assert (line["awsError"], line["awsOperation"]) == ("ValidationException", "Converse")
    assert "secret internals" not in str(line)


def test_the_reason_of_an_error_is_logged_and_not_shown(capsys: pytest.CaptureFixture[str]) -> None:
    response = served(ApiError(status=502, code="c", message="m", reason="malformed_tool_use"))
    assert json.loads(capsys.readouterr().out)["reason"] == "malformed_tool_use"
    assert "malformed_tool_use" not in response["body"]


def test_a_missing_permission_is_logged_with_the_message_of_aws(capsys: pytest.CaptureFixture[str]) -> None:
    served(client_error("AccessDeniedException", "Converse"))
    assert json.loads(capsys.readouterr().out)["awsMessage"] == "secret internals"


@pytest.mark.parametrize("text", ["\u6771\u4eac", "half a pair \ud83d"])
def test_a_response_keeps_all_characters(text: str) -> None:
    body = served(Response(body={"response": text}))["body"]
    assert json.loads(body.encode()) == {"response": text}


def test_a_line_is_logged_once_although_the_runtime_has_its_own_handler() -> None:
    doubled = io.StringIO()
    runtime_handler = logging.StreamHandler(doubled)
    logging.getLogger().addHandler(runtime_handler)
    try:
        served(RuntimeError("boom"))
    finally:
        logging.getLogger().removeHandler(runtime_handler)
    assert doubled.getvalue() == ""


@pytest.mark.parametrize("event", [{}, {"requestContext": None, "queryStringParameters": None}])
def test_an_event_without_fields_is_answered(event: dict[str, object]) -> None:
    assert served(Response(body={}), event)["statusCode"] == 200


BODIES = st.none() | st.integers() | st.text() | st.binary().map(lambda raw: base64.b64encode(raw).decode())


@given(st.fixed_dictionaries({"body": BODIES, "isBase64Encoded": st.booleans()}))
def test_no_body_is_answered_with_a_5xx(event: dict[str, object]) -> None:
    def route(received: Mapping[str, object], _log: Log) -> Response:
        return Response(body=json_body(received))

    response = serve(event, Context(), site_origin=SITE_ORIGIN, log=Log(), route=route)
    assert response["statusCode"] == 200 or error_of(response) == (400, "invalid_json")


@pytest.mark.parametrize("raw", ["", "no", "[]", "1", "null", '"a"', "\ud800", "9" * 5000])
def test_a_body_that_is_not_a_json_object_is_refused(raw: str) -> None:
    with pytest.raises(ApiError) as refused:
        json_body(api_event(raw=raw))
    assert (refused.value.status, refused.value.code) == (400, "invalid_json")


def test_a_base64_body_is_read() -> None:
    raw = base64.b64encode(b'{"a": 1}').decode()
    assert json_body({"body": raw, "isBase64Encoded": True}) == {"a": 1}


@pytest.mark.parametrize("raw", [json.dumps({"a": "x" * MAX_BODY_BYTES}), "[" * 100_000])
def test_a_body_that_is_too_long_or_too_deep_is_refused(raw: str) -> None:
    with pytest.raises(ApiError) as refused:
        json_body(api_event(raw=raw))
    assert (refused.value.status, refused.value.code) == (413, "too_large")


OLD_ORIGIN = "https://d111111abcdef8.cloudfront.net"


@pytest.mark.parametrize(
    "headers, allowed",
    [
        ({"Origin": OLD_ORIGIN}, OLD_ORIGIN),
        ({"origin": OLD_ORIGIN}, OLD_ORIGIN),
        ({"Origin": SITE_ORIGIN}, SITE_ORIGIN),
        ({"Origin": "https://other.example.com"}, SITE_ORIGIN),
        ({"Origin": f"{SITE_ORIGIN} {OLD_ORIGIN}"}, SITE_ORIGIN),
        ({"Origin": None}, SITE_ORIGIN),
        ({}, SITE_ORIGIN),
        (None, SITE_ORIGIN),
    ],
)
def test_each_of_the_site_s_two_addresses_may_read_a_response_and_no_other(
    headers: dict[str, str | None] | None, allowed: str
) -> None:
    """The second is CloudFront's own address, which users have until DNS has the domain name."""
    event = {**api_event(), "headers": headers}
    response: dict[str, Any] = serve(
        event,
        Context(),
        site_origin=f"{SITE_ORIGIN} {OLD_ORIGIN}",
        log=Log(),
        route=lambda _event, _log: Response(body={}),
    )
    assert response["headers"]["Access-Control-Allow-Origin"] == allowed
    assert response["headers"]["Vary"] == "Origin"


def test_the_subject_of_the_caller_is_in_every_log_line(capsys: pytest.CaptureFixture[str]) -> None:
    def route(_event: object, log: Log) -> Response:
        log.info("answered")
        return Response(body={})

    event = api_event()
    event["requestContext"]["authorizer"] = {"sub": "alice", "principalId": "alice", "claims": "{}"}
    serve(event, Context(), site_origin=SITE_ORIGIN, log=Log(), route=route)
    serve(api_event(), Context(), site_origin=SITE_ORIGIN, log=Log(), route=route)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line.get("sub") for line in lines] == ["alice", None]


@pytest.mark.parametrize("authorizer", [None, "alice", {}, {"sub": 7}])
def test_an_event_without_a_subject_has_none(authorizer: object) -> None:
    assert authorized_subject({"requestContext": {"authorizer": authorizer}}) == ""

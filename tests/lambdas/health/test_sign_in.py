"""The health function where users sign in: who gets a deep check, and how readiness is checked without a token."""

import io
import json
import sys
from collections.abc import Callable
from typing import Any

import pytest

from health.caller import authorize
from health.readiness import FALSE_TOKEN, ReadinessCheck, run_readiness_check
from shared.logs import Log
from tests.lambdas.health.test_readiness import api, with_answer
from tests.lambdas.helpers import (
    OFFLINE,
    ColdStart,
    Context,
    Handler,
    Variables,
    api_event,
    client_error,
    error_of,
)

REFUSED = with_answer(401, b'{"error": {"code": "unauthorized", "message": ""}}')
FUNCTIONS = {"question": "chatbot-query", "upload": "chatbot-upload"}
BODIES = {"chatbot-query": {"response": "Nothing matches."}, "chatbot-upload": {"uploadUrl": "https://x"}}


def _check(url: str) -> ReadinessCheck:
    return ReadinessCheck(api_url=url, file_name="a.txt", file_type="text/plain", functions=FUNCTIONS)


def _functions(**answers: object) -> Callable[..., Any]:
    """Return boto3's `invoke` of functions; `answers` replaces those of `query` and `upload`."""

    def invoke(*, FunctionName: str, Payload: str) -> dict[str, object]:  # noqa: N803 - the names of AWS
        assert "requestContext" not in json.loads(Payload)
        answer = answers.get(
            FunctionName.rpartition("-")[2], {"statusCode": 200, "body": json.dumps(BODIES[FunctionName])}
        )
        if isinstance(answer, Exception):
            raise answer
        return {"Payload": io.BytesIO(json.dumps(answer).encode())}

    return invoke


def _deep_event(**headers: str) -> dict[str, Any]:
    event = api_event(query={"deep": "true"})
    return {**event, "headers": {**event["headers"], **headers}}


def _authorizer(answer: dict[str, object]) -> Callable[..., Any]:
    """Return boto3's `invoke` of an authorizer that answers so."""

    def invoke(*, FunctionName: str, Payload: str) -> dict[str, object]:  # noqa: N803 - the names of AWS
        assert FunctionName == "chatbot-authorizer"
        sent = json.loads(Payload)
        assert set(sent) == {"methodArn", "headers", "multiValueHeaders", "requestContext"}
        assert sent["headers"]["authorization"] == "Bearer t"
        answered: dict[str, object] = {"Payload": io.BytesIO(json.dumps(answer).encode())}
        return {**answered, "FunctionError": "Unhandled"} if "errorMessage" in answer else answered

    return invoke


def _decision(effect: str) -> dict[str, object]:
    return {"policyDocument": {"Statement": [{"Effect": effect}]}, "context": {"sub": "alice"}}


def _health(cold_start: ColdStart, variables: Variables) -> Handler:
    return cold_start("health", {**variables(OFFLINE), "DEEP_CHECK_AUTHORIZER": "chatbot-authorizer"})


@pytest.mark.parametrize("headers", [{}, {"Authorization": ""}])
def test_a_caller_without_a_token_gets_no_deep_check_where_users_sign_in(
    cold_start: ColdStart, variables: Variables, headers: dict[str, str]
) -> None:
    answer = _health(cold_start, variables)(_deep_event(**headers), Context())
    assert error_of(answer) == (401, "unauthorized")
    assert answer["headers"]["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "answer, refused",
    [
        (_decision("Deny"), (403, "forbidden")),
        ({}, (500, "internal")),
        ({"errorMessage": "Unauthorized"}, (401, "unauthorized")),
        ({"errorMessage": "Task timed out after 10.00 seconds"}, (503, "upstream_unavailable")),
    ],
)
def test_a_token_that_the_authorizer_does_not_allow_gets_no_deep_check(
    cold_start: ColdStart,
    variables: Variables,
    monkeypatch: pytest.MonkeyPatch,
    answer: dict[str, object],
    refused: tuple[int, str],
) -> None:
    health = _health(cold_start, variables)
    monkeypatch.setattr(sys.modules["health.handler"], "authorizer_invocation", lambda _region: _authorizer(answer))
    assert error_of(health(_deep_event(authorization="Bearer t"), Context())) == refused


def test_the_user_of_a_deep_check_is_in_the_log() -> None:
    log = authorize(
        _deep_event(authorization="Bearer t"),
        Log(),
        authorizer="chatbot-authorizer",
        invoke=_authorizer(_decision("Allow")),
    )
    assert log.fields["sub"] == "alice"


def test_a_region_is_ready_if_the_api_refuses_a_false_token_and_both_functions_answer() -> None:
    with api(docs=REFUSED, upload=REFUSED) as (url, _):
        result = run_readiness_check(_check(url), Log(), invoke=_functions())
    assert result == {"readyPercent": 100, "checks": {"question": "ok", "upload": "ok"}}


@pytest.mark.parametrize(
    "answers, code",
    [
        ({"query": {"statusCode": 502, "body": "{}"}}, "Http502"),
        ({"query": {"errorMessage": "no"}}, "InvalidResponse"),
        ({"query": {"statusCode": 200, "body": "{}"}}, "InvalidResponse"),
        ({"query": client_error("AccessDeniedException")}, "AccessDeniedException"),
    ],
)
def test_a_function_that_does_not_answer_is_named_by_a_code(answers: dict[str, object], code: str) -> None:
    with api(docs=REFUSED, upload=REFUSED) as (url, _):
        result = run_readiness_check(_check(url), Log(), invoke=_functions(**answers))
    assert result == {"readyPercent": 50, "checks": {"question": code, "upload": "ok"}}


def test_an_api_that_accepts_a_false_token_or_fails_is_not_ready() -> None:
    with api(upload=with_answer(500, b"{}")) as (url, _):
        result = run_readiness_check(_check(url), Log(), invoke=_functions())
    assert result == {"readyPercent": 0, "checks": {"question": "Apiok", "upload": "ApiHttp500"}}


def test_the_false_token_has_the_form_of_a_token_so_that_the_function_is_asked() -> None:
    assert len(FALSE_TOKEN.split(".")) == 3

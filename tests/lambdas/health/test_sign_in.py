"""The health function where users sign in: who gets a deep check, and how readiness is checked without a token."""

import io
import json
from collections.abc import Callable
from typing import Any

import pytest

from health.readiness import FALSE_TOKEN, ReadinessCheck, run_readiness_check
from shared.logs import Log
from tests.lambdas.health.test_readiness import api, with_answer
from tests.lambdas.helpers import OFFLINE, ColdStart, Context, Variables, api_event, client_error, error_of

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


def test_a_caller_of_the_api_gets_no_deep_check_where_users_sign_in(
    cold_start: ColdStart, variables: Variables
) -> None:
    health = cold_start("health", {**variables(OFFLINE), "DEEP_CHECK_CALLERS": "operators"})
    assert error_of(health(api_event(query={"deep": "true"}), Context())) == (401, "unauthorized")


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

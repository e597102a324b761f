"""The operator's checks of an API that asks for a token: a false token, and the function behind the API."""

import io
import json
from types import SimpleNamespace
from typing import Any

import pytest

from standby.deployment.concurrency import NoAnswerError
from standby.deployment.http_client import HttpResponse
from standby.operations.facts.guarded_api import FALSE_TOKEN
from standby.operations.facts.health import Health, read_health
from standby.operations.facts.readiness import check_question
from tests.standby.helpers import MANIFEST, WEST

REGION = MANIFEST.regions["primary"].model_copy(
    update={"functions": ("chatbot-query", "chatbot-health", "chatbot-authorizer")}
)
HEALTH: dict[str, Any] = {"status": "healthy", "region": WEST, "checks": {}, "totalResponseTimeMs": 1}


class Deployment:
    """A connection to a deployment with sign-in, which records the calls."""

    def __init__(self, *, status: int = 401, answer: object = None, shallow: dict[str, Any] | None = None) -> None:
        self.calls: list[tuple[str, ...]] = []
        self._status, self._answer, self._shallow = status, answer, shallow or HEALTH
        self.clients = SimpleNamespace(functions=lambda _region: SimpleNamespace(invoke=self._invoke))

    def request(self, method: str, url: str, *, token: str = "", **_: object) -> HttpResponse:
        self.calls.append((method, url.rpartition("/")[2], token))
        if url.endswith("health"):
            return HttpResponse(status=200, body=json.dumps(self._shallow).encode())
        return HttpResponse(status=self._status, body=b"{}")

    def _invoke(self, *, FunctionName: str, Payload: bytes) -> dict[str, object]:  # noqa: N803 - the names of AWS
        event = json.loads(Payload)
        assert "requestContext" not in event
        self.calls.append((FunctionName, json.dumps(event["queryStringParameters"])))
        return {"Payload": io.BytesIO(json.dumps(self._answer).encode())}


def _ask(deployment: Any) -> str:  # noqa: ANN401 - a connection as far as the check needs it
    return check_question(deployment, REGION)


def _deep(deployment: Any) -> Health:  # noqa: ANN401 - a connection as far as the check needs it
    return read_health(deployment, REGION, deep=True, seconds=1)


def test_a_question_is_asked_of_the_function_after_the_api_refused_a_false_token() -> None:
    deployment = Deployment(answer={"statusCode": 200, "body": '{"response": "An answer."}'})
    assert _ask(deployment) == ""
    assert deployment.calls == [("POST", "docs", FALSE_TOKEN), ("chatbot-query", "null")]


@pytest.mark.parametrize("status", [200, 403, 500])
def test_an_api_that_does_not_refuse_a_false_token_is_a_fault(status: int) -> None:
    assert _ask(Deployment(status=status)) == f"answers {status} to a false token"


def test_a_function_s_error_is_a_fault_and_nonsense_is_no_answer() -> None:
    assert _ask(Deployment(answer={"statusCode": 502, "body": "{}"})) == "answers 502"
    answers: list[object] = [None, [], {"errorMessage": "no"}, {"statusCode": "x", "body": ""}]
    for answer in answers:
        with pytest.raises(NoAnswerError, match="chatbot-query answers, but not as a function of the API does"):
            _ask(Deployment(answer=answer))


def test_a_deep_check_invokes_the_function_after_the_api_s_shallow_answer() -> None:
    deep = {**HEALTH, "checks": {"answerModel": {"status": "failed", "error": "AccessDeniedException"}}}
    deployment = Deployment(answer={"statusCode": 503, "body": json.dumps({**deep, "status": "degraded"})})
    assert _deep(deployment) == Health(
        status="degraded", checks={"answerModel": "AccessDeniedException"}, milliseconds=1
    )
    assert deployment.calls == [("GET", "health", ""), ("chatbot-health", '{"deep": "true"}')]


def test_an_unhealthy_api_needs_no_deep_check() -> None:
    deployment = Deployment(shallow={**HEALTH, "status": "degraded"})
    assert _deep(deployment).status == "degraded"
    assert len(deployment.calls) == 1

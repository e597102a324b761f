"""Every answer of an API to `GET /health` is its health or no answer: it never stops a command."""

import json
from types import SimpleNamespace
from typing import Any

import pytest

from standby.deployment.concurrency import NoAnswerError
from standby.deployment.http_client import HttpResponse
from standby.operations.facts.health import Health, read_health
from tests.standby.helpers import MANIFEST

GOOD: dict[str, Any] = {"status": "healthy", "checks": {"queue": {"status": "ok"}}, "totalResponseTimeMs": 12}
OTHERS = {
    "no JSON": b"<html>",
    "not UTF-8": b'"\xff"',
    "null": b"null",
    "deep": b'{"checks": ' * 2000,
    "no checks": json.dumps({**GOOD, "checks": None}).encode(),
    "checks of another kind": json.dumps({**GOOD, "checks": {"queue": 1}}).encode(),
    "a status that is no text": json.dumps({**GOOD, "status": {"code": 5}}).encode(),
    "endless": json.dumps({**GOOD, "totalResponseTimeMs": float("inf")}).encode(),
}


def ask(status: int, body: bytes) -> Health:
    """Return the health of an API with this answer."""
    connection: Any = SimpleNamespace(request=lambda *_, **__: HttpResponse(status=status, body=body))
    return read_health(connection, MANIFEST.regions["primary"], deep=False, seconds=1)


@pytest.mark.parametrize("body", OTHERS.values(), ids=OTHERS)
def test_any_other_answer_is_unavailable_and_its_status_is_reported_unless_it_is_200(body: bytes) -> None:
    assert ask(502, body) == Health(status="answering 502")
    with pytest.raises(NoAnswerError, match="answers 200, but not as /health does"):
        ask(200, body)


@pytest.mark.parametrize("status", [200, 503])
def test_each_check_is_reported_with_its_error(status: int) -> None:
    checks = {"queue": {"status": "ok"}, "retrieve": {"status": "failed", "error": "AccessDenied"}, "model": {}}
    body = json.dumps({**GOOD, "status": "degraded", "checks": checks}).encode()
    found = {"queue": "ok", "retrieve": "AccessDenied", "model": "None"}
    assert ask(status, body) == Health(status="degraded", checks=found, milliseconds=12)
    assert ask(status, json.dumps(GOOD).encode()).healthy

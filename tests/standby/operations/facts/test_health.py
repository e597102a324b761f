"""Every answer of an API to `GET /health` is its health or no answer: it never stops a command."""

import json
from types import SimpleNamespace
from typing import Any

import pytest

from standby.deployment.concurrency import NoAnswerError
from standby.deployment.http_client import HttpResponse
from standby.operations.facts.health import Health, confirm_health, read_health
from tests.standby.helpers import EAST, MANIFEST, WEST

GOOD: dict[str, Any] = {"status": "healthy", "checks": {"queue": {"status": "ok"}}, "totalResponseTimeMs": 12}
OTHERS = {
    "no JSON": b"<html>",
    "not UTF-8": b'"\xff"',
    "null": b"null",
    "deep": b'{"checks": ' * 2000,
    "no checks": json.dumps({**GOOD, "checks": None}).encode(),
    "checks of another kind": json.dumps({**GOOD, "checks": {"queue": 1}}).encode(),
    "a status that is no text": json.dumps({**GOOD, "status": {"code": 5}}).encode(),
    "an empty status": json.dumps({**GOOD, "status": ""}).encode(),
    "a thousand checks": json.dumps({**GOOD, "checks": {str(n): {"status": "ok"} for n in range(1000)}}).encode(),
    "before it began": json.dumps({**GOOD, "totalResponseTimeMs": -1}).encode(),
    "400 digits": json.dumps(GOOD).replace("12", "9" * 400).encode(),
    "ten megabytes": b'"' + b"x" * 10_000_000 + b'"',
    "nested": b"[" * 200_000,
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
    assert ask(200, json.dumps(GOOD).encode()).healthy


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_no_health_whatever_its_body_says(status: int) -> None:
    with pytest.raises(NoAnswerError, match=f"answers {status}, but not as /health does"):
        ask(status, json.dumps(GOOD).encode())


def test_the_health_of_another_region_is_none_of_this_one() -> None:
    assert ask(200, json.dumps({**GOOD, "region": WEST}).encode()).healthy
    with pytest.raises(NoAnswerError, match=f"answers as {EAST}, another region"):
        ask(200, json.dumps({**GOOD, "region": EAST}).encode())


def test_text_of_a_health_is_shown_in_printable_lines() -> None:
    checks = {"\x1b[2J\udcf6": {"status": "failed", "error": "\x1b]0;title\x07" + "x" * 5000}}
    (name, error), *_ = ask(200, json.dumps({**GOOD, "checks": checks}).encode()).checks.items()
    assert (name, len(error) < 400, error.isprintable()) == ("\\x1b[2J\\udcf6", True, True)


class Answers:
    """A connection whose answers are given, one after the other."""

    def __init__(self, *answers: str | None) -> None:
        self.answers = list(answers)

    def request(self, *_: object, **__: object) -> HttpResponse:
        status = self.answers.pop(0)
        if status is None:
            raise NoAnswerError("the connection was closed")
        return HttpResponse(status=200, body=json.dumps({**GOOD, "status": status}).encode())


@pytest.mark.parametrize(
    "answers,status",
    [
        (("healthy",), "healthy"),
        (("degraded", "healthy"), "healthy"),
        ((None, "healthy"), "healthy"),
        (("degraded", "degraded"), "degraded"),
        (("degraded", None), "degraded"),
    ],
)
def test_one_bad_health_is_looked_at_again_before_it_counts(answers: tuple[str | None, ...], status: str) -> None:
    connection: Any = Answers(*answers)
    assert confirm_health(connection, MANIFEST.regions["primary"], deep=False, seconds=1).status == status
    assert connection.answers == []


@pytest.mark.parametrize("status", [204, 403, 500, 503])
def test_only_an_answer_of_200_is_healthy(status: int) -> None:
    found = ask(status, json.dumps(GOOD).encode())
    assert (found.healthy, found.status, found.checks) == (False, f"answering {status}", {"queue": "ok"})

"""One failed look is repeated once before it becomes advice; a refusal of AWS and a bug of ours are not."""

import threading
import time
from collections.abc import Callable

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError, EndpointConnectionError

from standby.deployment import concurrency
from standby.deployment.concurrency import NoAnswerError, look_twice

CLOSED = ConnectionClosedError(endpoint_url="https://x")
BUSY = ClientError({"Error": {"Code": "InternalError"}, "ResponseMetadata": {"HTTPStatusCode": 500}}, "GetObject")  # type: ignore[typeddict-item]  # enough of it
DENIED = ClientError({"Error": {"Code": "AccessDenied"}, "ResponseMetadata": {"HTTPStatusCode": 403}}, "GetObject")  # type: ignore[typeddict-item]  # enough of it


class Look:
    """A read whose answers are given: an exception is raised."""

    def __init__(self, *answers: object) -> None:
        self.answers = list(answers)
        self.made = 0

    def __call__(self) -> object:
        self.made += 1
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.mark.parametrize("error", [CLOSED, BUSY, NoAnswerError("x"), EndpointConnectionError(endpoint_url="https://x")])
def test_a_look_that_fails_once_is_made_again(error: Exception) -> None:
    look = Look(error, "well")
    assert (look_twice(look), look.made) == ("well", 2)


@pytest.mark.parametrize("error", [CLOSED, BUSY])
def test_a_look_that_fails_twice_is_not_made_a_third_time(error: Exception) -> None:
    look = Look(error, error, "well")
    with pytest.raises(type(error)):
        look_twice(look, hedge=True)
    assert look.made == 2


@pytest.mark.parametrize("error", [DENIED, KeyError("a bug")])
def test_a_refusal_and_a_bug_are_raised_at_once(error: Exception) -> None:
    look = Look(error, "well")
    with pytest.raises(type(error)):
        look_twice(look, hedge=True)
    assert look.made == 1


def hanging() -> tuple[Callable[[], object], list[int]]:
    """Return a look whose first call hangs, and the numbers of its calls."""
    calls: list[int] = []

    def look() -> object:
        calls.append(len(calls))
        if len(calls) == 1:
            threading.Event().wait(5)
            return "late"
        return "second"

    return look, calls


def test_a_look_that_hangs_is_made_again_beside_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(concurrency, "LOOK_SECONDS", 0.05)
    look, calls = hanging()
    began = time.monotonic()
    assert (look_twice(look, hedge=True), calls) == ("second", [0, 1])
    assert time.monotonic() - began < 2


def test_a_look_that_failed_late_is_not_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(concurrency, "LOOK_SECONDS", -1.0)
    look = Look(CLOSED, "well")
    with pytest.raises(ConnectionClosedError):
        look_twice(look)
    assert look.made == 1

from typing import Any

import pytest
from botocore.exceptions import ClientError, NoCredentialsError, ReadTimeoutError

from shared.aws_calls import Budget, call_with_retries
from tests.lambdas.helpers import client_error


class Call:
    """A fake clock that only pauses and calls advance, and a call with the given outcomes."""

    def __init__(self, *outcomes: Exception | str, call_seconds: float = 0) -> None:
        self.now = 0.0
        self.pauses: list[float] = []
        self.calls = 0
        self._outcomes = iter(outcomes)
        self._call_seconds = call_seconds

    def call(self) -> str:
        self.calls += 1
        self.now += self._call_seconds
        outcome = next(self._outcomes)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds

    def run(self, *, seconds: float, attempt_seconds: float = 1) -> str:
        budget = Budget(deadline=seconds, clock=lambda: self.now, sleep=self.sleep)
        return call_with_retries(self.call, budget=budget, attempt_seconds=attempt_seconds)


TIMEOUT = ReadTimeoutError(endpoint_url="https://e")


@pytest.mark.parametrize(
    "error", [client_error("ThrottlingException"), client_error("InternalServerException"), TIMEOUT]
)
def test_a_transient_error_is_tried_again(error: Exception) -> None:
    assert Call(error, error, "good").run(seconds=60) == "good"


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_server_error_without_a_known_code_is_tried_again(status: int) -> None:
    unmodelled: Any = {"Error": {"Code": str(status)}, "ResponseMetadata": {"HTTPStatusCode": status}}
    error = ClientError(unmodelled, "Converse")
    assert Call(error, "good").run(seconds=60) == "good"


@pytest.mark.parametrize("error", [client_error("AccessDeniedException"), client_error("ValidationException")])
def test_a_permanent_error_is_not_tried_again(error: ClientError) -> None:
    tried = Call(error, "good")
    with pytest.raises(ClientError):
        tried.run(seconds=60)
    assert tried.calls == 1


def test_missing_credentials_are_not_tried_again() -> None:
    with pytest.raises(NoCredentialsError):
        Call(NoCredentialsError(), "good").run(seconds=60)


def test_no_attempt_is_made_that_could_exceed_the_budget() -> None:
    tried = Call(*[client_error("ThrottlingException")] * 1000)
    with pytest.raises(ClientError):
        tried.run(seconds=10, attempt_seconds=4)
    assert tried.calls > 1
    assert tried.now <= 6


def test_a_slow_attempt_is_not_followed_by_another_that_does_not_fit() -> None:
    tried = Call(TIMEOUT, "too late", call_seconds=16)
    with pytest.raises(ReadTimeoutError):
        tried.run(seconds=26, attempt_seconds=17)


def test_pauses_have_jitter_and_a_limit() -> None:
    tried = Call(*[client_error("ThrottlingException")] * 40, "good")
    assert tried.run(seconds=1000) == "good"
    assert max(tried.pauses) <= 2
    assert len(set(tried.pauses)) == 40


def test_a_budget_can_reserve_time_for_the_next_call() -> None:
    budget = Budget(deadline=26, clock=lambda: 0.0)
    assert budget.less(17).remaining() == 9

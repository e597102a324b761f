"""Checks run side by side, each for itself, none longer than the deadline."""

import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError

from shared.aws_errors import error_code

Check = Callable[[], None]

TIMED_OUT = "TimedOut"


class NotReadyError(Exception):
    """What was asked answered, but not with what is needed; the message is a code (`KnowledgeBaseNotActive`)."""


@dataclass(frozen=True, kw_only=True)
class CheckResult:
    """How one check went: time in milliseconds, and AWS's error code where it failed."""

    response_time_ms: int
    error: str = ""

    def as_answer(self) -> dict[str, object]:
        """Return the result as the API shows it."""
        if self.error:
            return {"status": "failed", "responseTimeMs": self.response_time_ms, "error": self.error}
        return {"status": "ok", "responseTimeMs": self.response_time_ms}


def run_checks(checks: Mapping[str, Check], *, deadline_seconds: float) -> dict[str, CheckResult]:
    """Run all checks at once and return their results after at most `deadline_seconds`.

    One that hangs is reported as `TimedOut` and left behind: its client's own time-outs end its thread. (A DNS lookup
    that hangs is under no time-out of botocore's: hence a deadline of our own.)
    """
    pool = ThreadPoolExecutor(max_workers=len(checks))
    futures = {name: pool.submit(_timed, check) for name, check in checks.items()}
    wait(futures.values(), timeout=deadline_seconds)
    pool.shutdown(wait=False, cancel_futures=True)
    return {name: _result(future, deadline_seconds) for name, future in futures.items()}


def _result(future: Future[CheckResult], deadline_seconds: float) -> CheckResult:
    if future.done() and not future.cancelled():
        return future.result()
    return CheckResult(response_time_ms=round(deadline_seconds * 1000), error=TIMED_OUT)


def _timed(check: Check) -> CheckResult:
    started = time.monotonic()
    error = _outcome(check)
    return CheckResult(response_time_ms=round((time.monotonic() - started) * 1000), error=error)


def _outcome(check: Check) -> str:
    try:
        check()
    except (ClientError, BotoCoreError) as error:
        return error_code(error)
    except NotReadyError as error:
        return str(error)
    return ""

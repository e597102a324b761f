"""The functions' calls to AWS: time-outs, and retries inside a time budget.

botocore's own retries count attempts, not seconds: two attempts of a slow model call would outlive API Gateway's
29 seconds. Here a further attempt is made only if it can still end in time.
"""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import botocore.exceptions
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from shared.errors import THROTTLING, TRANSIENT, error_code

Result = TypeVar("Result")

_FIRST_PAUSE_SECONDS = 0.2
_LONGEST_PAUSE_SECONDS = 2.0
# A proxy before the service answers these without an error code that the service's model knows.
_SERVER_ERRORS = frozenset({500, 502, 503, 504})


@dataclass(frozen=True, kw_only=True)
class Budget:
    """A point on the monotonic clock, in seconds, before which everything must have ended."""

    deadline: float
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    @classmethod
    def of(cls, seconds: float) -> "Budget":
        """Return the budget that starts now."""
        return cls(deadline=time.monotonic() + seconds)

    def until(self, seconds_before_the_end: float) -> "Budget":
        """Return this budget, ending earlier, to leave time for what comes next."""
        return Budget(deadline=self.deadline - seconds_before_the_end, clock=self.clock, sleep=self.sleep)

    def remaining(self) -> float:
        """Return the seconds left; negative when it is over."""
        return self.deadline - self.clock()


def client_config(*, connect_seconds: float, read_seconds: float, attempts: int = 1) -> Config:
    """Build a botocore configuration with explicit time-outs.

    `attempts` counts the first call too; above 1 botocore retries by itself in mode "standard", which waits with
    jitter. (Source: boto3 documentation, Retries.)
    """
    return Config(
        connect_timeout=connect_seconds,
        read_timeout=read_seconds,
        retries={"mode": "standard", "total_max_attempts": attempts},
    )


def is_transient(error: ClientError | BotoCoreError) -> bool:
    """Tell whether the same call may work in a moment: throttling, a fault of the service, a lost connection."""
    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        return error_code(error) in THROTTLING | TRANSIENT or status in _SERVER_ERRORS
    return isinstance(error, botocore.exceptions.HTTPClientError | botocore.exceptions.ConnectionError)


def call_with_retries(call: Callable[[], Result], *, budget: Budget, attempt_seconds: float) -> Result:
    """Make the call, and again after a transient error while another whole attempt fits into the budget.

    `attempt_seconds` is the longest that one attempt can take (connect plus read time-out). Pauses grow from 0.2 s to
    2 s with full jitter, so that many callers that were throttled together do not come back together. The last error
    is raised. (Source: docs.aws.amazon.com, Amazon Builders' Library, Timeouts, retries, and backoff with jitter.)
    """
    longest = _FIRST_PAUSE_SECONDS
    while True:
        try:
            return call()
        except (ClientError, BotoCoreError) as error:
            pause = random.uniform(0, longest)  # noqa: S311 - jitter, no secret
            if not is_transient(error) or budget.remaining() < pause + attempt_seconds:
                raise
        budget.sleep(pause)
        longest = min(longest * 2, _LONGEST_PAUSE_SECONDS)

"""Time-outs of the functions' calls to AWS, and retries inside a time budget.

botocore's own retries count attempts, not seconds: two attempts of a slow model call would take longer than API
Gateway's 29 seconds. `call_with_retries` makes another attempt only if it can still end in time.
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
LONGEST_PAUSE_SECONDS = 2.0
# A proxy in front of the service answers these without an error code that the service's model defines.
_SERVER_ERRORS = frozenset({500, 502, 503, 504})


@dataclass(frozen=True, kw_only=True)
class Budget:
    """A deadline on the monotonic clock, in seconds."""

    deadline: float
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    @classmethod
    def of(cls, seconds: float) -> "Budget":
        """Return the budget that starts now."""
        return cls(deadline=time.monotonic() + seconds)

    def less(self, seconds: float) -> "Budget":
        """Return a budget that ends these seconds earlier, to reserve time for the next call."""
        return Budget(deadline=self.deadline - seconds, clock=self.clock, sleep=self.sleep)

    def remaining(self) -> float:
        """Return the remaining seconds; negative after the deadline."""
        return self.deadline - self.clock()


def client_config(*, connect_seconds: float, read_seconds: float, attempts: int = 1, connections: int = 10) -> Config:
    """Return a botocore configuration with explicit time-outs. `connections` are those that it keeps open.

    `attempts` includes the first call. Above 1, botocore itself retries in mode "standard", which waits with jitter.
    (Source: boto3 documentation, Retries.)
    """
    return Config(
        connect_timeout=connect_seconds,
        read_timeout=read_seconds,
        retries={"mode": "standard", "total_max_attempts": attempts},
        max_pool_connections=connections,
    )


def is_transient(error: ClientError | BotoCoreError) -> bool:
    """Return whether the same call may soon succeed: throttling, a fault of the service, or a lost connection."""
    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        return error_code(error) in THROTTLING | TRANSIENT or status in _SERVER_ERRORS
    return isinstance(error, botocore.exceptions.HTTPClientError | botocore.exceptions.ConnectionError)


def call_with_retries(
    call: Callable[[], Result], *, budget: Budget, attempt_seconds: float, pause_seconds: float = _FIRST_PAUSE_SECONDS
) -> Result:
    """Make the call. Repeat it after a transient error while another whole attempt fits into the budget.

    `attempt_seconds` is the longest duration of one attempt (connect plus read time-out). Pauses grow from
    `pause_seconds` to 2 s with full jitter, so that callers that were throttled together do not retry together. Raises
    the last error.
    (Source: docs.aws.amazon.com, Amazon Builders' Library, Timeouts, retries, and backoff with jitter.)
    """
    longest = pause_seconds
    while True:
        try:
            return call()
        except (ClientError, BotoCoreError) as error:
            pause = random.uniform(0, longest)  # noqa: S311 - jitter, not a secret
            if not is_transient(error) or budget.remaining() < pause + attempt_seconds:
                raise
        budget.sleep(pause)
        longest = min(longest * 2, LONGEST_PAUSE_SECONDS)

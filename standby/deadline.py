"""Wait for a condition, up to a deadline."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class Deadline:
    """A point in time, `seconds` from now, on the monotonic clock."""

    def __init__(self, seconds: float) -> None:
        self._at = time.monotonic() + seconds

    @property
    def remaining(self) -> float:
        """The seconds until the deadline; 0.0 when it has passed."""
        return max(0.0, self._at - time.monotonic())

    @property
    def passed(self) -> bool:
        """Whether the deadline has passed."""
        return self.remaining == 0.0


def poll(check: Callable[[], T], *, seconds: float, pause: float, until: Callable[[T], object] = bool) -> T:
    """Call `check` every `pause` seconds, at least once, and return its last result.

    Ends when `until` accepts the result, which by default means that the result is true, or `seconds` after the start.
    """
    deadline = Deadline(seconds)
    while not until(result := check()) and not deadline.passed:
        time.sleep(pause)
    return result

"""What Route 53's checkers make of a history: their state each ten seconds, and the points of their metric.

The interval, the threshold and the statistic are those of the stack and of the controller.
"""

from collections.abc import Callable
from typing import Final

from controller.checkers import FRESH_MINUTES, STATISTIC
from standby_protocol.automatic import Verdict
from warm_standby.settings.dns import FAILURE_THRESHOLD, INTERVAL_SECONDS

MINUTE: Final = 60
LONGEST_DELAY: Final = 60.0
"""Seconds. AWS documents no delay of the metric. After more than three minutes no point is fresh, and nobody is moved.
"""
_COMBINE: Final = {"Maximum": any, "Minimum": all}


def newest_point(fails: Callable[[float], bool], at: float, *, delay: float) -> Verdict:
    """Return what the newest point of the metric says at this time. `fails`: whether a request fails then."""
    minute = int((at - delay) // MINUTE) - 1
    if (minute + FRESH_MINUTES) * MINUTE < at:
        return "unknown"
    return "healthy" if _COMBINE[STATISTIC](_states(fails, minute)) else "failed"


def _states(fails: Callable[[float], bool], minute: int) -> list[bool]:
    """Return whether the check was healthy at each request of this minute.

    As many equal results in a row as the threshold decide. The requests before this minute decide on its first state.
    """
    first, last = minute * MINUTE, (minute + 1) * MINUTE
    found: list[bool] = []
    healthy, differing = True, 0
    for time in range(max(0, first - 2 * MINUTE), last, INTERVAL_SECONDS):
        differing = differing + 1 if fails(time) == healthy else 0
        if differing >= FAILURE_THRESHOLD:
            healthy, differing = not healthy, 0
        if time >= first:
            found.append(healthy)
    return found or [True]

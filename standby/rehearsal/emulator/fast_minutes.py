"""A shorter minute for the automatic failover in a rehearsal: one variable, which the controller reads, too.

Schedules of one minute fire after this many seconds. Nothing else sees another time: MiniStack has no such setting.
"""

from types import ModuleType
from typing import Final

MINUTE_VARIABLE: Final = "REHEARSAL_MINUTE_SECONDS"
"""The length of the controller's minute in seconds. `lambda_src/controller/settings.py` has the same name."""
MINUTE_SECONDS: Final = 60.0
_EVERY_MINUTE: Final = "rate(1 minute)"
_TICKS: Final = 5
"""The scheduler looks this many times in a minute."""


def shorten_minutes(events: ModuleType, seconds: str) -> None:
    """Let schedules of one minute fire after `seconds`. `events` is MiniStack's module of EventBridge."""
    original = vars(events)["_parse_rate_seconds"]

    def parse(expression: str) -> float | None:
        found: float | None = float(seconds) if expression == _EVERY_MINUTE else original(expression)
        return found

    vars(events)["_parse_rate_seconds"] = parse
    vars(events)["_SCHEDULER_TICK_INTERVAL"] = float(seconds) / _TICKS

"""The time of AWS: this machine's clock, corrected by the `Date` of AWS's answers.

Times of different machines are compared: when an operator began, when S3 stored a document. So every time that the tool
writes or compares is the time of AWS, and an operator whose clock is wrong by minutes draws no wrong conclusion.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

TOLERANCE: Final = timedelta(seconds=5)
"""A smaller difference is not corrected: `Date` is in whole seconds, and an answer takes some time."""
MAX_OFFSET: Final = timedelta(minutes=16)
"""AWS refuses a request whose time differs by more than 15 minutes, so a larger difference is no answer of AWS.
Source: docs.aws.amazon.com, Amazon S3 API Reference, "Error responses", `RequestTimeTooSkewed`."""


def _now() -> datetime:
    return datetime.now(tz=UTC)


class Clock:
    """A clock that shows the time of AWS. `local` is this machine's clock."""

    def __init__(self, local: Callable[[], datetime] = _now) -> None:
        self._local = local
        self._offset = timedelta()

    def observe(self, date: object) -> None:
        """Take in the `Date` of an answer of AWS. Anything else is ignored."""
        if not isinstance(date, str):
            return
        with suppress(TypeError, ValueError, OverflowError):
            offset = parsedate_to_datetime(date).astimezone(UTC) - self._local()
            if abs(offset) <= MAX_OFFSET:
                self._offset = offset if abs(offset) > TOLERANCE else timedelta()

    def now(self) -> datetime:
        """Return the time of AWS, in UTC, as far as it is known."""
        return self._local() + self._offset

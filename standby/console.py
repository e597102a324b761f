"""Progress goes to stderr; only results go to stdout. `standby.cli.output.progress` shows progress on a terminal."""

import sys
import time
from typing import IO, Protocol

from standby.machine import discard
from standby.text import printable


class Progress(Protocol):
    """The receiver of a long task's progress."""

    def start(self, text: str) -> None:
        """Report the task that begins now."""

    def count(self, done: int, total: int) -> None:
        """Report how much of the task is done."""

    def note(self, text: str) -> None:
        """Print a line that stays on the screen."""


class NullProgress:
    """Progress that is not shown, for tests and `--json`."""

    def start(self, text: str) -> None:
        """Do nothing."""

    def count(self, done: int, total: int) -> None:
        """Do nothing."""

    def note(self, text: str) -> None:
        """Do nothing."""


class Stopwatch:
    """The seconds since its creation."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    @property
    def seconds(self) -> float:
        """The seconds so far, to the millisecond."""
        return round(time.monotonic() - self._began, 3)


class PhaseTimer:
    """The seconds of each phase of a command, by name, in the order in which the phases ended."""

    def __init__(self) -> None:
        self._phase = Stopwatch()
        self.seconds: dict[str, float] = {}

    def end_phase(self, name: str) -> None:
        """Record the time since the end of the last phase, and begin the next phase."""
        self.seconds[name] = round(self._phase.seconds, 2)
        self._phase = Stopwatch()


def print_progress(text: str, stream: IO[str] | None = None) -> None:
    """Print a line of progress on stderr immediately. If stderr cannot be written, drop the line and continue."""
    stream = stream or sys.stderr
    if stream is None:  # closed before the program started (`2>&-`)
        return
    try:
        stream.write(f"{printable(text)}\n")
        stream.flush()
    except OSError:  # no reader, or a full disk
        discard(stream)

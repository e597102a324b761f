"""Progress goes to stderr; only results go to stdout. `standby.cli.output.progress` shows progress on a terminal."""

import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Final, Protocol

from standby.machine import discard
from standby.text import printable, wrap_lines

STILL_SECONDS: Final = 10.0
"""Time after which a step that still runs is reported again."""

STEP_MARKS: Final = "STANDBY_STEP_MARKS"
"""If this variable is set, lines on stderr also mark the begin and the end of each step: `step 1 of 7 begins`.

They are for a program that watches a command, such as the drill, which kills it at a step.
"""


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
    """Print progress on stderr immediately, in 80 columns. If stderr cannot be written, drop it and continue."""
    stream = stream or sys.stderr
    if stream is None:  # closed before the program started (`2>&-`)
        return
    try:
        stream.write(f"{wrap_lines(printable(text))}\n")
        stream.flush()
    except OSError:  # no reader, or a full disk
        discard(stream)


def mark_step(number: int, total: int, what: str) -> None:
    """Print that a step begins, or how it ended, if `STEP_MARKS` asks for it."""
    if STEP_MARKS in os.environ:
        print_progress(f"step {number} of {total} {what}")


@contextmanager
def report_waiting(text: str) -> Iterator[None]:
    """Print every ten seconds that this block still runs."""
    stopwatch, ended = Stopwatch(), threading.Event()

    def report() -> None:
        while not ended.wait(STILL_SECONDS):
            print_progress(f"{text}: still running ({stopwatch.seconds:.0f} s)")

    thread = threading.Thread(target=report, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()

"""Progress goes to stderr, results alone go to stdout. `standby.cli.progress` shows progress on a terminal."""

import os
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Protocol


class Progress(Protocol):
    """What a long task reports its progress to."""

    def start(self, text: str) -> None:
        """Say what begins now."""

    def count(self, done: int, total: int) -> None:
        """Say how much of what began is done."""

    def note(self, text: str) -> None:
        """Say something that stays on the screen."""


class NullProgress:
    """Progress that is not shown, for tests and `--json`."""

    def start(self, text: str) -> None:
        """Say nothing."""

    def count(self, done: int, total: int) -> None:
        """Say nothing."""

    def note(self, text: str) -> None:
        """Say nothing."""


class Stopwatch:
    """Seconds since it was made."""

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


def print_progress(text: str) -> None:
    """Print a line of progress on stderr at once. If nothing reads stderr, the line is lost and the command goes on.

    Source: docs.python.org, signal, "Note on SIGPIPE": what is written to the null device cannot fail at the end.
    """
    if sys.stderr is None:  # closed before the program started (`2>&-`)
        return
    try:
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()
    except OSError:
        with Path(os.devnull).open("wb") as nowhere, suppress(OSError):
            os.dup2(nowhere.fileno(), sys.stderr.fileno())

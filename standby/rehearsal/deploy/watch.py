"""Watch the emulator while Terraform works: without its answers, the provider repeats its calls for minutes."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from standby.deadline import Deadline
from standby.errors import StandbyError
from standby.machine import with_load
from standby.rehearsal.emulator.emulator import Emulator, is_ready
from standby.rehearsal.files.paths import RehearsalPaths

WATCH_SECONDS: Final = 0.5
PROBE_SECONDS: Final = 2.0
HUNG_SECONDS: Final = 20.0
"""The seconds without an answer after which the emulator counts as hung. In an apply, the longest of 582 was 0.11 s."""


class EmulatorEndedError(StandbyError):
    """The emulator ended, or `hung`, while it was used: `during` names the command."""

    def __init__(self, emulator: Emulator, *, during: str, paths: RehearsalPaths, hung: bool = False) -> None:
        what = f"gave no answer for {HUNG_SECONDS:g} s" if hung else "ended"
        said = f"The emulator (process {emulator.identity.pid}) {what} during {during}."
        super().__init__(
            with_load(said) if hung else said,
            hint=(
                f"Its log: {paths.emulator_log}\n"
                "  `standby rehearse up` starts again, `standby rehearse down` removes everything."
            ),
        )


class EmulatorWatch:
    """Whether the emulator has ended, or hangs: `hung` says the latter."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator
        self._stop = threading.Event()
        self.hung = False

    @property
    def ended(self) -> bool:
        """Whether the emulator's process has ended."""
        return self._emulator.identity.process() is None

    @contextmanager
    def watch(self, on_end: Callable[[], object]) -> Iterator[None]:
        """Call `on_end` once, in another thread, if the emulator ends or hangs during this block."""
        thread = threading.Thread(target=self._wait, args=(on_end,), name="emulator-watch", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._stop.set()
            thread.join()

    def _wait(self, on_end: Callable[[], object]) -> None:
        silence = Deadline(HUNG_SECONDS)
        while not self._stop.wait(WATCH_SECONDS):
            if is_ready(self._emulator.endpoint, timeout=PROBE_SECONDS):
                silence = Deadline(HUNG_SECONDS)
            self.hung = silence.passed and not self.ended
            if self.hung or self.ended:
                on_end()
                return

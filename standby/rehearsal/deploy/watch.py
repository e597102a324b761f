"""Watch the emulator while Terraform works: without it, the provider repeats its calls for minutes."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from standby.errors import StandbyError
from standby.rehearsal.emulator.emulator import Emulator
from standby.rehearsal.files.paths import RehearsalPaths

WATCH_SECONDS: Final = 0.5


class EmulatorEndedError(StandbyError):
    """The emulator ended while it was used: `during` names the command."""

    def __init__(self, emulator: Emulator, *, during: str, paths: RehearsalPaths) -> None:
        super().__init__(
            f"The emulator (process {emulator.identity.pid}) ended during {during}.",
            hint=(
                f"Its log: {paths.emulator_log}\n"
                "  `standby rehearse up` starts again, `standby rehearse down` removes everything."
            ),
        )


class EmulatorWatch:
    """Whether the emulator has ended."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator
        self._stop = threading.Event()

    @property
    def ended(self) -> bool:
        """Whether the emulator's process has ended."""
        return self._emulator.identity.process() is None

    @contextmanager
    def watch(self, on_end: Callable[[], object]) -> Iterator[None]:
        """Call `on_end` once, in another thread, if the emulator ends during this block."""
        thread = threading.Thread(target=self._wait, args=(on_end,), name="emulator-watch", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._stop.set()
            thread.join()

    def _wait(self, on_end: Callable[[], object]) -> None:
        while not self._stop.wait(WATCH_SECONDS):
            if self.ended:
                on_end()
                return

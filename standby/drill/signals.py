"""Ctrl-C and the termination signal, held back while half of the work would be worse than none of it."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

from standby.rehearsal.progress import Progress

HELD: Final = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def undisturbed(progress: Progress) -> Iterator[None]:
    """Let a signal wait until the block has ended; then raise `KeyboardInterrupt` for it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    held: list[int] = []

    def later(number: int, _frame: FrameType | None) -> None:
        held.append(number)
        progress.note("Putting everything back first; this takes some seconds.")

    before = {number: signal.signal(number, later) for number in HELD}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if held:
        raise KeyboardInterrupt

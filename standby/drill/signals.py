"""Ctrl-C, the termination signal and a lost terminal end a drill, and wait while half would be worse than none."""

import os
import signal
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

from standby.console import Progress

HELD: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def hanging_up() -> Iterator[None]:
    """Take the loss of the terminal (SIGHUP, as when ssh drops) for Ctrl-C, unless it is ignored, as under `nohup`."""
    if threading.current_thread() is not threading.main_thread() or _ignored(signal.SIGHUP):
        yield
        return
    before = signal.signal(signal.SIGHUP, _hang_up)
    try:
        yield
    finally:
        signal.signal(signal.SIGHUP, before)


@contextmanager
def undisturbed(progress: Progress) -> Iterator[None]:
    """Let a signal wait until the block has ended; then raise `KeyboardInterrupt` for it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    held: list[int] = []

    def later(number: int, _frame: FrameType | None) -> None:
        held.append(number)
        if number == signal.SIGHUP:
            _leave_terminal()
        progress.note("Putting everything back first; this takes some seconds.")

    before = {number: signal.signal(number, later) for number in HELD if not _ignored(number)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if held:
        raise KeyboardInterrupt


def _ignored(number: int) -> bool:
    return signal.getsignal(number) is signal.SIG_IGN


def _hang_up(_number: int, _frame: FrameType | None) -> None:
    _leave_terminal()
    raise KeyboardInterrupt


def _leave_terminal() -> None:
    """Write to nowhere from now on what went to the terminal: a line of progress to one that is gone is an error."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for output in (1, 2):
        if stat.S_ISCHR(os.fstat(output).st_mode):
            os.dup2(nowhere, output)
    os.close(nowhere)

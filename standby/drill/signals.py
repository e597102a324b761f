"""The signals that end a drill: Ctrl-C, SIGTERM, loss of the terminal. They wait while the deployment is restored."""

import os
import signal
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

from standby.console import Progress

DELAYED_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def interrupt_on_hangup() -> Iterator[None]:
    """Treat the loss of the terminal (SIGHUP, for example when ssh drops) as Ctrl-C, unless it is ignored (`nohup`)."""
    if threading.current_thread() is not threading.main_thread() or _is_ignored(signal.SIGHUP):
        yield
        return
    before = signal.signal(signal.SIGHUP, _interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGHUP, before)


@contextmanager
def delay_signals(progress: Progress) -> Iterator[None]:
    """Run the block to its end even if a signal arrives. Raise `KeyboardInterrupt` after the block in that case."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    received: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        received.append(number)
        if number == signal.SIGHUP:
            _detach_from_terminal()
        progress.note("Restoring the deployment first. This takes some seconds.")

    before = {number: signal.signal(number, note) for number in DELAYED_SIGNALS if not _is_ignored(number)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if received:
        raise KeyboardInterrupt


def _is_ignored(number: int) -> bool:
    return signal.getsignal(number) is signal.SIG_IGN


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    _detach_from_terminal()
    raise KeyboardInterrupt


def _detach_from_terminal() -> None:
    """Send stdout and stderr to the null device if they are the terminal: writing to a lost terminal is an error."""
    null = os.open(os.devnull, os.O_WRONLY)
    for output in (1, 2):
        if stat.S_ISCHR(os.fstat(output).st_mode):
            os.dup2(null, output)
    os.close(null)

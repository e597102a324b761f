"""A signal waits until the deployment is restored, and the loss of the terminal counts as Ctrl-C."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from standby.console import NullProgress
from standby.deadline import poll
from standby.drill.signals import delay_signals, interrupt_on_hangup
from tests.constructs.plan import ROOT

pytestmark = pytest.mark.alone

PROGRAM = """
import os, signal, sys, time
from pathlib import Path
from rich.console import Console
from standby.drill.signals import delay_signals, interrupt_on_hangup
from standby.cli.output.progress import ConsoleProgress

signal.signal(signal.SIGHUP, signal.SIG_DFL)  # `nohup make test` ignores it, and programs inherit that
os.open(os.ttyname(0), os.O_RDWR)  # a session's first terminal is the one whose loss raises SIGHUP
progress = ConsoleProgress(Console(stderr=True))
state, late = Path(sys.argv[1]), sys.argv[2] == "while restoring"

def run(seconds):
    state.write_text("ready")
    for _ in range(seconds * 100):
        progress.note("the load runs")
        time.sleep(0.01)

with interrupt_on_hangup(), progress.live():
    try:
        if not late:
            run(60)
    finally:
        with delay_signals(progress):
            progress.start("Restoring")
            if late:
                run(2)
            progress.note("almost")
            state.write_text("restored")
"""


def test_ctrl_c_waits_until_everything_is_restored() -> None:
    done: list[str] = []

    def restore() -> None:
        with delay_signals(NullProgress()):
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.05)
            done.append("everything")

    with pytest.raises(KeyboardInterrupt):
        restore()
    assert done == ["everything"]


@pytest.mark.parametrize("moment", ["during the drill", "while restoring"])
def test_after_the_loss_of_the_terminal_everything_is_restored(tmp_path: Path, moment: str) -> None:
    state = tmp_path / "state"
    ours, theirs = os.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(state), moment],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        cwd=ROOT,
    )
    os.close(theirs)
    try:
        assert poll(state.exists, seconds=60, pause=0.05)
        os.close(ours)
        process.wait(timeout=60)
    finally:
        process.kill()
        process.wait()
    assert state.read_text() == "restored"


@contextmanager
def handled(number: signal.Signals, handler: signal.Handlers) -> Iterator[None]:
    before = signal.signal(number, handler)
    try:
        yield
    finally:
        signal.signal(number, before)


def test_under_nohup_the_loss_of_the_terminal_ends_nothing() -> None:
    with handled(signal.SIGHUP, signal.SIG_IGN), interrupt_on_hangup(), delay_signals(NullProgress()):
        os.kill(os.getpid(), signal.SIGHUP)
        time.sleep(0.05)

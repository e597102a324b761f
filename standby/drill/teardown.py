"""What a drill that was killed has left: its programs are ended and users brought home before another one begins."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import psutil

from standby.console import Progress
from standby.drill.measure.records import Clock
from standby.drill.observe.observer import Observer
from standby.drill.observe.steady_state import NotSteadyError
from standby.drill.operator_process import CommandProcess
from standby.rehearsal.processes.process import find_processes, stop

COMMANDS: Final = ("reconcile", "failback")
PROGRAMS: Final = frozenset({"standby", "standby.drill.load.generator"})
ATTEMPTS: Final = 4
AGAIN_SECONDS: Final = 2.0


def end_programs(directory: Path) -> int:
    """End the load and the commands of a drill on this rehearsal that was killed. Returns how many there were."""
    this = psutil.Process()
    own = {this, *this.parents()}  # a drill may be started by a program that carries the mark
    return stop(process for process in find_processes(directory) if process not in own and _is_a_drills(process))


def restore_primary(observer: Observer, *, options: Sequence[str], progress: Progress, killed: bool) -> None:
    """Have the primary region serve, in step, where users were left in the other one or the last drill was `killed`.

    Raises `NotSteadyError` when it cannot be done.
    """
    serving = observer.serving()
    if serving == "primary" and not killed:
        return
    region = observer.deployment.regions[serving].region
    progress.note(f"{'The last drill was killed; ' if killed else ''}{region} serves: bringing everything home first")
    for command in COMMANDS:
        _insist(command, options=options)


def _insist(command: str, *, options: Sequence[str]) -> None:
    arguments = (command, "--yes", "--reason", "drill", "--json")
    for _ in range(ATTEMPTS):
        ran = CommandProcess(arguments, options=options, clock=Clock()).listen().wait()
        if ran.code == 0:
            return
        time.sleep(AGAIN_SECONDS)
    raise NotSteadyError(f"What was left cannot be brought home: `standby {command}` ends with {ran.words}")


def _is_a_drills(process: psutil.Process) -> bool:
    try:
        return not PROGRAMS.isdisjoint(process.cmdline())
    except psutil.Error:
        return False

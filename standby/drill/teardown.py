"""Put everything back: after a scenario, and before a drill where the one before was killed."""

import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import psutil

from standby.console import Progress
from standby.drill.context import ScenarioContext
from standby.drill.errors import WENT_WRONG, NotPutBackError, words
from standby.drill.measure.records import Clock
from standby.drill.observe.observer import Observer
from standby.drill.observe.steady_state import NotSteadyError
from standby.drill.operator_process import CommandProcess
from standby.errors import StandbyError
from standby.rehearsal.processes.process import ours, stop

COMMANDS: Final = ("reconcile", "failback")
PROGRAMS: Final = frozenset({"standby", "standby.drill.load.generator"})
ATTEMPTS: Final = 4
AGAIN_SECONDS: Final = 2.0


def restore(context: ScenarioContext) -> None:
    """Heal, reconcile, fail back, each whatever became of the one before.

    Raises `NotPutBackError` that names everything that could not be put back.
    """
    context.kill_running_commands()
    parts = {
        "the fault": (context.heal, "run the drill again, which heals first"),
        "both regions in step": (lambda: _reconcile(context), "run `standby reconcile`"),
        "users in the primary region": (lambda: _go_home(context), "run `standby failback`"),
    }
    left: list[str] = []
    for what, (put_back, then) in parts.items():
        try:
            put_back()
        except WENT_WRONG as error:
            left.append(f"{what} ({words(error)}): {then}")
    if left:
        raise NotPutBackError(f"NOT put back: {'; '.join(left)}", hint="`standby status` shows how it is now.")


def end_programs(directory: Path) -> int:
    """End the load and the commands of a drill on this rehearsal that was killed. Returns how many there were."""
    this = psutil.Process()
    own = {this, *this.parents()}  # a drill may be started by a program that carries the mark
    return stop(process for process in ours(directory) if process not in own and _is_a_drills(process))


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


def _reconcile(context: ScenarioContext) -> None:
    with suppress(StandbyError, OSError):  # a load that has died is no reason to leave anything as it is
        context.load_process.rate("upload", 0)  # failing back is a planned act: it waits for documents in step
    context.run_with_retries("reconcile")


def _go_home(context: ScenarioContext) -> None:
    with suppress(*WENT_WRONG, ValueError):  # who serves is not known then: `failback` finds out
        if context.observer.serving() == "primary":
            return
    if not context.by_force:
        context.run_with_retries("failback")
    elif (ran := context.command("failback")).code != 0:
        context.note(f"standby failback, now by force: {' '.join(ran.stderr.split())[-200:]}")
        context.run_with_retries("failback", "--force")
    context.until_answered("primary")

"""Restore the deployment: after every scenario, and before a drill if the last one was killed."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Final

import psutil

from standby.console import Progress
from standby.drill.context import ScenarioContext
from standby.drill.errors import EXPECTED_ERRORS, NotRestoredError, describe_error
from standby.drill.observe.observer import Observer
from standby.drill.observe.steady_state import NoSteadyStateError
from standby.drill.operator_process import run_command, run_with_retries
from standby.errors import StandbyError
from standby.rehearsal.processes.process import find_processes, stop

RESTORING_COMMANDS: Final = ("reconcile", "failback")
DRILL_PROGRAMS: Final = frozenset({"standby", "standby.drill.load.generator"})
"""The text in the command line of a drill's program: an operator's command, or the load."""

STDERR_CHARACTERS: Final = 200


def restore(context: ScenarioContext) -> None:
    """Heal, reconcile and fail back, each even if the one before failed.

    Raises `NotRestoredError`, which names everything that was not restored and the command for it.
    """
    context.kill_running_commands()
    parts: dict[str, tuple[Callable[[], None], str]] = {
        "the fault": (context.heal, "run the drill again, which heals first"),
        "both regions in sync": (partial(_reconcile, context), "run `standby reconcile`"),
        "users in the primary region": (partial(_fail_back, context), "run `standby failback`"),
    }
    failed: list[str] = []
    for part, (restore_part, remedy) in parts.items():
        try:
            restore_part()
        except EXPECTED_ERRORS as error:
            failed.append(f"{part} ({describe_error(error)}): {remedy}")
    if failed:
        raise NotRestoredError(f"NOT restored: {'; '.join(failed)}", hint="`standby status` shows the present state.")


def end_programs(directory: Path) -> int:
    """End the load and the commands of a killed drill on this rehearsal. Return how many there were."""
    this = psutil.Process()
    own = {this, *this.parents()}  # a program that carries the rehearsal's mark may have started this drill
    return stop(process for process in find_processes(directory) if process not in own and _is_drill_program(process))


def restore_primary(observer: Observer, *, options: Sequence[str], progress: Progress, killed: bool) -> None:
    """Move users to the primary region, in sync, if they are not there or the last drill was `killed`.

    Raises `NoSteadyStateError` when that fails.
    """
    serving = observer.serving_role()
    if serving == "primary" and not killed:
        return
    region = observer.deployment.regions[serving].region if serving else "neither region"
    cause = "The last drill was killed. " if killed else ""
    progress.note(f"{cause}The serving region: {region}. Reconciling and failing back first.")
    for command in RESTORING_COMMANDS:
        arguments = (command, "--yes", "--reason", "drill", "--json")
        result = run_with_retries(partial(run_command, *arguments, options=options))
        if result.code != 0:
            failure = f"`standby {command}` ended with {result.summary}"
            raise NoSteadyStateError(f"The deployment cannot be restored after an earlier drill: {failure}")


def _reconcile(context: ScenarioContext) -> None:
    with suppress(StandbyError, OSError):  # a load that has ended must not keep the rest from being restored
        context.load.set_rate("upload", 0)  # a failback waits until the documents are in sync
    context.run_with_retries("reconcile")


def _fail_back(context: ScenarioContext) -> None:
    with suppress(*EXPECTED_ERRORS, ValueError):  # if the serving region cannot be read, `failback` finds out
        if context.observer.serving_role() == "primary":
            return
    if not context.force_failback:
        context.run_with_retries("failback")
    elif (result := context.run_command("failback")).code != 0:
        stderr = " ".join(result.stderr.split())[-STDERR_CHARACTERS:]
        context.note(f"standby failback is run again with --force after: {stderr}")
        context.run_with_retries("failback", "--force")
    context.wait_until_answered("primary")


def _is_drill_program(process: psutil.Process) -> bool:
    try:
        return not DRILL_PROGRAMS.isdisjoint(process.cmdline())
    except psutil.Error:
        return False

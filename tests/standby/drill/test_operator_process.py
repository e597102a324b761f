"""The operator's commands as programs: none is left running when the deployment is restored."""

import os
import signal
import subprocess
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from standby.console import STEP_MARKS, NullProgress
from standby.drill import operator_process
from standby.drill.context import ScenarioContext
from standby.drill.load.target import LoadTarget
from standby.drill.measure.records import Clock
from standby.drill.operator_process import LONG_COMMAND_SECONDS, CommandProcess, _environment, run_command
from standby.drill.teardown import restore
from standby.errors import StandbyError
from standby.operations.facts.collect import FULL_LISTING_SECONDS
from standby.rehearsal.processes.process import DIRECTORY_VARIABLE, find_processes
from tests.standby.drill.helpers import Commands

pytestmark = pytest.mark.alone

KNOWLEDGE_BASE_SECONDS = 600.0
"""How long `reconcile` waits for each Knowledge Base."""


class Faults:
    """Records which commands were running when the regions were healed."""

    def __init__(self, commands: Commands) -> None:
        self.commands = commands
        self.running: list[int] | None = None

    def set(self, *_: object, **__: object) -> None:
        """Inject nothing."""

    def heal(self) -> None:
        self.running = self.commands.alive()


def context_with(faults: Faults) -> ScenarioContext:
    observer = SimpleNamespace(serving_role=lambda: "primary")
    load = SimpleNamespace(set_rate=lambda *_: None)
    parts = cast("Any", {"deployment": None, "observer": observer, "load": load})
    return ScenarioContext(**parts, faults=faults, clock=Clock(), progress=NullProgress(), options=())


@pytest.mark.parametrize("options", [("--aws",), ("--directory", "there")])
def test_a_command_marks_its_steps_for_the_scenarios_that_kill_it(options: tuple[str, ...]) -> None:
    assert _environment(options)[STEP_MARKS]


def interrupt_after(seconds: float) -> None:
    threading.Timer(seconds, lambda: os.kill(os.getpid(), signal.SIGINT)).start()


@pytest.mark.parametrize("suspended", [False, True])
def test_an_interrupted_wait_for_a_command_leaves_none_running(commands: Commands, *, suspended: bool) -> None:
    process = CommandProcess(("failover",), options=(), clock=Clock())
    commands.pids(1)
    if suspended:
        process.suspend()
    interrupt_after(0.2)
    with pytest.raises(KeyboardInterrupt):
        process.wait()
    assert commands.alive() == []


def test_every_running_command_has_ended_before_anything_is_restored(
    commands: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(operator_process, "RETRY_PAUSE_SECONDS", 0.0)
    faults = Faults(commands)
    context = context_with(faults)
    first, _ = (context.start_command("failover") for _ in range(2))
    commands.pids(2)
    interrupt_after(0.2)
    with pytest.raises(KeyboardInterrupt):
        first()
    assert len(commands.alive()) == 1
    commands.end_with(0)
    restore(context)
    assert faults.running == []


def test_a_drill_s_programs_carry_the_mark_of_their_rehearsal(commands: Commands, tmp_path: Path) -> None:
    process = CommandProcess(("failover",), options=("--directory", str(tmp_path)), clock=Clock())
    assert {process.pid for process in find_processes(tmp_path)} >= set(commands.pids(1))
    assert LoadTarget(directory=str(tmp_path)).environment()[DIRECTORY_VARIABLE] == str(tmp_path)
    process.kill_and_wait()
    assert find_processes(tmp_path) == ()


def test_a_command_that_waits_has_enough_time(monkeypatch: pytest.MonkeyPatch) -> None:
    timeouts: list[float | None] = []

    class Process:
        stdout = stderr = None

        def __init__(self, *_: object, **__: object) -> None:
            pass

        def wait(self, timeout: float | None = None) -> int:
            timeouts.append(timeout)
            return 0

    monkeypatch.setattr(subprocess, "Popen", Process)
    for command in ("failover", "reconcile", "failback"):
        run_command(command, options=())
    reconcile, failback = LONG_COMMAND_SECONDS["reconcile"], LONG_COMMAND_SECONDS["failback"]
    assert [seconds for seconds in timeouts if seconds] == [90.0, reconcile, failback]
    assert reconcile >= FULL_LISTING_SECONDS + 2 * KNOWLEDGE_BASE_SECONDS
    assert failback > FULL_LISTING_SECONDS


def test_a_command_that_was_killed_is_reported() -> None:
    process = CommandProcess(("--help",), options=(), clock=Clock())
    process.kill()
    result = process.wait(seconds=10)
    assert result.code == -9
    with pytest.raises(StandbyError, match="exit code -9"):
        result.require_success()

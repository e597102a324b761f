"""The operator's commands as programs: none is left behind that would go on when everything is put back."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import psutil
import pytest

from standby.console import NullProgress
from standby.drill import context as stages
from standby.drill.context import ScenarioContext
from standby.drill.load.target import LoadTarget
from standby.drill.measure.records import Clock
from standby.drill.observe.steady_state import NotSteadyError
from standby.drill.operator_process import CommandProcess
from standby.drill.teardown import end_programs, restore, restore_primary
from standby.rehearsal.processes.process import MARK, clean_environment, marked, ours

pytestmark = pytest.mark.alone

SLEEP = "import time; time.sleep(60)"
PROGRAM = """#!{python}
import json, os, pathlib, sys, time
here = pathlib.Path({here!r})
(here / f"{{os.getpid()}}.pid").write_text(os.environ.get({mark!r}, ""))
with (here / "commands").open("a") as commands:
    print(*sys.argv[3:], file=commands)
if not (here / "quick").exists():
    time.sleep(60)
print("{{}}")
sys.exit(int((here / "quick").read_text()))
"""


class Commands:
    """A program in the place of `standby`: it notes that it runs, and runs for a minute unless it is told its end."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.program = directory / "python"
        self.program.write_text(PROGRAM.format(python=sys.executable, here=str(directory), mark=MARK))
        self.program.chmod(0o755)

    def end_with(self, code: int) -> None:
        (self.directory / "quick").write_text(str(code))

    def given(self) -> list[str]:
        return [line.split("--reason")[0].strip() for line in (self.directory / "commands").read_text().splitlines()]

    def pids(self, count: int) -> list[int]:
        deadline = time.monotonic() + 20
        while len(found := list(self.directory.glob("*.pid"))) < count:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        return [int(path.stem) for path in found]

    def alive(self) -> list[int]:
        """Return the programs that have not ended; a zombie has."""
        pids = [int(path.stem) for path in self.directory.glob("*.pid")]
        return [pid for pid in pids if psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE]


@pytest.fixture
def commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Commands]:
    directory = tmp_path / "programs"
    directory.mkdir()
    commands = Commands(directory)
    monkeypatch.setattr("standby.drill.operator_process.sys", SimpleNamespace(executable=str(commands.program)))
    yield commands
    for pid in commands.alive():
        os.kill(pid, signal.SIGKILL)


class Faults:
    """Notes which commands were alive when the regions were healed."""

    def __init__(self, commands: Commands) -> None:
        self.commands = commands
        self.alive: list[int] | None = None

    def set(self, *_: object) -> None:
        """Break nothing."""

    def heal(self) -> None:
        self.alive = self.commands.alive()


def stage_of(faults: Faults) -> ScenarioContext:
    observer = SimpleNamespace(serving=lambda: "primary")
    load_process = SimpleNamespace(rate=lambda *_: None)
    parts = cast("Any", {"deployment": None, "client": None, "observer": observer, "load_process": load_process})
    return ScenarioContext(**parts, faults=faults, clock=Clock(), progress=NullProgress(), options=())


def interrupt_after(seconds: float) -> None:
    threading.Timer(seconds, lambda: os.kill(os.getpid(), signal.SIGINT)).start()


@pytest.mark.parametrize("asleep", [False, True])
def test_who_is_interrupted_while_waiting_for_a_command_leaves_none_behind(commands: Commands, *, asleep: bool) -> None:
    running = CommandProcess(("failover",), options=(), clock=Clock()).listen()
    commands.pids(1)
    if asleep:
        running.sleep()
    interrupt_after(0.2)
    with pytest.raises(KeyboardInterrupt):
        running.wait()
    assert commands.alive() == []


def test_every_command_under_way_has_ended_before_anything_is_put_back(
    commands: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stages, "AGAIN_SECONDS", 0.0)
    faults = Faults(commands)
    context = stage_of(faults)
    first, _ = (context.start("failover") for _ in range(2))
    commands.pids(2)
    interrupt_after(0.2)
    with pytest.raises(KeyboardInterrupt):
        first()
    assert len(commands.alive()) == 1
    commands.end_with(0)
    restore(context)
    assert faults.alive == []


def test_a_drill_s_programs_carry_the_mark_of_their_rehearsal(commands: Commands, tmp_path: Path) -> None:
    running = CommandProcess(("failover",), options=("--directory", str(tmp_path)), clock=Clock()).listen()
    assert {process.pid for process in ours(tmp_path)} >= set(commands.pids(1))
    assert LoadTarget(directory=str(tmp_path)).environment()[MARK] == str(tmp_path)
    running.end()
    assert ours(tmp_path) == ()


def test_the_programs_of_a_drill_that_was_killed_are_ended_also_one_that_sleeps(tmp_path: Path) -> None:
    environment = marked(clean_environment(), directory=tmp_path)
    command, other = (
        subprocess.Popen([sys.executable, "-c", SLEEP, name], env=environment) for name in ("standby", "caddy")
    )
    command.send_signal(signal.SIGSTOP)
    try:
        assert end_programs(tmp_path) == 1
        assert not psutil.pid_exists(command.pid)
        assert other.poll() is None
    finally:
        for process in (command, other):
            process.kill()
            process.wait()


def test_a_drill_that_carries_the_mark_itself_does_not_end_itself(tmp_path: Path) -> None:
    code = "import sys; from pathlib import Path; from standby.drill.teardown import end_programs; "
    code += "print(end_programs(Path(sys.argv[1])))"
    environment = marked(os.environ, directory=tmp_path)
    arguments = [sys.executable, "-c", code, str(tmp_path), "standby"]
    ran = subprocess.run(arguments, env=environment, capture_output=True, text=True, check=True)
    assert ran.stdout == "0\n"


def eyes_of(serving: str) -> Any:  # noqa: ANN401 - stands for Eyes
    region = SimpleNamespace(region="us-east-1")
    deployment = SimpleNamespace(regions={"primary": region, "failover": region})
    return SimpleNamespace(serving=lambda: serving, deployment=deployment)


@pytest.mark.parametrize(
    "serving,killed,wanted",
    [
        ("primary", False, []),
        ("failover", False, ["reconcile --yes", "failback --yes"]),
        ("primary", True, ["reconcile --yes", "failback --yes"]),
    ],
)
def test_users_are_brought_home_where_they_were_left_or_the_last_drill_was_killed(
    commands: Commands, serving: str, wanted: list[str], *, killed: bool
) -> None:
    commands.end_with(0)
    (commands.directory / "commands").touch()
    restore_primary(eyes_of(serving), options=(), progress=NullProgress(), killed=killed)
    assert commands.given() == wanted


def test_what_cannot_be_brought_home_is_said(commands: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("standby.drill.teardown.AGAIN_SECONDS", 0.0)
    commands.end_with(3)
    with pytest.raises(NotSteadyError, match="`standby reconcile` ends with exit code 3") as raised:
        restore_primary(eyes_of("failover"), options=(), progress=NullProgress(), killed=False)
    assert raised.value.exit_code == 3
    assert json.dumps(commands.given()) == json.dumps(["reconcile --yes"] * 4)

"""After a scenario everything is restored as far as possible, and the rest is reported with its remedy."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest
from botocore.exceptions import ClientError

from standby.console import NullProgress
from standby.drill import operator_process
from standby.drill.context import ScenarioContext
from standby.drill.errors import NotRestoredError
from standby.drill.observe.steady_state import NoSteadyStateError
from standby.drill.teardown import end_programs, restore, restore_primary
from standby.rehearsal.processes.process import clean_environment, mark_environment
from tests.standby.drill.helpers import Commands, FakeDeployment, fake_context

pytestmark = pytest.mark.alone

SLEEP = "import time; time.sleep(60)"
DENIED = ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "PutBucketPolicy")


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operator_process, "RETRY_PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(ScenarioContext, "wait_until_answered", lambda *_, **__: True)


def test_each_part_is_tried_even_if_the_one_before_failed() -> None:
    deployment = FakeDeployment({"reconcile": 1}, heal_error=DENIED)
    with pytest.raises(NotRestoredError) as raised:
        restore(fake_context(deployment))
    assert deployment.commands == ["reconcile"] * 4 + ["failback"]
    assert raised.value.message.startswith("NOT restored: the fault (ClientError: ")
    assert "both regions in sync (`standby reconcile` ended with exit code 1: its error)" in raised.value.message
    assert "users in" not in raised.value.message


def test_retries_of_a_command_are_counted() -> None:
    without, with_retries = fake_context(FakeDeployment({})), fake_context(FakeDeployment({"reconcile": 1}))
    restore(without)
    with pytest.raises(NotRestoredError):
        restore(with_retries)
    assert (without.measures["command_retries"], with_retries.measures["command_retries"]) == (0, 3)


def test_each_part_that_was_not_restored_has_its_remedy() -> None:
    with pytest.raises(NotRestoredError, match=r"users in the primary region .*: run `standby failback`"):
        restore(fake_context(FakeDeployment({"failback": 3})))


def test_a_refused_failback_is_forced_only_on_a_real_deployment() -> None:
    real, rehearsed = FakeDeployment({"failback": 3}), FakeDeployment({"failback": 3})
    restore(fake_context(real, force_failback=True))
    with pytest.raises(NotRestoredError):
        restore(fake_context(rehearsed))
    assert real.commands == ["reconcile", "failback", "failback --force"]
    assert not any("--force" in command for command in rehearsed.commands)


def test_all_programs_of_a_killed_drill_are_ended_even_suspended_ones(tmp_path: Path) -> None:
    environment = mark_environment(clean_environment(), directory=tmp_path)
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


def test_a_drill_that_carries_the_mark_does_not_end_itself(tmp_path: Path) -> None:
    code = "import sys; from pathlib import Path; from standby.drill.teardown import end_programs; "
    code += "print(end_programs(Path(sys.argv[1])))"
    environment = mark_environment(os.environ, directory=tmp_path)
    arguments = [sys.executable, "-c", code, str(tmp_path), "standby"]
    ran = subprocess.run(arguments, env=environment, capture_output=True, text=True, check=True)
    assert ran.stdout == "0\n"


def observer_of(serving: str) -> Any:  # noqa: ANN401 - stands for an Observer
    region = SimpleNamespace(region="us-east-1")
    deployment = SimpleNamespace(regions={"primary": region, "failover": region})
    return SimpleNamespace(serving_role=lambda: serving, deployment=deployment)


@pytest.mark.parametrize(
    "serving,killed,expected",
    [
        ("primary", False, []),
        ("failover", False, ["reconcile --yes", "failback --yes"]),
        ("primary", True, ["reconcile --yes", "failback --yes"]),
    ],
)
def test_users_are_moved_back_if_they_are_not_in_the_primary_region_or_the_last_drill_was_killed(
    commands: Commands, serving: str, expected: list[str], *, killed: bool
) -> None:
    commands.end_with(0)
    (commands.directory / "commands").touch()
    restore_primary(observer_of(serving), options=(), progress=NullProgress(), killed=killed)
    assert commands.given() == expected


def test_a_deployment_that_cannot_be_restored_before_a_drill_is_reported(commands: Commands) -> None:
    commands.end_with(3)
    with pytest.raises(NoSteadyStateError, match="`standby reconcile` ended with exit code 3") as raised:
        restore_primary(observer_of("failover"), options=(), progress=NullProgress(), killed=False)
    assert raised.value.exit_code == 3
    assert commands.given() == ["reconcile --yes"] * 4

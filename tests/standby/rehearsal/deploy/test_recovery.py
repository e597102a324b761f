"""From every state that an earlier run may have left, the next one goes on. A program stands in for Terraform."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from standby.errors import RefusedError
from standby.rehearsal.deploy.terraform import TerraformFailedError
from standby.rehearsal.processes.process import ours
from standby.rehearsal.rehearsal import Rehearsal
from tests.standby.rehearsal.helpers import FakeTerraform, configuration

STANDBY = (sys.executable, "-m", "standby", "rehearse")
SYNTAX = {"severity": "error", "summary": "Unsupported argument", "detail": "An argument is wrong.", "address": "x.y"}

EXISTS = {
    "severity": "error",
    "summary": "creating API Gateway Resource: ConflictException",
    "detail": "Another resource with the same parent already has this name: upload",
    "address": "x.y",
}
FUNCTION_EXISTS = {
    "severity": "error",
    "summary": "creating Lambda Function (x): ResourceConflictException: Function already exist: x",
    "detail": "",
    "address": "x.y",
}
GONE = {
    "severity": "error",
    "summary": "deleting CloudWatch Dashboard (x): StatusCode: 404, DashboardNotFoundError: Dashboard x does not exist",
    "detail": "",
    "address": "x.y",
}


def failure(diagnostic: dict[str, str]) -> dict[str, object]:
    return {"code": 1, "events": [{"type": "diagnostic", "diagnostic": diagnostic}]}


@pytest.fixture
def rehearsal(project: Path, fake_terraform: FakeTerraform) -> Iterator[Rehearsal]:
    rehearsal = Rehearsal(project=project)
    yield rehearsal
    rehearsal.down()


def test_a_second_apply_of_the_same_configuration_runs_no_terraform(
    rehearsal: Rehearsal, fake_terraform: FakeTerraform
) -> None:
    first = rehearsal.apply()
    assert rehearsal.apply() == first
    assert fake_terraform.calls() == ["init", "apply"]


def test_a_changed_configuration_is_applied_without_another_init(
    rehearsal: Rehearsal, fake_terraform: FakeTerraform, project: Path
) -> None:
    rehearsal.apply()
    changed = {**configuration(), "output": {"more": {"value": "x"}}}
    (project / "configuration.json").write_text(json.dumps(changed))
    rehearsal.apply()
    assert fake_terraform.calls() == ["init", "apply", "apply"]


def test_a_failed_apply_says_what_terraform_said_and_is_tried_again(
    rehearsal: Rehearsal, fake_terraform: FakeTerraform
) -> None:
    fake_terraform.answer(apply=failure(SYNTAX))
    with pytest.raises(TerraformFailedError, match=r"x\.y: Unsupported argument\n    An argument is wrong\."):
        rehearsal.apply()
    fake_terraform.answer()
    rehearsal.apply()
    assert fake_terraform.calls() == ["init", "apply", "apply"]


def test_a_failed_apply_goes_on_in_the_same_emulator(rehearsal: Rehearsal, fake_terraform: FakeTerraform) -> None:
    fake_terraform.answer(apply=failure(SYNTAX))
    with pytest.raises(TerraformFailedError):
        rehearsal.apply()
    before = rehearsal.emulator
    fake_terraform.answer()
    rehearsal.apply()
    assert rehearsal.emulator == before


def test_an_apply_whose_terraform_was_killed_goes_on_in_a_new_emulator(
    rehearsal: Rehearsal, fake_terraform: FakeTerraform
) -> None:
    fake_terraform.answer(apply={"code": -signal.SIGKILL, "events": []})
    with pytest.raises(TerraformFailedError, match="terraform apply was killed by signal 9"):
        rehearsal.apply()
    before = rehearsal.emulator
    fake_terraform.answer()
    rehearsal.apply()
    assert rehearsal.emulator not in {None, before}


@pytest.mark.parametrize("exists", [EXISTS, FUNCTION_EXISTS], ids=["AWS's words", "the emulator's"])
def test_an_apply_that_meets_resources_that_nobody_knows_is_made_once_more_on_a_new_emulator(
    rehearsal: Rehearsal, fake_terraform: FakeTerraform, exists: dict[str, str]
) -> None:
    rehearsal.start()
    before = rehearsal.emulator
    fake_terraform.answer(apply=failure(exists))
    with pytest.raises(TerraformFailedError, match=r"already (has this name|exist)"):
        rehearsal.apply()
    assert [call for call in fake_terraform.calls() if call == "apply"] == ["apply", "apply"]
    assert rehearsal.emulator not in {None, before}


def test_a_killed_emulator_means_another_apply(rehearsal: Rehearsal, fake_terraform: FakeTerraform) -> None:
    rehearsal.apply()
    killed = rehearsal.emulator
    assert killed is not None
    psutil.Process(killed.identity.pid).kill()
    with pytest.raises(RefusedError, match="not up"):
        _ = rehearsal.outputs
    rehearsal.apply()
    assert fake_terraform.calls() == ["init", "apply", "apply"]
    assert rehearsal.outputs["manifest"]


def test_down_removes_everything_that_it_made_and_nothing_else(rehearsal: Rehearsal) -> None:
    rehearsal.apply()
    keepsake = rehearsal.paths.directory / "notes.txt"
    keepsake.write_text("mine")
    assert rehearsal.down() == 1
    assert list(rehearsal.paths.directory.iterdir()) == [keepsake]
    assert ours(rehearsal.paths.directory) == ()
    keepsake.unlink()
    assert rehearsal.down() == 0


def test_down_removes_its_directory_where_nothing_else_is_in_it(rehearsal: Rehearsal) -> None:
    rehearsal.apply()
    rehearsal.down()
    assert not rehearsal.paths.directory.exists()


def test_down_cleans_up_also_when_terraform_cannot_destroy(rehearsal: Rehearsal, fake_terraform: FakeTerraform) -> None:
    rehearsal.apply()
    fake_terraform.answer(destroy=failure(SYNTAX))
    with pytest.raises(TerraformFailedError, match="terraform destroy failed"):
        rehearsal.down(destroy=True)
    assert ours(rehearsal.paths.directory) == ()
    assert not rehearsal.paths.directory.exists()


def test_down_touches_nothing_while_another_command_holds_the_rehearsal(rehearsal: Rehearsal, project: Path) -> None:
    rehearsal.apply()
    files = sorted(rehearsal.paths.directory.iterdir())
    with rehearsal._held("up"):  # noqa: SLF001 - there is no other way to stand still in the middle of a command
        with pytest.raises(RefusedError):
            Rehearsal(project=project).down()
        assert set(files) <= set(rehearsal.paths.directory.iterdir())
    assert rehearsal.emulator is not None


def test_destroy_leaves_the_emulator_up_and_nothing_applied(
    rehearsal: Rehearsal, fake_terraform: FakeTerraform
) -> None:
    rehearsal.apply()
    rehearsal.destroy()
    assert fake_terraform.calls() == ["init", "apply", "destroy"]
    assert rehearsal.emulator is not None
    with pytest.raises(RefusedError, match="not applied"):
        _ = rehearsal.outputs


def test_a_destroy_that_is_told_of_a_resource_that_is_gone_is_made_once_more(
    rehearsal: Rehearsal, fake_terraform: FakeTerraform
) -> None:
    rehearsal.apply()
    fake_terraform.answer(destroy=failure(GONE))
    with pytest.raises(TerraformFailedError, match="Dashboard x does not exist"):
        rehearsal.destroy()
    assert fake_terraform.calls() == ["init", "apply", "destroy", "destroy"]


def test_a_second_command_is_told_who_holds_the_rehearsal(rehearsal: Rehearsal, project: Path) -> None:
    with (
        rehearsal._held("up"),  # noqa: SLF001 - there is no other way to stand still in the middle of a command
        pytest.raises(RefusedError, match=rf"`standby rehearse up`, process {os.getpid()}, since 20"),
    ):
        Rehearsal(project=project).down()


INTERRUPTED_TERRAFORM = """#!{python}
import json, os, pathlib, signal, sys, time
here = pathlib.Path(__file__).parent
if sys.argv[1] == "version":
    print(json.dumps({{"terraform_version": "1.11.4"}}))
    sys.exit()
if sys.argv[1] == "init":
    sys.exit()
def end(*_):
    (here / "ended").write_text("in good order")
    sys.exit(1)
signal.signal(signal.SIGINT, end)
(here / "applying").touch()
time.sleep(60)
"""


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_apply_ends_in_good_order_and_the_next_one_starts_afresh(
    how: signal.Signals, rehearsal: Rehearsal, fake_terraform: FakeTerraform, project: Path, tmp_path: Path
) -> None:
    programs = tmp_path / "programs"
    (programs / "terraform").write_text(INTERRUPTED_TERRAFORM.format(python=sys.executable))
    command = (*STANDBY, "--project", str(project), "up")
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        deadline = time.monotonic() + 20
        while not (programs / "applying").exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(how)
        output, errors = process.communicate(timeout=20)
    assert process.returncode == 1
    assert (programs / "ended").read_text() == "in good order"
    assert output == ""
    assert "Error: Interrupted." in errors
    assert "Traceback" not in errors
    before = rehearsal.emulator
    fake_terraform.install()
    rehearsal.apply()
    assert rehearsal.emulator not in {before, None}


def test_a_terraform_that_outlived_its_command_is_ended_by_down(
    rehearsal: Rehearsal, fake_terraform: FakeTerraform, project: Path, tmp_path: Path
) -> None:
    programs = tmp_path / "programs"
    (programs / "terraform").write_text(INTERRUPTED_TERRAFORM.format(python=sys.executable))
    command = (*STANDBY, "--project", str(project), "up")
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 20
        while not (programs / "applying").exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        process.kill()
    assert rehearsal.down() == 2
    assert ours(rehearsal.paths.directory) == ()

"""A command continues from every state that an earlier one may leave. A fake program replaces Terraform."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from standby.deadline import poll
from standby.errors import NoDeploymentError, RefusedError
from standby.rehearsal.deploy import watch
from standby.rehearsal.deploy.terraform import OTHER_DEPLOYMENT, TerraformFailedError
from standby.rehearsal.deploy.watch import EmulatorEndedError
from standby.rehearsal.processes.process import find_processes
from standby.rehearsal.rehearsal import Rehearsal
from tests.constructs.plan import ROOT, Plan
from tests.standby.helpers import words
from tests.standby.manifests import manifest_text
from tests.standby.rehearsal.deploy.helpers import FakeTerraform, configuration

KILL_SECONDS = 20.0
"""Far below the 600 s of the provider, and above the start of an emulator on a busy machine."""

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
MISSING = {
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


def test_a_failed_apply_has_terraforms_error_and_is_tried_again(
    rehearsal: Rehearsal, fake_terraform: FakeTerraform
) -> None:
    fake_terraform.respond(apply=failure(SYNTAX))
    with pytest.raises(TerraformFailedError, match=r"x\.y: Unsupported argument\n    An argument is wrong\."):
        rehearsal.apply()
    fake_terraform.respond()
    rehearsal.apply()
    assert fake_terraform.calls() == ["init", "apply", "apply"]


def test_a_rehearsal_with_other_permanent_settings_may_start_again(
    rehearsal: Rehearsal, fake_terraform: FakeTerraform
) -> None:
    settings = "This state belongs to a deployment with regions.primary = us-west-2, and the settings have us-east-2."
    fake_terraform.respond(apply=failure({"summary": "Resource postcondition failed", "detail": settings}))
    with pytest.raises(TerraformFailedError, match=r"regions\.primary = us-west-2") as raised:
        rehearsal.apply()
    assert "`standby rehearse down`, `standby rehearse up`" in raised.value.hint


def test_the_words_of_that_refusal_are_those_of_the_stack(plan: Plan) -> None:
    (kept,) = plan.document["resource"]["terraform_data"].values()
    messages = [condition["error_message"] for condition in kept["lifecycle"]["postcondition"]]
    assert all(OTHER_DEPLOYMENT in message for message in messages)


def test_a_failed_apply_continues_in_the_same_emulator(rehearsal: Rehearsal, fake_terraform: FakeTerraform) -> None:
    fake_terraform.respond(apply=failure(SYNTAX))
    with pytest.raises(TerraformFailedError):
        rehearsal.apply()
    before = rehearsal.emulator
    fake_terraform.respond()
    rehearsal.apply()
    assert rehearsal.emulator == before


def test_after_a_killed_apply_the_next_one_uses_a_new_emulator(
    rehearsal: Rehearsal, fake_terraform: FakeTerraform
) -> None:
    fake_terraform.respond(apply={"code": -signal.SIGKILL, "events": []})
    with pytest.raises(TerraformFailedError, match="terraform apply was killed by signal 9"):
        rehearsal.apply()
    before = rehearsal.emulator
    fake_terraform.respond()
    rehearsal.apply()
    assert rehearsal.emulator not in {None, before}


@pytest.mark.parametrize("seconds,code", [(600, 0), (0, 1)], ids=["the provider retries", "Terraform fails first"])
def test_an_emulator_that_is_killed_during_an_apply_ends_it_within_seconds(
    rehearsal: Rehearsal, fake_terraform: FakeTerraform, seconds: int, code: int
) -> None:
    fake_terraform.respond(apply={"code": code, "events": [], "signals": [(signal.SIGKILL, seconds)]})
    began = time.monotonic()
    with pytest.raises(EmulatorEndedError) as raised:
        rehearsal.apply()
    assert time.monotonic() - began < KILL_SECONDS
    assert re.fullmatch(r"The emulator \(process \d+\) ended during terraform apply\.", raised.value.message)
    assert str(rehearsal.paths.emulator_log) in raised.value.hint
    assert find_processes(rehearsal.paths.directory) == ()
    fake_terraform.respond()
    rehearsal.apply()
    assert rehearsal.outputs["manifest"]


def test_an_emulator_that_hangs_during_an_apply_ends_it_within_seconds(
    rehearsal: Rehearsal, fake_terraform: FakeTerraform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "HUNG_SECONDS", 2.0)
    fake_terraform.respond(apply={"code": 0, "events": [], "signals": [(signal.SIGSTOP, 600)]})
    began = time.monotonic()
    with pytest.raises(EmulatorEndedError) as raised:
        rehearsal.apply()
    assert time.monotonic() - began < KILL_SECONDS
    expected = (
        r"The emulator \(process \d+\) gave no answer for 2 s during terraform apply\.( This machine is busy .*)?"
    )
    assert re.fullmatch(expected, raised.value.message)
    assert rehearsal.down() >= 0
    assert find_processes(rehearsal.paths.directory) == ()
    fake_terraform.respond()
    rehearsal.apply()
    assert rehearsal.outputs["manifest"]


def test_an_emulator_that_is_slow_during_an_apply_does_not_end_it(
    rehearsal: Rehearsal, fake_terraform: FakeTerraform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "HUNG_SECONDS", 3.0)
    slow = [(signal.SIGSTOP, 1.5), (signal.SIGCONT, 1)] * 3
    outputs = [{"type": "outputs", "outputs": {"manifest": {"value": "{}"}}}]
    fake_terraform.respond(apply={"code": 0, "events": outputs, "signals": slow})
    rehearsal.apply()


@pytest.mark.parametrize("exists", [EXISTS, FUNCTION_EXISTS], ids=["AWS's words", "the emulator's"])
def test_an_apply_that_finds_resources_outside_of_the_state_is_repeated_on_a_new_emulator(
    rehearsal: Rehearsal, fake_terraform: FakeTerraform, exists: dict[str, str]
) -> None:
    rehearsal.start()
    before = rehearsal.emulator
    fake_terraform.respond(apply=failure(exists))
    with pytest.raises(TerraformFailedError, match=r"already (has this name|exist)"):
        rehearsal.apply()
    assert [call for call in fake_terraform.calls() if call == "apply"] == ["apply", "apply"]
    assert rehearsal.emulator not in {None, before}


def test_a_killed_emulator_means_another_apply(rehearsal: Rehearsal, fake_terraform: FakeTerraform) -> None:
    rehearsal.apply()
    killed = rehearsal.emulator
    assert killed is not None
    process = psutil.Process(killed.identity.pid)
    process.kill()
    process.wait()
    with pytest.raises(RefusedError, match="not up"):
        _ = rehearsal.outputs
    rehearsal.apply()
    assert fake_terraform.calls() == ["init", "apply", "apply"]
    assert rehearsal.outputs["manifest"]


def test_an_emulator_that_is_too_busy_to_respond_is_up(rehearsal: Rehearsal) -> None:
    rehearsal.apply()
    emulator = rehearsal.emulator
    assert emulator is not None
    process = psutil.Process(emulator.identity.pid)
    process.suspend()
    try:
        assert rehearsal.endpoint == emulator.endpoint
        assert rehearsal.outputs["manifest"]
    finally:
        process.resume()


def test_down_removes_its_own_files_and_nothing_else(rehearsal: Rehearsal) -> None:
    rehearsal.apply()
    keepsake = rehearsal.paths.directory / "notes.txt"
    keepsake.write_text("mine")
    assert rehearsal.down() == 1
    assert list(rehearsal.paths.directory.iterdir()) == [keepsake]
    assert find_processes(rehearsal.paths.directory) == ()
    keepsake.unlink()
    assert rehearsal.down() == 0


def run_without_space(rehearsal: Rehearsal, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run a command that can create files and cannot write into them, as on a full disk."""
    command = [*STANDBY, "--directory", str(rehearsal.paths.directory), *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        ["bash", "-c", 'ulimit -f 0; exec "$@"', "bash", *command],
        cwd=rehearsal.paths.project,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_down_frees_the_space_of_a_full_disk(rehearsal: Rehearsal) -> None:
    rehearsal.apply()
    ran = run_without_space(rehearsal, "down")
    assert (ran.returncode, words(ran.stdout)) == (0, "The rehearsal in .rehearsal is down.")
    assert not rehearsal.paths.directory.exists()
    assert find_processes(rehearsal.paths.directory) == ()


def test_a_fault_on_a_full_disk_is_one_line_and_nothing_is_broken(rehearsal: Rehearsal) -> None:
    rehearsal.apply()
    ran = run_without_space(rehearsal, "fault", "region-down", "primary")
    assert ran.returncode in {1, 3}
    assert "Traceback" not in ran.stderr
    assert len(ran.stderr.strip().splitlines()) <= 5  # with long paths


@pytest.mark.parametrize("damage", ["", "{", "7", '{"emulator": {"identity": {"pid": -1}, "port": "x"}}', "\x00" * 99])
def test_a_damaged_record_stops_neither_down_nor_up(rehearsal: Rehearsal, damage: str) -> None:
    rehearsal.apply()
    records = (rehearsal.paths.emulator_record, rehearsal.paths.applied_record, rehearsal.paths.faults_record)
    for path in records:
        path.write_text(damage)
    rehearsal.apply()
    for path in records:
        path.write_text(damage)
    rehearsal.down()
    assert find_processes(rehearsal.paths.directory) == ()
    assert not rehearsal.paths.directory.exists()


def test_down_removes_its_directory_if_nothing_else_is_in_it(rehearsal: Rehearsal) -> None:
    rehearsal.apply()
    rehearsal.down()
    assert not rehearsal.paths.directory.exists()


def test_down_cleans_up_even_if_terraform_cannot_destroy(rehearsal: Rehearsal, fake_terraform: FakeTerraform) -> None:
    rehearsal.apply()
    fake_terraform.respond(destroy=failure(SYNTAX))
    with pytest.raises(TerraformFailedError, match="terraform destroy failed"):
        rehearsal.down(destroy=True)
    assert find_processes(rehearsal.paths.directory) == ()
    assert not rehearsal.paths.directory.exists()


def test_down_changes_nothing_while_another_command_has_the_lock(rehearsal: Rehearsal, project: Path) -> None:
    rehearsal.apply()
    files = sorted(rehearsal.paths.directory.iterdir())
    with rehearsal._lock("up"):  # noqa: SLF001 - there is no other way to pause a command
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


def test_a_destroy_that_finds_a_resource_missing_is_repeated(
    rehearsal: Rehearsal, fake_terraform: FakeTerraform
) -> None:
    rehearsal.apply()
    fake_terraform.respond(destroy=failure(MISSING))
    with pytest.raises(TerraformFailedError, match="Dashboard x does not exist"):
        rehearsal.destroy()
    assert fake_terraform.calls() == ["init", "apply", "destroy", "destroy"]


def test_the_error_of_a_second_command_names_the_process_with_the_lock(rehearsal: Rehearsal, project: Path) -> None:
    with (
        rehearsal._lock("up"),  # noqa: SLF001 - there is no other way to pause a command
        pytest.raises(RefusedError, match=rf"standby rehearse up, process {os.getpid()}, since 20"),
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
    (here / "ended").write_text("cleanly")
    sys.exit(1)
signal.signal(signal.SIGINT, end)
(here / "applying").touch()
time.sleep(60)
"""


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_apply_stops_cleanly_and_the_next_one_uses_a_new_emulator(
    how: signal.Signals, rehearsal: Rehearsal, fake_terraform: FakeTerraform, project: Path, tmp_path: Path
) -> None:
    programs = tmp_path / "programs"
    (programs / "terraform").write_text(INTERRUPTED_TERRAFORM.format(python=sys.executable))
    command = (*STANDBY, "--project", str(project), "up")
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        poll((programs / "applying").exists, seconds=20, pause=0.05)
        process.send_signal(how)
        output, errors = process.communicate(timeout=20)
    assert process.returncode == 1
    assert (programs / "ended").read_text() == "cleanly"
    assert output == ""
    assert "Error: Interrupted." in errors
    assert "Traceback" not in errors
    before = rehearsal.emulator
    fake_terraform.install()
    rehearsal.apply()
    assert rehearsal.emulator not in {before, None}


def test_down_stops_a_terraform_that_outlived_its_command(
    rehearsal: Rehearsal, fake_terraform: FakeTerraform, project: Path, tmp_path: Path
) -> None:
    programs = tmp_path / "programs"
    (programs / "terraform").write_text(INTERRUPTED_TERRAFORM.format(python=sys.executable))
    command = (*STANDBY, "--project", str(project), "up")
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        poll((programs / "applying").exists, seconds=20, pause=0.05)
        process.kill()
    assert rehearsal.down() == 2
    assert find_processes(rehearsal.paths.directory) == ()


def test_settings_of_another_deployment_change_nothing_of_the_one_that_is_up(
    rehearsal: Rehearsal, fake_terraform: FakeTerraform, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The plan was refused after half a minute, and the rehearsal could not be used any more."""
    rehearsal.apply()
    record = json.loads(rehearsal.paths.applied_record.read_text())
    record["outputs"] = {"manifest": manifest_text()}
    rehearsal.paths.applied_record.write_text(json.dumps(record))
    calls = fake_terraform.calls()
    other = rehearsal.paths.project / "dev.toml"
    other.write_text('name = "chatbot-dev"\n')
    monkeypatch.chdir(rehearsal.paths.project)
    match = r"dev.toml describes chatbot-dev in .*, and the rehearsal in .* has"
    with pytest.raises(NoDeploymentError, match=match) as raised:
        Rehearsal(project=rehearsal.paths.project, settings=other).apply()
    assert f"--directory {rehearsal.paths.directory.name}-chatbot-dev up`" in raised.value.hint
    assert "Set STANDBY_SETTINGS to the settings file of chatbot, if you mean this rehearsal." in raised.value.hint
    assert json.loads(rehearsal.paths.applied_record.read_text()) == record
    assert fake_terraform.calls() == calls

"""`standby rehearse`: exit codes, one clear message for each error, and no traceback."""

import importlib
import json
import time
from pathlib import Path
from unittest.mock import create_autospec

import pytest
from click.testing import CliRunner, Result

from docs.field_table import field_table
from standby.cli.main import cli
from standby.deployment.sessions import EmulatorSession
from standby.json_model import JsonModel
from standby.rehearsal.deploy.terraform import Changes
from standby.rehearsal.emulator.sickness import Sickness
from standby.rehearsal.identity.access import Access
from standby.rehearsal.network.network import LocalUrls
from standby.rehearsal.rehearsal import Rehearsal
from standby.rehearsal.report import Report, Status
from tests.constructs.plan import ROOT
from tests.standby.helpers import words
from tests.standby.manifests import manifest_text
from tests.standby.rehearsal.deploy.helpers import FakeTerraform
from tests.standby.rehearsal.network.helpers import SmallRehearsal, distribution_config


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["rehearse", *arguments])


NOT_UP = "Error: The rehearsal in .rehearsal is not up. Run `standby rehearse up`."


@pytest.fixture
def here(project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(project)
    return project


def test_outside_a_project_the_usage_is_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = run("status")
    assert result.exit_code == 2
    assert result.stderr.startswith("Error: No project found:")


def test_help_works_outside_a_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = run("up", "--help")
    assert result.exit_code == 0
    assert "--json" in result.stdout


def test_a_project_is_found_from_a_directory_below(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    below = here / "a" / "b"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    assert run("status").exit_code == 3


def test_status_without_a_rehearsal_exits_with_3_and_names_the_next_command(here: Path) -> None:
    result = run("status")
    said = "The rehearsal in .rehearsal is not up. Run `standby rehearse up`."
    assert (result.exit_code, words(result.stdout)) == (3, said)


def test_status_as_json_prints_nothing_else(here: Path) -> None:
    result = run("status", "--json")
    assert result.exit_code == 3
    assert json.loads(result.stdout) == {
        **Status(directory=str(here / ".rehearsal"), endpoint=None).as_json(),
        "up": False,
        "applied": False,
    }


@pytest.mark.parametrize("arguments", [["status"], ["logs"]])
def test_the_hint_of_a_rehearsal_that_is_not_up_starts_the_one_that_was_asked_about(
    here: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    result = run("--directory", str(here / "other one"), *arguments)
    assert "Run `standby rehearse --directory 'other one' up`." in words(result.output)
    monkeypatch.chdir(here.parent)
    outside = run("--project", str(here), *arguments)
    assert f"Run `standby rehearse --project {here} up`." in words(outside.output)


def test_status_names_the_deployment_and_the_directory_of_the_rehearsal_first(small: SmallRehearsal) -> None:
    directory = str(small.rehearsal.paths.directory)
    shown = words(small.command("status").stdout)
    assert shown.startswith(f"REHEARSAL in {small.rehearsal.paths.shown}: small The rehearsal is up: ")
    document = json.loads(small.command("status", "--json").stdout)
    assert (document["directory"], document["name"]) == (directory, "small")


def test_status_shows_site_edge_and_faults(small: SmallRehearsal) -> None:
    small.rehearsal.faults.set("slow", "failover", milliseconds=5)
    result = small.command("status")
    assert result.exit_code == 0, result.stderr
    assert f"site:         {small.site}\n" in result.stdout
    assert "edge:         https://127.0.0.1:" in result.stdout
    assert "fault:        slow by 5 ms in the failover region, since " in result.stdout
    (fault,) = json.loads(small.command("status", "--json").stdout)["faults"]
    assert (fault["kind"], fault["role"], fault["milliseconds"]) == ("slow", "failover", 5)


def test_a_region_s_name_stands_for_its_role(small: SmallRehearsal) -> None:
    named = small.command("fault", "api-errors", "us-west-2")
    assert named.exit_code == 0, named.stderr
    assert "in the primary region (us-west-2)" in named.stdout
    assert "api-errors" in small.command("heal", "us-west-2").stdout
    for command in (("fault", "api-errors"), ("heal",)):
        other = small.command(*command, "eu-west-1")
        assert other.exit_code == 2
        assert "'eu-west-1' is no region of this deployment." in other.stderr
        assert "us-west-2 (primary), us-east-1 (failover)" in other.stderr


def test_the_commands_for_faults_print_what_they_did(small: SmallRehearsal) -> None:
    assert small.command("heal").stdout == "No fault is set.\n"
    result, paths = small.command("fault", "api-errors", "primary"), small.rehearsal.paths
    heal = f"standby rehearse --project {paths.project} --directory {paths.directory} heal primary"
    assert words(result.stdout) == f"api-errors is set in the primary region (us-west-2). `{heal}` heals it."
    assert small.command("heal", "failover").stdout == "No fault is set.\n"
    assert small.command("heal", "primary").stdout.startswith("Healed: api-errors in the primary region, since ")
    assert small.rehearsal.faults.active() == ()


def test_a_sick_region_is_set_shown_and_healed_with_its_mode_and_calls(small: SmallRehearsal) -> None:
    result = small.command("fault", "sick", "primary", "--mode", "html", "--call", "s3:PutObject", "--call", "ssm")
    assert result.exit_code == 0, result.stderr
    shown = "sick (html for s3:PutObject, ssm) in the primary region, since "
    assert f"fault: {shown}" in f"{words(small.command('status').stdout)} "
    (fault,) = json.loads(small.command("status", "--json").stdout)["faults"]
    assert (fault["mode"], fault["calls"]) == ("html", ["s3:PutObject", "ssm"])
    assert small.command("heal").stdout.startswith(f"Healed: {shown}")


@pytest.mark.parametrize(
    "arguments,message",
    [
        (["sick", "primary"], "sick needs --mode MODE."),
        (["sick", "primary", "--call", "s3"], "--call needs --mode MODE."),
        (["sick", "primary", "--mode", "html", "--call", "s4"], "'s4' is not one of"),
        (["sick", "primary", "--mode", "html", "--milliseconds", "5"], "sick has no --milliseconds. Only slow has it."),
        (["slow", "primary", "--milliseconds", "5", "--mode", "html"], "slow has no --mode and no --call."),
    ],
)
def test_an_option_that_is_missing_or_of_another_fault_is_a_wrong_usage(
    small: SmallRehearsal, arguments: list[str], message: str
) -> None:
    result = small.command("fault", *arguments)
    assert result.exit_code == 2
    assert message in result.stderr
    assert small.rehearsal.faults.active() == ()


def test_a_fault_for_some_seconds_is_healed_by_its_own_command(small: SmallRehearsal) -> None:
    result = small.command("fault", "s3-errors", "failover", "--seconds", "0.05")
    assert result.exit_code == 0, result.stderr
    assert result.stdout.startswith("Healed: s3-errors in the failover region, since ")
    assert small.rehearsal.faults.active() == ()


def test_slow_without_a_time_is_a_wrong_usage(small: SmallRehearsal) -> None:
    result = small.command("fault", "slow", "primary")
    assert result.exit_code == 2
    assert "--milliseconds N" in result.stderr


@pytest.mark.parametrize("arguments", [["fault", "region-down", "primary"], ["fault", "slow", "primary"]])
def test_no_fault_can_be_set_without_a_rehearsal(here: Path, arguments: list[str]) -> None:
    result = run(*arguments, *(["--milliseconds", "5"] if "slow" in arguments else []))
    assert (result.exit_code, words(result.stderr)) == (3, NOT_UP)
    assert not (here / ".rehearsal").exists()


@pytest.mark.parametrize("arguments", [["env"], ["logs"], ["logs", "query"]])
def test_a_command_that_needs_a_rehearsal_is_refused_without_one(here: Path, arguments: list[str]) -> None:
    result = run(*arguments)
    assert result.exit_code == 3
    assert result.stdout == ""
    assert words(result.stderr) == NOT_UP


def test_down_without_a_rehearsal_succeeds(here: Path) -> None:
    result = run("down")
    assert (result.exit_code, words(result.stdout)) == (0, "The rehearsal in .rehearsal was not up.")
    assert not (here / ".rehearsal").exists()


def test_a_missing_terraform_is_one_message_with_version_and_url(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(here))
    result = run("up")
    assert result.exit_code == 3
    said = "Error: terraform or tofu is missing: version 1.10 or newer and below 2 is needed. Install it"
    assert said in words(result.stderr)
    assert "https://developer.hashicorp.com/terraform/install" in result.stderr
    assert not (here / ".rehearsal" / "emulator.json").exists()


@pytest.mark.parametrize("version", ["1.4.9", "2.0.0"])
def test_an_unsupported_version_of_terraform_is_refused(
    here: Path, fake_terraform: FakeTerraform, version: str
) -> None:
    fake_terraform.respond(version=version)
    result = run("up")
    assert result.exit_code == 3
    assert f"terraform {version} (" in words(result.stderr)
    assert ") is not supported: version 1.10 or newer and below 2 is needed." in words(result.stderr)


def test_refused_settings_are_a_wrong_usage(here: Path, fake_terraform: FakeTerraform) -> None:
    (here / "main.py").write_text("import sys; sys.exit(print('standby.toml: name: wrong', file=sys.stderr) or 2)")
    result = run("up")
    assert result.exit_code == 2
    assert "Error: standby.toml: name: wrong\n" in result.stderr


def test_a_failing_program_is_one_line_and_its_traceback_is_in_a_file(
    here: Path, fake_terraform: FakeTerraform
) -> None:
    (here / "main.py").write_text("raise ValueError('the stack is \x1b[2J wrong')")
    result = run("up")
    assert result.exit_code == 1
    log = here / ".rehearsal" / "synthesis.log"
    said = f"main.py failed with exit code 1: the stack is \\x1b[2J wrong The complete output is in {log}."
    assert words(result.stderr).endswith(f"Error: {said}")
    assert "Traceback" not in result.stderr
    assert log.read_text().startswith("Traceback (most recent call last):")
    run("down")
    assert not log.exists()


def test_a_refusal_of_the_program_is_one_line_and_exit_code_3(here: Path, fake_terraform: FakeTerraform) -> None:
    (here / "main.py").write_text("import sys; sys.exit(print('cdktf.out is of another state', file=sys.stderr) or 3)")
    result = run("up")
    assert (result.exit_code, "Error: cdktf.out is of another state\n" in result.stderr) == (3, True)


def test_a_missing_package_is_one_message_with_the_install_command(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_: str) -> None:
        raise ModuleNotFoundError("No module named 'psutil'", name="psutil")

    monkeypatch.setattr(importlib, "import_module", missing)
    result = run("status")
    assert result.exit_code == 3
    assert result.stderr == (
        "Error: The Python package psutil is missing.\n  Get it: pip install 'warm-standby[rehearsal]'\n"
    )


def test_up_reports_each_check_as_json_and_fails_when_one_failed(here: Path, fake_terraform: FakeTerraform) -> None:
    samples = here / "examples" / "documents"
    samples.mkdir(parents=True)
    (samples / "rehearsal.toml").write_text(
        '[[document]]\nfile = "a.md"\nupload_to = "primary"\nquestion = "What?"\nanswer = ""\n'
    )
    (samples / "a.md").write_text("Something.")
    manifest = json.loads(manifest_text())
    try:
        emulator = Rehearsal(project=here).start().emulator
        client = EmulatorSession(region="us-east-1", endpoint=emulator.endpoint).client("cloudfront")
        buckets = {role: region["frontendBucket"] for role, region in manifest["regions"].items()}
        created = client.create_distribution(DistributionConfig=distribution_config(client, buckets))["Distribution"]
        manifest["site"] |= {"url": f"https://{created['DomainName']}", "distributionId": created["Id"]}
        outputs = {"manifest": {"value": json.dumps(manifest)}}
        fake_terraform.respond(apply={"code": 0, "events": [{"type": "outputs", "outputs": outputs}]})
        result = run("up", "--json")
        assert result.exit_code == 1, result.stderr
        report = json.loads(result.stdout)
        assert report["passed"] is False
        assert printed_paths(report) == set(field_table(Report))
        assert {check["result"] for check in report["checks"]} == {"failed"}
        assert "Traceback" not in result.stderr
    finally:
        assert run("down").exit_code == 0


@pytest.mark.parametrize("signs_in", [True, False])
@pytest.mark.usefixtures("here")
def test_where_users_sign_in_up_prints_a_question_with_a_token(monkeypatch: pytest.MonkeyPatch, signs_in: bool) -> None:  # noqa: FBT001 - data
    address = "http://127.0.0.1:1/"
    urls = LocalUrls(site=address, edge=address, primary_api=address, failover_api=address)
    report = Report(checks=(), endpoint=address, urls=urls, resources=0, changes=Changes(), seconds={})
    access = create_autospec(Access, instance=True) if signs_in else None
    monkeypatch.setattr(Rehearsal, "up", lambda *_, **__: report)
    monkeypatch.setattr(Rehearsal, "access", access)
    result = run("up")
    assert result.exit_code == 0, result.stderr
    assert ("Authorization: Bearer $(" in result.stdout) == signs_in


def test_ctrl_c_ends_logs_follow_without_an_error(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = here / ".rehearsal" / "ministack.log"
    log.parent.mkdir()
    log.write_text("one\ntwo\n")

    def interrupted(_: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(time, "sleep", interrupted)
    result = run("logs", "--follow", "-n", "1")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "two\n", "")


@pytest.mark.parametrize("model", [Status, Report])
def test_every_documented_field_is_in_the_docs(model: type[JsonModel]) -> None:
    """`cog` writes them there."""
    text = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    rows = [f"| `{path}` | {description} |" for path, description in field_table(model).items()]
    assert rows
    assert [row for row in rows if row not in text] == []


def test_the_documented_fields_of_status_are_the_printed_ones(small: SmallRehearsal) -> None:
    small.rehearsal.faults.set("sick", "failover", sickness=Sickness(mode="html", calls=("api",)))
    document = json.loads(small.command("status", "--json").stdout)
    of_sign_in = {name for name in field_table(Status) if name.startswith("users.")}
    assert printed_paths(document) == set(field_table(Status)) - of_sign_in
    assert of_sign_in


def printed_paths(value: object, path: str = "") -> set[str]:
    """Return the paths of the printed fields as the docs name them."""
    if isinstance(value, list):
        objects = [item for item in value if isinstance(item, dict)]
        return {f"{path}[]"}.union(*(printed_paths(item, f"{path}[].") for item in objects))
    if not isinstance(value, dict) or path in {"documents", "seconds"}:
        return {path}
    prefix = f"{path}." if path and not path.endswith(".") else path
    fields = {name for inner, item in value.items() for name in printed_paths(item, f"{prefix}{inner}")}
    return fields | ({path} if path in {"urls", "changes"} else set())

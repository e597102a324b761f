"""Where a plan comes from: a file, its JSON, or Terraform itself."""

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from standby.cli.main import cli
from standby.errors import BadUsageError, StandbyError
from standby.review.terraform import Workspace, read_plan_file
from standby.stack.synthesis import REHEARSED_STACK
from tests.standby.helpers import words
from tests.standby.review.helpers import change_document, document_of

GROUP = "aws_cloudwatch_log_group"
PLAN = document_of(
    *(
        change_document(GROUP, f"{role}_a_0000000{number}", {"retention_in_days": 30}, {"retention_in_days": 1})
        for number, role in enumerate(("primary", "failover"))
    )
)
STAND_IN = """#!/bin/sh
case "$1" in
  version) echo '{"terraform_version": "1.11.4"}' ;;
  show) cat plan.json ;;
  plan) for last; do :; done; printf 'PK' > "${last#-out=}" ;;
esac
"""
"""Terraform, as far as a review calls it."""


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    program = tmp_path / "bin" / "terraform-stand-in"
    program.parent.mkdir()
    program.write_text(STAND_IN)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", os.pathsep.join((str(program.parent), os.environ["PATH"])))
    monkeypatch.setenv("TERRAFORM_BINARY_NAME", program.name)
    directory = tmp_path / "stack"
    directory.mkdir()
    (directory / ".terraform").mkdir()
    (directory / "cdk.tf.json").write_text("{}")
    (directory / "plan.json").write_text(json.dumps(PLAN))
    return Workspace(directory=directory)


def test_the_json_of_a_plan_is_read_as_it_is(workspace: Workspace) -> None:
    assert read_plan_file(workspace.directory / "plan.json", workspace) == PLAN


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_the_json_of_a_plan_may_be_what_powershell_writes(workspace: Workspace, tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "encoded.json"
    path.write_bytes(json.dumps(document_of(), indent=1).encode(encoding))
    assert read_plan_file(path, workspace) == document_of()


def test_a_plan_file_is_shown_by_terraform(workspace: Workspace, tmp_path: Path) -> None:
    file = tmp_path / "plan.tfplan"
    workspace.make_plan(file)
    assert read_plan_file(file, workspace) == PLAN


@pytest.mark.parametrize(
    "content, said",
    [
        (b"", "neither a plan file nor its JSON"),
        (b"No changes.", "neither a plan file nor its JSON"),
        (json.dumps(PLAN).encode()[:300], "not complete JSON"),
        (b'{"a": \xff}', "neither a plan file nor its JSON"),
        (b'{"a":' * 100_000, "JSON|nested"),
    ],
    ids=["empty", "text", "truncated", "bytes", "deep"],
)
def test_what_is_no_plan_is_refused_and_not_reviewed(
    content: bytes, said: str, workspace: Workspace, tmp_path: Path
) -> None:
    file = tmp_path / "plan"
    file.write_bytes(content)
    with pytest.raises(BadUsageError, match=said):
        read_plan_file(file, workspace)


def test_a_missing_file_is_refused(workspace: Workspace, tmp_path: Path) -> None:
    with pytest.raises(BadUsageError, match="cannot be read"):
        read_plan_file(tmp_path / "none", workspace)


def test_a_failure_of_terraform_is_told_with_the_end_of_its_output(workspace: Workspace, tmp_path: Path) -> None:
    (workspace.directory / "plan.json").unlink()
    file = tmp_path / "plan.tfplan"
    file.write_bytes(b"PK")
    with pytest.raises(StandbyError, match=r"show` failed in .*stack:\n.*plan.json"):
        read_plan_file(file, workspace)


def test_without_a_synthesized_stack_the_next_command_is_named(workspace: Workspace, tmp_path: Path) -> None:
    (workspace.directory / "cdk.tf.json").unlink()
    with pytest.raises(BadUsageError, match=r"no synthesized stack in .*stack, so Terraform cannot plan") as raised:
        workspace.make_plan(tmp_path / "plan.tfplan")
    assert "`make synth`" in raised.value.hint
    assert f"`terraform -chdir={workspace.directory} init`" in raised.value.hint


def test_without_terraform_init_the_next_command_is_named(workspace: Workspace, tmp_path: Path) -> None:
    (workspace.directory / ".terraform").rmdir()
    with pytest.raises(BadUsageError, match="is not initialized") as raised:
        workspace.make_plan(tmp_path / "plan.tfplan")
    assert f"`terraform-stand-in -chdir={workspace.directory} init`" in raised.value.hint


def test_an_account_s_plan_is_never_that_of_the_rehearsal_s_stack(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the rehearsal's stack is there, as after `make rehearse`."""
    monkeypatch.chdir(tmp_path)
    rehearsed = tmp_path / REHEARSED_STACK
    (rehearsed / ".terraform").mkdir(parents=True)
    (rehearsed / "cdk.tf.json").write_text("{}")
    for options in (["--aws", "review"], ["review", "--offline"], ["--aws", "review", "--offline"]):
        ran = CliRunner().invoke(cli, options)
        assert ran.exit_code == 2, ran.output
        assert "Terraform plans in" not in ran.stderr
        assert "There is no synthesized stack in cdktf.out/stacks/warm-standby" in words(ran.stderr)
        assert "`standby --directory .rehearsal review` plans the rehearsal's stack" in words(ran.stderr)


def test_the_time_of_a_local_state_is_that_of_its_file(workspace: Workspace) -> None:
    assert workspace.state_written_at() is None
    (workspace.directory / "cdk.tf.json").write_text(json.dumps({"terraform": {"backend": {"local": {"path": "s"}}}}))
    assert workspace.state_written_at() is None
    (workspace.directory / "s").write_text("{}")
    os.utime(workspace.directory / "s", (0, 0))
    written = workspace.state_written_at()
    assert written is not None
    assert written.isoformat() == "1970-01-01T00:00:00+00:00"


@pytest.mark.parametrize("text", ["", "[]", '{"terraform": []}', '{"terraform": {"backend": {"s3": {}}}}', "{"])
def test_a_configuration_of_any_form_has_no_local_state(workspace: Workspace, text: str) -> None:
    (workspace.directory / "cdk.tf.json").write_text(text)
    assert workspace.state_written_at() is None


def test_the_initialized_backend_is_that_of_terraform_s_data(workspace: Workspace) -> None:
    assert workspace.initialized_backend() is None
    (workspace.directory / ".terraform/terraform.tfstate").write_text('{"backend": {"type": "s3"}}')
    assert workspace.initialized_backend() == {"type": "s3"}


def test_a_blocked_plan_has_exit_code_1_and_a_warned_one_3_with_strict(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    warned = tmp_path / "warned.json"
    warned.write_text(json.dumps(document_of(timestamp=None)))
    of = {"blocked": str(workspace.directory / "plan.json"), "warned": str(warned)}
    for name, options, code in (
        ("blocked", [], 1),
        ("blocked", ["--strict"], 1),
        ("warned", [], 0),
        ("warned", ["--strict"], 3),
    ):
        ran = CliRunner().invoke(cli, ["review", of[name], "--offline", *options])
        assert ran.exit_code == code, ran.output
    shown = json.loads(CliRunner().invoke(cli, ["review", of["blocked"], "--offline", "--format", "json"]).stdout)
    assert (shown["result"], len(shown["findings"])) == ("blocked", 2)


def test_a_waiver_of_the_settings_is_obeyed(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    waiver = 'rule = "logs-kept-shorter", address = "*", reason = "OPS-1", until = 9999-12-31'
    (tmp_path / "standby.toml").write_text(f'name = "chatbot"\n[review]\nwaivers = [{{{waiver}}}]\n')
    ran = CliRunner().invoke(cli, ["review", str(workspace.directory / "plan.json"), "--offline"])
    assert ran.exit_code == 0, ran.output
    assert "accepted: OPS-1 (until 9999-12-31)" in ran.stdout

"""How Terraform is called, and how its output is read."""

import json
from pathlib import Path

import pytest

from standby.console import NullProgress
from standby.rehearsal.deploy.terraform import (
    COLLECTOR_PERCENT,
    COLLECTOR_VARIABLE,
    TerraformResult,
    read_result,
    terraform_environment,
)
from standby.rehearsal.files.paths import RehearsalPaths
from standby.rehearsal.processes.process import DIRECTORY_VARIABLE


class Counts(NullProgress):
    """Progress that records the counts."""

    def __init__(self) -> None:
        self.seen: list[tuple[int, int]] = []

    def count(self, done: int, total: int) -> None:
        self.seen.append((done, total))


def read(*events: object, progress: NullProgress | None = None) -> TerraformResult:
    return read_result([json.dumps(event) for event in events], progress=progress or NullProgress())


def summary(operation: str, **changes: int) -> dict[str, object]:
    counts = {"add": 0, "change": 0, "remove": 0, **changes}
    return {"type": "change_summary", "changes": {**counts, "operation": operation}}


def test_progress_counts_the_changes_against_those_planned_and_no_data_sources() -> None:
    counts = Counts()
    ended = {"type": "apply_complete", "hook": {"action": "create"}}
    data_source = {"type": "apply_complete", "hook": {"action": "read"}}
    read(data_source, summary("plan", add=1, change=1), ended, ended, progress=counts)
    assert counts.seen == [(1, 2), (2, 2)]


def test_the_result_has_the_applied_changes_and_not_the_planned_ones() -> None:
    changes = read(summary("plan", add=5), summary("apply", add=3, change=2, remove=1)).changes
    assert (changes.added, changes.changed, changes.removed) == (3, 2, 1)


def test_outputs_are_text_whatever_their_type() -> None:
    outputs = {"name": {"value": "x"}, "list": {"value": [1, 2]}}
    assert read({"type": "outputs", "outputs": outputs}).outputs == {"name": "x", "list": "[1, 2]"}


def test_errors_are_kept_with_their_address_and_warnings_are_not() -> None:
    warning = {"type": "diagnostic", "diagnostic": {"severity": "warning", "summary": "old"}}
    error = {"severity": "error", "summary": "no", "detail": "because", "address": "aws_sqs_queue.ingest"}
    (found,) = read(warning, {"type": "diagnostic", "diagnostic": error}).errors
    assert found.text == "aws_sqs_queue.ingest: no\n    because"


def test_a_repeated_error_is_kept_once_with_its_block() -> None:
    context = {"context": 'resource "aws_sqs_queue" "ingest"'}
    error = {"type": "diagnostic", "diagnostic": {"severity": "error", "summary": "no", "snippet": context}}
    (found,) = read(error, error).errors
    assert found.text == 'resource "aws_sqs_queue" "ingest": no'


def test_lines_that_are_not_json_are_ignored() -> None:
    lines = ["", "a plugin said something", "[1]", json.dumps(summary("apply", add=1))]
    assert read_result(lines, progress=NullProgress()).changes.added == 1


@pytest.mark.parametrize(
    "name", ["AWS_PROFILE", "AWS_ENDPOINT_URL", "TF_WORKSPACE", "TF_CLI_ARGS_apply", "TF_ENCRYPTION"]
)
def test_variables_of_other_configurations_are_removed(
    paths: RehearsalPaths, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "other")
    assert name not in terraform_environment(paths)


def test_a_variable_that_names_a_missing_configuration_file_is_removed(
    paths: RehearsalPaths, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TF_CLI_CONFIG_FILE", str(tmp_path / "missing"))
    assert "TF_CLI_CONFIG_FILE" not in terraform_environment(paths)


def test_the_users_configuration_file_is_kept_unless_the_rehearsal_wrote_its_own(
    paths: RehearsalPaths, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    users = tmp_path / "users.rc"
    users.touch()
    monkeypatch.setenv("TF_CLI_CONFIG_FILE", str(users))
    assert terraform_environment(paths)["TF_CLI_CONFIG_FILE"] == str(users)
    paths.cli_config.touch()
    assert terraform_environment(paths)["TF_CLI_CONFIG_FILE"] == str(paths.cli_config)


def test_terraforms_environment_names_the_rehearsals_directory(paths: RehearsalPaths) -> None:
    assert terraform_environment(paths)[DIRECTORY_VARIABLE] == str(paths.directory)


@pytest.mark.parametrize("given, used", [(None, COLLECTOR_PERCENT), ("50", "50")])
def test_gos_collector_runs_less_often_unless_the_user_has_set_it(
    paths: RehearsalPaths, monkeypatch: pytest.MonkeyPatch, given: str | None, used: str
) -> None:
    monkeypatch.delenv(COLLECTOR_VARIABLE, raising=False)
    if given is not None:
        monkeypatch.setenv(COLLECTOR_VARIABLE, given)
    assert terraform_environment(paths)[COLLECTOR_VARIABLE] == used

"""Every rule of `standby review`, with real plans of a mutated stack against a rehearsal that is up."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from standby.rehearsal.deploy.terraform import terraform_environment
from standby.rehearsal.rehearsal import Rehearsal
from standby.review.findings import Finding
from standby.review.plan import Plan, read_plan
from standby.review.report import find_all
from standby.review.rules.rule import Surroundings
from standby.review.terraform import Workspace
from standby.settings_file import SETTINGS_VARIABLE
from tests.e2e.helpers import SETTINGS
from tests.e2e.operations.helpers import Operator
from tests.e2e.review.mutation import PlanMutation
from tests.e2e.review.mutations import IN_PLACE, REPLACING

QUICKLY = {"TF_CLI_ARGS_plan": "-lock=false -refresh=false"}


@pytest.fixture(scope="module")
def workspace(rehearsal: Rehearsal) -> Workspace:
    Operator(rehearsal=rehearsal).put_back()
    terraform = rehearsal.start().terraform
    return Workspace(
        directory=terraform.stack_directory,
        environment=terraform_environment(terraform.paths),
        state=terraform.paths.state,
    )


def make_plan(workspace: Workspace, path: Path) -> Plan:
    """Return a real plan. Without a refresh it compares with the state alone, in a tenth of the time.

    tests/e2e/test_plan.py reviews a plan with a refresh.
    """
    environment = dict(workspace.environment) | QUICKLY
    planning = Workspace(directory=workspace.directory, environment=environment, state=workspace.state)
    planning.make_plan(path)
    return read_plan(planning.show_plan(path))


def mutated_plan(workspace: Workspace, mutations: Sequence[PlanMutation], path: Path) -> tuple[Plan, dict[str, str]]:
    """Return the plan of the stack with these mutations, and each one's address by its name."""
    file = workspace.directory / "cdk.tf.json"
    synthesized = file.read_text(encoding="utf-8")
    stack: dict[str, Any] = json.loads(synthesized)
    addresses = {mutation.name: mutation.apply(stack["resource"]) for mutation in mutations}
    file.write_text(json.dumps(stack), encoding="utf-8")
    try:
        return make_plan(workspace, path), addresses
    finally:
        file.write_text(synthesized, encoding="utf-8")


@pytest.fixture(scope="module")
def noticed(workspace: Workspace, tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Finding], dict[str, str]]:
    found: list[Finding] = []
    addresses: dict[str, str] = {}
    for number, mutations in enumerate((IN_PLACE, REPLACING)):
        plan, of = mutated_plan(workspace, mutations, tmp_path_factory.mktemp("plan") / str(number))
        found += find_all(plan, Surroundings())
        addresses |= of
    return found, addresses


@pytest.mark.parametrize("mutation", [*IN_PLACE, *REPLACING], ids=lambda mutation: mutation.name)
def test_a_mutation_is_noticed_in_a_real_plan(
    noticed: tuple[list[Finding], dict[str, str]], mutation: PlanMutation
) -> None:
    findings, addresses = noticed
    address = addresses[mutation.name]
    of = [finding for finding in findings if finding.address == address]
    assert [
        finding for finding in of if finding.rule == mutation.rule and mutation.argument in (finding.argument, "")
    ], [(finding.rule, finding.argument) for finding in of]


def review_by_command(rehearsal: Rehearsal, settings: Path) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "standby", "--directory", str(rehearsal.paths.directory), "review"]
    environment = {**os.environ, **QUICKLY, SETTINGS_VARIABLE: str(settings)}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


def test_the_command_plans_the_present_settings_in_the_rehearsal_and_blocks_a_harmful_change(
    rehearsal: Rehearsal, workspace: Workspace, tmp_path: Path
) -> None:
    del workspace
    changed = tmp_path / "changed.toml"
    settings = SETTINGS.read_text(encoding="utf-8")
    changed.write_text(settings.replace("[operations]", "[operations]\nlog_retention_days = 1"), encoding="utf-8")
    ran = review_by_command(rehearsal, changed)
    assert ran.returncode == 1, ran.stdout + ran.stderr
    assert "BLOCKED logs-kept-shorter" in ran.stdout
    ran = review_by_command(rehearsal, SETTINGS)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "Clean: " in ran.stdout
    assert all(len(line) <= 80 or len(line.split()) == 1 for line in ran.stdout.splitlines())

"""Who may plan and apply: every listed role, no other one, and never the account's root user."""

import json
import shutil

import pytest

from standby.rehearsal.deploy.applier import ROLE_NAME, create_applier
from standby.rehearsal.files.paths import RehearsalPaths
from standby.rehearsal.rehearsal import Rehearsal
from tests.e2e.helpers import ROOT, SETTINGS
from tests.e2e.state_copy import StateCopy

LISTED = "second-applier"
"""The role beside `ROLE_NAME` in `operations.appliers` of e2e.toml."""


@pytest.fixture(scope="module")
def state_copy(rehearsal: Rehearsal, tmp_path_factory: pytest.TempPathFactory) -> StateCopy:
    """A copy of the state of the shared rehearsal, for plans by other roles."""
    emulator = rehearsal.emulator
    assert emulator is not None
    for name in (LISTED, "another-applier"):
        create_applier(emulator, name=name)
    paths = RehearsalPaths(project=ROOT, directory=tmp_path_factory.mktemp("copy"))
    if rehearsal.paths.cli_config.is_file():
        shutil.copy(rehearsal.paths.cli_config, paths.cli_config)
    state = json.loads(rehearsal.paths.state.read_text(encoding="utf-8"))
    return StateCopy(paths=paths, endpoint=rehearsal.endpoint, state=state)


@pytest.mark.parametrize("name", [ROLE_NAME, LISTED])
def test_each_listed_role_plans_the_same_data_access_policy(state_copy: StateCopy, name: str) -> None:
    planned = state_copy.plan(SETTINGS.read_text(encoding="utf-8"), applier=name)
    assert planned.returncode == 0, planned.stderr
    assert "aws_opensearchserverless_access_policy" not in planned.stdout.split("Terraform will perform")[-1]


def test_a_role_that_is_not_listed_cannot_plan_whatever_iam_allows(state_copy: StateCopy) -> None:
    refused = state_copy.plan(SETTINGS.read_text(encoding="utf-8"), applier="another-applier")
    assert refused.returncode == 1
    assert "authorization_exception" in refused.stderr


def test_the_root_user_is_refused_with_the_remedy(state_copy: StateCopy) -> None:
    refused = state_copy.plan(SETTINGS.read_text(encoding="utf-8"), applier=None)
    said = " ".join((refused.stdout + refused.stderr).replace("│", " ").split())
    assert refused.returncode == 1
    assert "The credentials are those of arn:aws:iam::000000000000:root, and OpenSearch Serverless accepts only" in said
    assert "list it in operations.appliers" in said

"""The deployer's policy and `standby preflight`, against a deployment that was applied with this policy alone."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import pytest
from click.testing import CliRunner

from standby.cli.main import cli
from standby.deployment.clients import GLOBAL_REGION
from standby.deployment.sessions import EmulatorSession
from standby.rehearsal.deploy.applier import ROLE_NAME
from standby.rehearsal.files.paths import RehearsalPaths
from standby.rehearsal.rehearsal import Rehearsal
from tests.e2e.helpers import ROOT, SETTINGS
from tests.e2e.state_copy import State, StateCopy

ONLY_ON_AWS = {
    "Knowledge Bases",
    "EventBridge rules",
    "buckets",
    "distributions",
    "embedding model",
    "headers policies",
}
"""The checks that the emulator cannot answer: it makes no vectors, and has no Service Quotas."""

TOPIC = "aws_sns_topic.primary_alerts_topic_50B8FC9C"
"""A resource that depends on no other one, and that is the same when it is created again."""

VECTOR_BUCKET = "AWS::S3Vectors::VectorBucket"


def findings(rehearsal: Rehearsal) -> dict[tuple[str, str | None], dict[str, Any]]:
    arguments = ["--directory", str(rehearsal.paths.directory), "preflight", "--json"]
    result = CliRunner().invoke(cli, arguments, catch_exceptions=False)
    assert result.exit_code == 3, result.stderr
    return {(one["check"], one["region"]): one for one in json.loads(result.stdout)["findings"]}


@contextmanager
def without(rehearsal: Rehearsal, *actions: str) -> Iterator[None]:
    """Remove these actions from the applier's policies during this block."""
    iam = EmulatorSession(region=GLOBAL_REGION, endpoint=rehearsal.endpoint).client("iam")
    names = iam.list_role_policies(RoleName=ROLE_NAME)["PolicyNames"]
    policies = {
        name: cast("dict[str, Any]", iam.get_role_policy(RoleName=ROLE_NAME, PolicyName=name)["PolicyDocument"])
        for name in names
    }

    def write(taken: set[str]) -> None:
        for name, policy in policies.items():
            kept = [
                {**one, "Action": [action for action in one["Action"] if action not in taken]}
                for one in policy["Statement"]
            ]
            document = json.dumps({**policy, "Statement": [one for one in kept if one["Action"]]})
            iam.put_role_policy(RoleName=ROLE_NAME, PolicyName=name, PolicyDocument=document)

    try:
        write(set(actions))
        yield
    finally:
        write(set())


@pytest.fixture(scope="module")
def state_copy(rehearsal: Rehearsal, tmp_path_factory: pytest.TempPathFactory) -> StateCopy:
    """A copy of the state of the shared rehearsal."""
    paths = RehearsalPaths(project=ROOT, directory=tmp_path_factory.mktemp("copy"))
    if rehearsal.paths.cli_config.is_file():
        shutil.copy(rehearsal.paths.cli_config, paths.cli_config)
    state = json.loads(rehearsal.paths.state.read_text(encoding="utf-8"))
    return StateCopy(paths=paths, endpoint=rehearsal.endpoint, state=state)


def forget_topics(state: State) -> None:
    state["resources"] = [one for one in state["resources"] if one["type"] != "aws_sns_topic"]


def test_what_a_rehearsal_can_answer_is_fine_and_the_rest_is_unknown(rehearsal: Rehearsal) -> None:
    found = findings(rehearsal)
    unknown = {check for (check, _), one in found.items() if one["status"] == "unknown"}
    assert unknown == ONLY_ON_AWS | {"names"}
    assert {one["check"] for one in found.values() if one["status"] == "fails"} == set()
    assert found["identity", None]["detail"] == f"role/{ROLE_NAME}"
    for region in rehearsal.deployment.regions.values():
        detail = found["names", region.region]["detail"]
        assert detail.startswith(VECTOR_BUCKET)
        assert " more " not in detail


def test_a_taken_action_is_named_by_the_preflight(rehearsal: Rehearsal) -> None:
    with without(rehearsal, "sns:CreateTopic"):
        permissions = findings(rehearsal)["permissions", None]
    assert permissions["status"] == "fails"
    assert "sns:CreateTopic" in permissions["detail"]
    assert findings(rehearsal)["permissions", None]["status"] == "ok"


def test_an_apply_without_one_action_is_refused_and_with_it_succeeds(
    rehearsal: Rehearsal, state_copy: StateCopy
) -> None:
    def apply() -> tuple[int, str]:
        done = state_copy.plan(
            SETTINGS.read_text(encoding="utf-8"),
            change=forget_topics,
            command=("apply", "-auto-approve"),
            options=(f"-target={TOPIC}",),
        )
        return done.returncode, done.stdout + done.stderr

    with without(rehearsal, "sns:CreateTopic"):
        code, said = apply()
    assert code == 1
    assert "not authorized to perform: sns:CreateTopic" in said
    assert apply()[0] == 0


def test_a_plan_without_one_read_is_refused(rehearsal: Rehearsal, state_copy: StateCopy) -> None:
    with without(rehearsal, "events:DescribeRule"):
        refused = state_copy.plan(SETTINGS.read_text(encoding="utf-8"))
    assert refused.returncode == 1
    assert "events:DescribeRule" in refused.stderr

"""The state keeps what it belongs to: real Terraform, with the part of the stack that compares, and no provider."""

import json
import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from standby.rehearsal.processes.programs import TERRAFORM, find_program
from tests.constructs.helpers import ACCOUNT
from tests.constructs.plan import Json, Plan, Synthesize, default_settings
from warm_standby.settings import Settings

_CALLER = "data.aws_caller_identity.caller.account_id"
_OTHERS: dict[str, dict[str, object]] = {
    "name": {"name": "chatbot-dev"},
    "regions.primary": {"regions": {"primary": "us-east-2", "failover": "us-east-1"}},
    "regions.failover": {"regions": {"primary": "us-west-2", "failover": "us-east-2"}},
    "knowledge_base.vector_store": {"knowledge_base": {"vector_store": "opensearch-serverless"}},
    "knowledge_base.embedding_model": {"knowledge_base": {"embedding_model": "cohere.embed-english-v3"}},
    "knowledge_base.embedding_dimensions": {"knowledge_base": {"embedding_dimensions": 256}},
    "knowledge_base.chunk_tokens": {"knowledge_base": {"chunk_tokens": 300}},
    "knowledge_base.chunk_overlap_percent": {"knowledge_base": {"chunk_overlap_percent": 10}},
}


@dataclass(frozen=True, kw_only=True)
class State:
    """A directory with the state of one apply."""

    directory: Path

    def run(self, command: str, plan: Plan, *, account: str = ACCOUNT) -> "subprocess.CompletedProcess[str]":
        """Run Terraform with the comparison of a plan, in place of the whole plan."""
        (self.directory / "main.tf.json").write_text(json.dumps(_comparison(plan, account), indent=1), encoding="utf-8")
        environment = {**os.environ, "TF_IN_AUTOMATION": "1", "CHECKPOINT_DISABLE": "1"}
        options = [] if command in {"init", "plan"} else ["-auto-approve"]
        return subprocess.run(
            [find_program(TERRAFORM).path, command, "-no-color", "-input=false", *options],
            cwd=self.directory,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )


def _comparison(plan: Plan, account: str) -> Json:
    """Return the resource that keeps the identity, and one whose name has the account's ID, as most have."""
    kept = plan.document["resource"]["terraform_data"]
    part = {
        "locals": {name: plan.document["locals"][name] for name in ("account", "permanent_settings")},
        "resource": {"terraform_data": {**kept, "bucket": {"input": "docs-${local.account}"}}},
    }
    part = json.loads(json.dumps(part).replace(_CALLER, "var.account"))
    return {**part, "variable": {"account": {"default": account}}}


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory, plan: Plan) -> State:
    state = State(directory=tmp_path_factory.mktemp("state"))
    assert state.run("init", plan).returncode == 0
    applied = state.run("apply", plan)
    assert applied.returncode == 0, applied.stderr
    return state


def _words(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def test_every_permanent_setting_is_tried() -> None:
    assert set(_OTHERS) == set(default_settings().permanent)
    everything = Settings.model_fields["knowledge_base"].annotation
    assert {f"knowledge_base.{key}" for key in getattr(everything, "model_fields", {})} <= set(_OTHERS)


def test_the_same_settings_plan_no_change(state: State, plan: Plan) -> None:
    again = state.run("plan", plan)
    assert (again.returncode, "No changes." in again.stdout) == (0, True), again.stderr


@pytest.mark.parametrize("key", _OTHERS)
def test_a_changed_permanent_setting_is_refused_with_its_value_and_the_remedy_and_nothing_else(
    state: State, plan: Plan, synthesize: Synthesize, key: str
) -> None:
    other = synthesize(default_settings(**_OTHERS[key]))
    refused = state.run("plan", other)
    assert (refused.returncode, refused.stderr.count("Error: ")) == (1, 1)
    first, then = plan.settings.permanent[key], other.settings.permanent[key]
    said = _words(refused.stderr)
    assert f"a deployment with {key} = {first}, and the settings have {then}." in said
    assert 'Set it back, or deploy with another name and another state: README.md, "Several environments".' in said


@pytest.mark.parametrize("key", ["name", "regions.primary"])
def test_a_destroy_with_a_changed_permanent_setting_is_refused(state: State, synthesize: Synthesize, key: str) -> None:
    refused = state.run("destroy", synthesize(default_settings(**_OTHERS[key])))
    assert refused.returncode == 1
    assert f"a deployment with {key} = " in _words(refused.stdout + refused.stderr)
    assert "This state belongs to another deployment: the warnings say what to do." in _words(refused.stderr)


@pytest.mark.parametrize("command", ["plan", "destroy"])
def test_another_account_is_refused(state: State, plan: Plan, command: str) -> None:
    refused = state.run(command, plan, account="999999999999")
    assert refused.returncode == 1
    assert f"in account {ACCOUNT}, and the credentials are those of account 999999999999" in _words(
        refused.stdout + refused.stderr
    )


def test_a_state_from_before_a_setting_was_permanent_is_accepted(
    tmp_path: Path, plan: Plan, synthesize: Synthesize
) -> None:
    older = State(directory=tmp_path)
    document = json.loads(json.dumps(plan.document))
    (kept,) = document["resource"]["terraform_data"].values()
    del kept["input"]["knowledge_base.chunk_tokens"]
    assert older.run("init", plan).returncode == 0
    applied = older.run("apply", Plan(settings=plan.settings, directory=plan.directory, document=document))
    assert applied.returncode == 0, applied.stderr
    changed = synthesize(default_settings(**_OTHERS["knowledge_base.chunk_tokens"]))
    assert older.run("plan", changed).returncode == 0


def test_the_deployment_is_destroyed_with_its_own_settings(tmp_path: Path, plan: Plan) -> None:
    mine = State(directory=tmp_path)
    for command in ("init", "apply", "destroy"):
        ran = mine.run(command, plan)
        assert ran.returncode == 0, ran.stderr

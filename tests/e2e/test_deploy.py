"""Deploy with `cdktf`, destroy, and apply again. The tests share one emulator and run in this order."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import boto3
import pytest

from standby.deployment.manifest import Manifest, Region, parse_manifest
from standby.deployment.sessions import EmulatorSession
from standby.rehearsal.deploy.applier import ROLE_NAME, create_applier
from standby.rehearsal.deploy.override import OVERRIDE_NAME
from standby.rehearsal.deploy.provider_mirror import distribution_of, find_mirror
from standby.rehearsal.files.paths import RehearsalPaths
from standby.rehearsal.processes.programs import TERRAFORM, find_program
from standby.rehearsal.rehearsal import Rehearsal
from tests.e2e.helpers import ROOT, SETTINGS, Document, wait_for
from tests.e2e.state_copy import StateCopy
from tests.standby.rehearsal.deploy.helpers import EVERYTHING

PROVIDER = "5.100.0"
LISTED = "second-applier"
"""The role beside `ROLE_NAME` in `operations.appliers` of e2e.toml."""

PlanAs = Callable[[str | None], "subprocess.CompletedProcess[str]"]


@dataclass(frozen=True, kw_only=True)
class CdktfDeployment:
    """An emulator without an applied stack, and a directory for the output and the state of `cdktf`."""

    rehearsal: Rehearsal
    output: Path

    def run(self, command: str) -> str:
        """Run a command of the CLI as a user does, and return its output."""
        result = subprocess.run(
            ["npx", "--no-install", "cdktf", command, "--auto-approve", f"--output={self.output}"],
            cwd=ROOT,
            env=_environment(self.rehearsal),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert result.returncode == 0, result.stdout[-4000:]
        return result.stdout

    @property
    def state(self) -> dict[str, Any]:
        """The state of the deployment. By the project's settings, it is in the directory above the output."""
        path = self.output.parent / "terraform.e2e.tfstate"
        state: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return state

    @property
    def deployment(self) -> Manifest:
        """The manifest of the deployment."""
        return parse_manifest(self.state["outputs"]["manifest"]["value"])

    def session(self, region: str) -> boto3.Session:
        """Return a session for a region of the emulator."""
        return EmulatorSession(region=region, endpoint=self.rehearsal.endpoint)


def _environment(rehearsal: Rehearsal) -> dict[str, str]:
    terraform = find_program(TERRAFORM)
    mirror = find_mirror(version=PROVIDER, distribution=distribution_of(terraform))
    cli_config = {"TF_CLI_CONFIG_FILE": str(rehearsal.paths.cli_config)} if mirror else {}
    lock = {"TF_CLI_ARGS_providers_lock": f"-fs-mirror={mirror}"} if mirror else {}
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "TF_"))},
        "STANDBY_SETTINGS": str(SETTINGS),
        "CHECKPOINT_DISABLE": "1",
        "CI": "1",
        "TERRAFORM_BINARY_NAME": str(terraform.path),
        # The provider is on this machine already: do not copy it to the home directory.
        "CDKTF_DISABLE_PLUGIN_CACHE_ENV": "1",
        **cli_config,
        **lock,
    }


@pytest.fixture(scope="module")
def cdktf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CdktfDeployment]:
    directory = tmp_path_factory.mktemp("deploy")
    rehearsal = Rehearsal(project=ROOT, directory=directory / "rehearsal", settings=SETTINGS)
    try:
        rehearsal.start()
        stack = directory / "cdktf.out" / "stacks" / "warm-standby"
        stack.mkdir(parents=True)
        started = rehearsal.paths.synthesized / "stacks" / "warm-standby" / OVERRIDE_NAME
        override = json.loads(started.read_text(encoding="utf-8"))
        del override["terraform"]  # by the project's own setting, the state is here
        (stack / OVERRIDE_NAME).write_text(json.dumps(override), encoding="utf-8")
        yield CdktfDeployment(rehearsal=rehearsal, output=stack.parents[1])
    finally:
        rehearsal.down()


@pytest.fixture(scope="module")
def with_opensearch(cdktf: CdktfDeployment, tmp_path_factory: pytest.TempPathFactory) -> Rehearsal:
    """A rehearsal in the same emulator, with OpenSearch Serverless and one-way replication."""
    text = SETTINGS.read_text(encoding="utf-8").replace("[documents]", '[documents]\nreplication = "one-way"')
    settings = tmp_path_factory.mktemp("opensearch") / "opensearch.toml"
    settings.write_text(text + '\n[knowledge_base]\nvector_store = "opensearch-serverless"\n', encoding="utf-8")
    return Rehearsal(project=ROOT, directory=cdktf.rehearsal.paths.directory, settings=settings)


@pytest.fixture(scope="module")
def plan_as(with_opensearch: Rehearsal, tmp_path_factory: pytest.TempPathFactory) -> PlanAs:
    """Return a function that plans over a copy of the state, as a role, or as the root user (None)."""
    emulator = with_opensearch.emulator
    assert emulator is not None
    for name in (LISTED, "another-applier"):
        create_applier(emulator, policy=EVERYTHING, name=name)
    paths = RehearsalPaths(project=ROOT, directory=tmp_path_factory.mktemp("copy"))
    if with_opensearch.paths.cli_config.is_file():
        shutil.copy(with_opensearch.paths.cli_config, paths.cli_config)
    state = json.loads(with_opensearch.paths.state.read_text(encoding="utf-8"))
    copy = StateCopy(paths=paths, endpoint=with_opensearch.endpoint, state=state)
    settings = with_opensearch.settings
    assert settings is not None
    return lambda applier: copy.plan(settings.read_text(encoding="utf-8"), applier=applier)


def test_cdktf_deploys_the_project_and_prints_its_outputs(cdktf: CdktfDeployment) -> None:
    assert "primary_api_gateway_url" in cdktf.run("deploy")
    assert cdktf.state["outputs"]["cloudfront_url"]["value"].startswith("https://")


def start_job(session: boto3.Session, region: Region) -> bool:
    """Start a job. Return whether it was accepted, because the function `ingest` may just have started one."""
    client = session.client("bedrock-agent")
    try:
        client.start_ingestion_job(knowledgeBaseId=region.knowledge_base_id, dataSourceId=region.data_source_id)
    except client.exceptions.ThrottlingException:
        return False
    return True


def test_cdktf_destroy_succeeds_with_documents_in_the_buckets_and_a_running_job(cdktf: CdktfDeployment) -> None:
    for region in cdktf.deployment.regions.values():
        document = Document()
        session = cdktf.session(region.region)
        for content in (b"an older version", document.content):
            session.client("s3").put_object(
                Bucket=region.documents_bucket, Key=f"uploads/1/{document.name}", Body=content
            )
        wait_for(partial(start_job, session, region), what="the turn of another job: one in ten seconds")
    cdktf.run("destroy")
    assert cdktf.state["resources"] == []
    assert cdktf.session("us-west-2").client("s3").list_buckets()["Buckets"] == []


def test_a_destroyed_stack_is_applied_again_with_opensearch_and_answers_in_both_regions(
    cdktf: CdktfDeployment, with_opensearch: Rehearsal
) -> None:
    before = cdktf.rehearsal.emulator
    report = with_opensearch.up()
    assert with_opensearch.emulator == before
    assert report.passed, [check for check in report.checks if check.result != "ok"]
    observed = {(check.name, check.role) for check in report.checks}
    assert {("question", "primary"), ("question", "failover"), ("ingestion", "failover")} <= observed
    assert ("replication", "failover") in observed
    assert ("replication", "primary") not in observed


@pytest.mark.parametrize("name", [ROLE_NAME, LISTED])
def test_each_listed_role_plans_the_same_data_access_policy(plan_as: PlanAs, name: str) -> None:
    planned = plan_as(name)
    assert planned.returncode == 0, planned.stderr
    assert "aws_opensearchserverless_access_policy" not in planned.stdout.split("Terraform will perform")[-1]


def test_a_role_that_is_not_listed_cannot_plan_whatever_iam_allows(plan_as: PlanAs) -> None:
    refused = plan_as("another-applier")
    assert refused.returncode == 1
    assert "authorization_exception" in refused.stderr


def test_the_root_user_is_refused_with_the_remedy(plan_as: PlanAs) -> None:
    refused = plan_as(None)
    said = " ".join((refused.stdout + refused.stderr).replace("│", " ").split())
    assert refused.returncode == 1
    assert "The credentials are those of arn:aws:iam::000000000000:root, and OpenSearch Serverless accepts only" in said
    assert "list it in operations.appliers" in said


def test_the_rehearsal_s_destroy_removes_every_resource_and_the_emulator_stays_up(with_opensearch: Rehearsal) -> None:
    s3 = with_opensearch.session("primary").client("s3")
    assert with_opensearch.destroy().changes.removed > 200
    assert s3.list_buckets()["Buckets"] == []
    assert with_opensearch.emulator is not None

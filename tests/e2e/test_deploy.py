"""Deploy with `cdktf`, destroy, and apply again. The tests share one emulator and run in this order."""

import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest

from standby.deployment.manifest import Manifest, parse_manifest
from standby.deployment.sessions import EmulatorSession
from standby.rehearsal.deploy.override import OVERRIDE_NAME
from standby.rehearsal.deploy.provider_mirror import find_mirror
from standby.rehearsal.rehearsal import Rehearsal
from tests.e2e.helpers import ROOT, SETTINGS, Document

PROVIDER = "5.100.0"


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
    mirror = find_mirror(version=PROVIDER)
    cli_config = {"TF_CLI_CONFIG_FILE": str(rehearsal.paths.cli_config)} if mirror else {}
    lock = {"TF_CLI_ARGS_providers_lock": f"-fs-mirror={mirror}"} if mirror else {}
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "TF_"))},
        "STANDBY_SETTINGS": str(SETTINGS),
        "CHECKPOINT_DISABLE": "1",
        "CI": "1",
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
def with_s3_vectors(cdktf: CdktfDeployment, tmp_path_factory: pytest.TempPathFactory) -> Rehearsal:
    """A rehearsal in the same emulator, as for the other tests but with S3 Vectors and one-way replication."""
    settings = tmp_path_factory.mktemp("vectors") / "vectors.toml"
    text = SETTINGS.read_text(encoding="utf-8").replace("[documents]", '[documents]\nreplication = "one-way"')
    settings.write_text(text + '\n[knowledge_base]\nvector_store = "s3-vectors"\n', encoding="utf-8")
    return Rehearsal(project=ROOT, directory=cdktf.rehearsal.paths.directory, settings=settings)


def test_cdktf_deploys_the_project_and_prints_its_outputs(cdktf: CdktfDeployment) -> None:
    assert "primary_api_gateway_url" in cdktf.run("deploy")
    assert cdktf.state["outputs"]["cloudfront_url"]["value"].startswith("https://")


def test_cdktf_destroy_succeeds_with_documents_in_the_buckets_and_a_running_job(cdktf: CdktfDeployment) -> None:
    for region in cdktf.deployment.regions.values():
        document = Document()
        session = cdktf.session(region.region)
        for content in (b"an older version", document.content):
            session.client("s3").put_object(
                Bucket=region.documents_bucket, Key=f"uploads/1/{document.name}", Body=content
            )
        session.client("bedrock-agent").start_ingestion_job(
            knowledgeBaseId=region.knowledge_base_id, dataSourceId=region.data_source_id
        )
    cdktf.run("destroy")
    assert cdktf.state["resources"] == []
    assert cdktf.session("us-west-2").client("s3").list_buckets()["Buckets"] == []


def test_a_destroyed_stack_is_applied_again_with_s3_vectors_and_unsupported_checks_are_not_simulated(
    cdktf: CdktfDeployment, with_s3_vectors: Rehearsal
) -> None:
    before = cdktf.rehearsal.emulator
    report = with_s3_vectors.up()
    assert with_s3_vectors.emulator == before
    results = {(check.name, check.role): check.result for check in report.checks}
    assert results[("health", "primary")] == results[("question", "primary")] == "not simulated"
    assert results[("ingestion", "failover")] == "not simulated"
    assert results[("upload", "primary")] == results[("replication", "failover")] == "ok"
    assert ("replication", "primary") not in results


def test_the_rehearsal_s_destroy_removes_every_resource_and_the_emulator_stays_up(with_s3_vectors: Rehearsal) -> None:
    s3 = with_s3_vectors.session("primary").client("s3")
    assert with_s3_vectors.destroy().changes.removed > 200
    assert s3.list_buckets()["Buckets"] == []
    assert with_s3_vectors.emulator is not None

"""Destroying what was rehearsed, and deploying again with `cdktf`: the last of the end-to-end tests, in this order."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from standby.rehearsal.core import Rehearsal
from standby.rehearsal.endpoints import OVERRIDE_NAME
from standby.rehearsal.providers import find_mirror
from tests.e2e.e2e_support import ROOT, SETTINGS, Document, upload


@pytest.fixture(scope="module")
def deploy_directory(rehearsal: Rehearsal) -> Path:
    """A synthesis output of `cdktf`'s own, with the rehearsal's override beside the configuration."""
    stack = rehearsal.layout.directory / "deploy" / "cdktf.out" / "stacks" / "warm-standby"
    stack.mkdir(parents=True)
    applied = rehearsal.layout.synthesized / "stacks" / "warm-standby" / OVERRIDE_NAME
    override = json.loads(applied.read_text(encoding="utf-8"))
    del override["terraform"]  # the state lies where the project's own setting puts it
    (stack / OVERRIDE_NAME).write_text(json.dumps(override), encoding="utf-8")
    return stack.parents[1]


def _cdktf(rehearsal: Rehearsal, command: str, *, output: Path) -> str:
    mirror = find_mirror(version="5.100.0")
    cli_config = {"TF_CLI_CONFIG_FILE": str(rehearsal.layout.cli_config)} if mirror else {}
    lock = {"TF_CLI_ARGS_providers_lock": f"-fs-mirror={mirror}"} if mirror else {}
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "TF_"))},
        "STANDBY_SETTINGS": str(SETTINGS),
        "CHECKPOINT_DISABLE": "1",
        "CI": "1",
        # The provider lies on this machine: no second copy of it in the home directory.
        "CDKTF_DISABLE_PLUGIN_CACHE_ENV": "1",
        **cli_config,
        **lock,
    }
    run = subprocess.run(
        ["npx", "--no-install", "cdktf", command, "--auto-approve", f"--output={output}"],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-4000:]
    return run.stdout


def test_a_destroy_ends_clean_with_documents_in_the_buckets_and_a_job_just_started(rehearsal: Rehearsal) -> None:
    region = rehearsal.deployment.regions["primary"]
    upload(rehearsal, "primary", Document())
    upload(rehearsal, "failover", Document())
    rehearsal.session("primary").client("bedrock-agent").start_ingestion_job(
        knowledgeBaseId=region.knowledge_base_id, dataSourceId=region.data_source_id
    )
    s3 = rehearsal.session("primary").client("s3")
    assert rehearsal.destroy().removed > 200
    assert s3.list_buckets()["Buckets"] == []


def test_cdktf_deploys_what_was_destroyed_again(rehearsal: Rehearsal, deploy_directory: Path) -> None:
    said = _cdktf(rehearsal, "deploy", output=deploy_directory)
    assert "primary_api_gateway_url" in said
    state = deploy_directory.parent / "terraform.warm-standby.tfstate"
    assert json.loads(state.read_text(encoding="utf-8"))["outputs"]["cloudfront_url"]["value"].startswith("https://")


def test_cdktf_destroys_what_it_deployed(rehearsal: Rehearsal, deploy_directory: Path) -> None:
    _cdktf(rehearsal, "destroy", output=deploy_directory)
    state = deploy_directory.parent / "terraform.warm-standby.tfstate"
    assert json.loads(state.read_text(encoding="utf-8"))["resources"] == []

"""Deploy with `cdktf`, destroy, and apply again. The tests share one emulator and run in this order."""

import json
import os
import shutil
import subprocess
import uuid
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

LOGGED = "access_logs = true\naccess_log_days = 30\nreserved_concurrency = {health = 5, ingest = 5}"
SHIELDED = 'waf = true\nrate_limit = 5000\nallowed_cidrs = ["203.0.113.0/24", "2001:db8::/32"]'
SHIELD_TYPES = (
    "aws_wafv2_",
    "aws_s3_bucket_logging",
    "aws_cloudwatch_log_delivery",
    "aws_lambda_function",
    "terraform_data",
)

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
    """A rehearsal in the same emulator, with OpenSearch Serverless, one-way replication and a shield in front."""
    text = SETTINGS.read_text(encoding="utf-8").replace("[documents]", '[documents]\nreplication = "one-way"')
    text = text.replace("[operations]", f"[operations]\n{LOGGED}")
    settings = tmp_path_factory.mktemp("opensearch") / "opensearch.toml"
    settings.write_text(
        f'{text}\n[access]\n{SHIELDED}\n[knowledge_base]\nvector_store = "opensearch-serverless"\n', encoding="utf-8"
    )
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


def test_aws_waf_is_in_front_of_the_site_and_of_both_apis(with_opensearch: Rehearsal) -> None:
    deployment = with_opensearch.deployment
    cloudfront = with_opensearch.session("primary").client("cloudfront")
    site = cloudfront.get_distribution_config(Id=deployment.site.distribution_id)["DistributionConfig"]["WebACLId"]
    assert site.startswith("arn:aws:wafv2:us-east-1:000000000000:global/webacl/e2e-site/")
    passes = set()
    for role, region in deployment.regions.items():
        api = region.api_url.removeprefix("https://").partition(".")[0]
        stage = f"arn:aws:apigateway:{region.region}::/restapis/{api}/stages/prod"
        waf = with_opensearch.session(role).client("wafv2")
        rules = {rule["Name"]: rule for rule in waf.get_web_acl_for_resource(ResourceArn=stage)["WebACL"]["Rules"]}
        assert rules["rate-limit"]["Statement"]["RateBasedStatement"]["Limit"] == 5000
        statements = rules["allowed-addresses"]["Statement"]["NotStatement"]["Statement"]["OrStatement"]["Statements"]
        assert len(statements) == 3
        value = statements[-1]["ByteMatchStatement"]["SearchString"]
        [target] = (
            with_opensearch.session(role).client("events").list_targets_by_rule(Rule="e2e-readiness-check")["Targets"]
        )
        assert json.loads(target["Input"])["readinessCheck"]["headers"] == {"x-readiness-check": value.decode()}
        passes.add(uuid.UUID(value.decode()))
    assert len(passes) == 2


def test_the_site_and_the_buckets_are_logged_into_a_bucket_of_each_region(with_opensearch: Rehearsal) -> None:
    for role, region in with_opensearch.deployment.regions.items():
        s3 = with_opensearch.session(role).client("s3")
        logs = f"e2e-logs-000000000000-{region.region}"
        for bucket, folder in ((region.documents_bucket, "docs"), (region.frontend_bucket, "frontend")):
            logged = s3.get_bucket_logging(Bucket=bucket)["LoggingEnabled"]
            assert (logged["TargetBucket"], logged["TargetPrefix"]) == (logs, f"s3/{folder}/")
        [rule] = s3.get_bucket_lifecycle_configuration(Bucket=logs)["Rules"]
        assert rule["Expiration"] == {"Days": 30}
    deliveries = with_opensearch.session("failover").client("logs").describe_deliveries()["deliveries"]
    assert [one["deliverySourceName"] for one in deliveries] == ["e2e-site"]


@pytest.mark.parametrize("package,reserved", [("health", 5), ("ingest", 5), ("query", None)])
def test_executions_are_reserved_for_the_named_functions(
    with_opensearch: Rehearsal, package: str, reserved: int | None
) -> None:
    for role in ("primary", "failover"):
        client = with_opensearch.session(role).client("lambda")
        found = client.get_function(FunctionName=f"e2e-{package}").get("Concurrency", {})
        assert found.get("ReservedConcurrentExecutions") == reserved


@pytest.mark.parametrize("name", [ROLE_NAME, LISTED])
def test_each_listed_role_plans_the_same_data_access_policy(plan_as: PlanAs, name: str) -> None:
    planned = plan_as(name)
    assert planned.returncode == 0, planned.stderr
    changed = planned.stdout.partition("Terraform will perform")[2]  # "" without a change
    assert not [type_ for type_ in ("aws_opensearchserverless_access_policy", *SHIELD_TYPES) if type_ in changed]


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

"""The Terraform module of a release, planned, applied and destroyed by Terraform: no program is on the PATH.

The tests share an emulator without a stack, and run in this order.
"""

import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest

from standby.deployment.manifest import Manifest, parse_manifest
from standby.deployment.sessions import EMULATOR_ACCOUNT, EmulatorSession
from standby.rehearsal.deploy.applier import create_applier
from standby.rehearsal.deploy.override import OVERRIDE_NAME, override
from standby.rehearsal.deploy.terraform import PARALLELISM
from standby.rehearsal.processes.programs import TERRAFORM, find_program
from standby.rehearsal.rehearsal import Rehearsal
from tests.e2e.helpers import ROOT, SETTINGS, send
from toolchain.release.synthesis import POLICY, synthesize, write_module
from warm_standby.settings import STACK_NAME, Settings

Json = dict[str, Any]

VARIABLES: Final[Json] = {
    "name": "module-e2e",
    "primary_region": "us-east-2",
    "failover_region": "ca-central-1",
    "tags": {"project": "warm-standby", "team": "search"},
    "alert_emails": ["oncall@example.com", "other@example.com"],
}
KEPT: Final = ("HOME", "TMPDIR", "TF_PLUGIN_CACHE_DIR", "GOGC", "GOMEMLIMIT")


@dataclass(frozen=True, kw_only=True)
class Workspace:
    """A directory in which Terraform runs, for an emulator, without any program on the PATH."""

    directory: Path
    rehearsal: Rehearsal
    variables: Json = field(default_factory=dict)

    def prepare(self, configuration: Mapping[str, object]) -> None:
        """Point the providers at the emulator, as a rehearsal does, and install them."""
        document = override(configuration, endpoint=self.rehearsal.endpoint, state="terraform.tfstate")
        (self.directory / OVERRIDE_NAME).write_text(json.dumps(document), encoding="utf-8")
        (self.directory / "chosen.auto.tfvars.json").write_text(json.dumps(self.variables), encoding="utf-8")
        self.run("init")

    def run(self, command: str, *arguments: str) -> str:
        options = () if command == "show" else ("-input=false",)
        ran = subprocess.run(
            [find_program(TERRAFORM).path, command, *options, *arguments, "-no-color"],
            cwd=self.directory,
            env=self._environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, (ran.stdout + ran.stderr)[-4000:]
        return ran.stdout

    def plan(self) -> dict[str, Json]:
        """Return the planned values of every resource by its address, and of the outputs."""
        self.run("plan", "-out=saved", f"-parallelism={PARALLELISM}")
        values: Json = json.loads(self.run("show", "-json", "saved"))["planned_values"]
        resources = {one["address"]: one.get("values", {}) for one in values["root_module"]["resources"]}
        return {**resources, **values["outputs"]}

    @property
    def state(self) -> Json:
        """The state that Terraform wrote."""
        state: Json = json.loads((self.directory / "terraform.tfstate").read_text(encoding="utf-8"))
        return state

    def _environment(self) -> dict[str, str]:
        nothing = self.directory / "no-programs"
        nothing.mkdir(exist_ok=True)
        config = self.rehearsal.paths.cli_config
        named = {"TF_CLI_CONFIG_FILE": str(config)} if config.is_file() else {}
        kept = {name: os.environ[name] for name in KEPT if name in os.environ}
        return {**kept, "PATH": str(nothing), "CHECKPOINT_DISABLE": "1", **named}


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsal]:
    """A rehearsal whose emulator has no stack."""
    rehearsal = Rehearsal(project=ROOT, directory=tmp_path_factory.mktemp("module") / "rehearsal", settings=SETTINGS)
    try:
        rehearsal.start()
        yield rehearsal
    finally:
        rehearsal.down()


@pytest.fixture(scope="module")
def module(emulator: Rehearsal, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The module with its defaults."""
    return module_workspace(emulator, tmp_path_factory.mktemp("defaults") / "module")


@pytest.fixture(scope="module")
def deployed(emulator: Rehearsal, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The module with other values, applied with the policy that the module has for its deployer."""
    workspace = module_workspace(emulator, tmp_path_factory.mktemp("chosen") / "module", **VARIABLES)
    allow(emulator, workspace.directory, name=VARIABLES["name"])
    workspace.run("apply", "-auto-approve", f"-parallelism={PARALLELISM}")
    return workspace


@pytest.fixture(scope="module")
def manifest(deployed: Workspace) -> Manifest:
    return parse_manifest(deployed.state["outputs"]["manifest"]["value"])


def module_workspace(rehearsal: Rehearsal, directory: Path, **variables: object) -> Workspace:
    write_module(directory, version="0.1.0")
    workspace = Workspace(directory=directory, rehearsal=rehearsal, variables=variables)
    workspace.prepare(json.loads((directory / "main.tf.json").read_text(encoding="utf-8")))
    return workspace


def allow(rehearsal: Rehearsal, module: Path, *, name: str) -> None:
    """Give the role that applies the policy of the module, and no other."""
    assert rehearsal.emulator is not None
    policy = (module / POLICY).read_text(encoding="utf-8").replace("NAME", name).replace("ACCOUNT", EMULATOR_ACCOUNT)
    create_applier(rehearsal.emulator, policy=json.loads(policy))


def comparable(planned: dict[str, Json]) -> dict[str, Json]:
    """Return the values without the time of the plan, and without the directories of files."""
    without = {address: dict(values) for address, values in planned.items()}
    for values in without.values():
        for name in ("filename", "source"):
            if isinstance(values.get(name), str):
                values[name] = Path(values[name]).name
        if str(values.get("description", "")).startswith("What the operator's tool needs to know"):
            del values["description"]
    return without


def test_the_module_with_its_defaults_has_the_plan_of_the_synthesized_stack(
    emulator: Rehearsal, module: Workspace, tmp_path: Path
) -> None:
    configuration = synthesize(Settings.load(ROOT / "standby.toml"), tmp_path)
    allow(emulator, module.directory, name="chatbot")
    stack = Workspace(directory=tmp_path / "stacks" / STACK_NAME, rehearsal=emulator)
    stack.prepare(configuration)
    planned, expected = comparable(module.plan()), comparable(stack.plan())
    assert len(expected) > 300
    assert {address for address in expected if expected[address] != planned.get(address)} == set()
    assert planned.keys() == expected.keys()


def test_the_module_is_applied_without_python_and_node(deployed: Workspace, manifest: Manifest) -> None:
    managed = [resource for resource in deployed.state["resources"] if resource["mode"] == "managed"]
    assert sum(len(resource["instances"]) for resource in managed) > 300
    assert manifest.name == VARIABLES["name"]
    assert {role: region.region for role, region in manifest.regions.items()} == {
        role: VARIABLES[f"{role}_region"] for role in ("primary", "failover")
    }


@pytest.mark.parametrize("role", ["primary", "failover"])
def test_both_regions_of_the_module_are_healthy(emulator: Rehearsal, manifest: Manifest, role: str) -> None:
    answer = send("GET", manifest.regions[role].health_url, endpoint=emulator.endpoint)  # type: ignore[index]
    assert (answer.status, json.loads(answer.data)["status"]) == (200, "healthy")


@pytest.mark.parametrize("role", ["primary", "failover"])
def test_tags_and_addresses_are_those_of_the_variables(emulator: Rehearsal, manifest: Manifest, role: str) -> None:
    region = manifest.regions[role]  # type: ignore[index]
    session = EmulatorSession(region=region.region, endpoint=emulator.endpoint)
    tags = session.client("s3").get_bucket_tagging(Bucket=region.documents_bucket)["TagSet"]
    assert VARIABLES["tags"].items() <= {tag["Key"]: tag["Value"] for tag in tags}.items()
    found = session.client("sns").list_subscriptions_by_topic(TopicArn=region.alert_topic_arn)["Subscriptions"]
    assert {one["Endpoint"] for one in found if one["Protocol"] == "email"} == set(VARIABLES["alert_emails"])


def test_terraform_destroys_everything_that_the_module_made(deployed: Workspace, emulator: Rehearsal) -> None:
    deployed.run("destroy", "-auto-approve", f"-parallelism={PARALLELISM}")
    assert deployed.state["resources"] == []
    session = EmulatorSession(region=VARIABLES["primary_region"], endpoint=emulator.endpoint)
    assert session.client("s3").list_buckets()["Buckets"] == []

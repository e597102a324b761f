"""The whole stack over the state of an applied one: what belongs to another deployment is refused, and nothing else."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from standby.rehearsal.deploy.override import OVERRIDE_NAME, override
from standby.rehearsal.deploy.synth import SynthesizedStack, synthesize
from standby.rehearsal.deploy.terraform import terraform_environment
from standby.rehearsal.files.paths import RehearsalPaths
from standby.rehearsal.rehearsal import Rehearsal
from tests.e2e.helpers import ROOT, SETTINGS

State = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Copy:
    """A second directory with a copy of the rehearsal's state, for the same emulator. It applies nothing."""

    paths: RehearsalPaths
    endpoint: str
    state: State

    def plan(
        self,
        settings: str,
        *,
        change: Callable[[State], object] = lambda _: None,
        options: tuple[str, ...] = (),
        own_accounts: bool = False,
    ) -> "subprocess.CompletedProcess[str]":
        """Plan with settings and a changed copy of the state. `own_accounts`: the settings' accounts are not replaced."""
        file = self.paths.directory / "copy.toml"
        file.write_text(settings, encoding="utf-8")
        stack = synthesize(self.paths, settings=file)
        state: State = json.loads(json.dumps(self.state))
        change(state)
        self.paths.state.write_text(json.dumps(state), encoding="utf-8")
        relative = os.path.relpath(self.paths.state, stack.directory)
        changed: dict[str, Any] = override(stack.configuration(), endpoint=self.endpoint, state=relative)
        for block in changed["provider"]["aws"] if own_accounts else ():
            del block["allowed_account_ids"]
        (stack.directory / OVERRIDE_NAME).write_text(json.dumps(changed), encoding="utf-8")
        assert self._run(stack, "init", "-reconfigure").returncode == 0
        return self._run(stack, "plan", "-lock=false", *options)

    def _run(self, stack: SynthesizedStack, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            ["terraform", *arguments, "-no-color", "-input=false"],
            cwd=stack.directory,
            env=terraform_environment(self.paths),
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture(scope="module")
def copy(rehearsal: Rehearsal, tmp_path_factory: pytest.TempPathFactory) -> Copy:
    paths = RehearsalPaths(project=ROOT, directory=tmp_path_factory.mktemp("copy"))
    if rehearsal.paths.cli_config.is_file():
        shutil.copy(rehearsal.paths.cli_config, paths.cli_config)
    state: State = json.loads(rehearsal.paths.state.read_text(encoding="utf-8"))
    return Copy(paths=paths, endpoint=rehearsal.endpoint, state=state)


def _settings(extra: str = "") -> str:
    return SETTINGS.read_text(encoding="utf-8") + extra


def _as_an_older_version(state: State) -> None:
    state["resources"] = [resource for resource in state["resources"] if resource["type"] != "terraform_data"]
    for resource in state["resources"]:
        if (resource["mode"], resource["type"]) == ("managed", "aws_ssm_parameter"):
            for instance in resource["instances"]:
                instance["attributes"]["description"] = "What the operator's tool needs to know of this deployment"


def _empty(state: State) -> None:
    state |= {"resources": [], "outputs": {}}


def _changes(planned: str) -> set[str]:
    """Return the addresses that a plan changes, without the hash that cdktf appends."""
    return set(re.findall(r"^  # (\S+?)_[0-9A-F]{8} (?:will|must) be", planned, re.MULTILINE))


@pytest.mark.parametrize("options", [(), ("-destroy",)], ids=["plan", "destroy"])
def test_other_regions_are_refused_before_anything_is_planned(copy: Copy, options: tuple[str, ...]) -> None:
    regions = '\n[regions]\nprimary = "us-east-2"\nfailover = "us-east-1"\n'
    refused = copy.plan(_settings(regions), options=options)
    said = " ".join((refused.stdout + refused.stderr).split())
    assert (refused.returncode, refused.stderr.count("Error: ")) == (1, 1), refused.stderr
    assert "regions.primary = us-west-2, and the settings have us-east-2" in said
    assert 'README.md, "Several environments"' in said
    assert "Plan: " not in said


def test_the_provider_refuses_an_account_that_the_settings_do_not_allow(copy: Copy) -> None:
    allowed = 'allowed_account_ids = ["111122223333"]\n'
    refused = copy.plan(allowed + _settings(), own_accounts=True)
    assert refused.returncode == 1
    assert "AWS account ID not allowed: 000000000000" in " ".join(refused.stderr.split())


def test_a_deployment_that_exists_is_not_planned_again_beside_itself(copy: Copy) -> None:
    refused = copy.plan(_settings(), change=_empty)
    said = " ".join((refused.stdout + refused.stderr).split())
    assert (refused.returncode, refused.stderr.count("Error: ")) == (1, 2), refused.stderr
    for region in ("us-west-2", "us-east-1"):
        assert f"A deployment named e2e is in {region} already, and this state does not have it." in said


def test_a_second_name_is_planned_beside_the_first(copy: Copy) -> None:
    planned = copy.plan(_settings().replace('name = "e2e"', 'name = "e2e-dev"'), change=_empty)
    assert planned.returncode == 0, planned.stderr
    assert re.search(r"Plan: \d+ to add, 0 to change, 0 to destroy", planned.stdout)


def test_the_state_of_an_older_version_gets_its_identity_and_no_second_manifest(copy: Copy) -> None:
    planned = copy.plan(_settings(), change=_as_an_older_version)
    assert planned.returncode == 0, planned.stderr
    assert "terraform_data.identity_first_apply" in _changes(planned.stdout)
    assert not any(address.startswith("aws_ssm_parameter.") for address in _changes(planned.stdout))

"""A rehearsal by OpenTofu. A fake program replaces it, because no package index brings the real one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from standby.rehearsal.deploy.terraform import TerraformFailedError
from standby.rehearsal.rehearsal import Rehearsal
from tests.standby.rehearsal.deploy.helpers import FakeTerraform

CHANGE = "-json -auto-approve -input=false -parallelism=40 -lock-timeout=20s"


@pytest.fixture
def rehearsal(project: Path, fake_terraform: FakeTerraform) -> Iterator[Rehearsal]:
    rehearsal = Rehearsal(project=project)
    yield rehearsal
    rehearsal.down()


@pytest.fixture
def opentofu(fake_terraform: FakeTerraform, monkeypatch: pytest.MonkeyPatch) -> FakeTerraform:
    """OpenTofu. Its name is given, because this machine may have Terraform."""
    fake_terraform.become_opentofu()
    monkeypatch.setenv("TERRAFORM_BINARY_NAME", "tofu")
    return fake_terraform


def test_opentofu_applies_and_destroys_with_the_arguments_that_it_shares_with_terraform(
    rehearsal: Rehearsal, opentofu: FakeTerraform
) -> None:
    rehearsal.apply()
    rehearsal.destroy()
    assert opentofu.command_lines() == [
        "init -input=false -no-color -reconfigure",
        f"apply {CHANGE}",
        f"destroy {CHANGE}",
    ]


def test_an_error_names_the_program_that_failed(rehearsal: Rehearsal, opentofu: FakeTerraform) -> None:
    opentofu.respond(apply={"code": 1, "events": []})
    with pytest.raises(TerraformFailedError, match=r"^tofu apply failed:"):
        rehearsal.apply()


def test_a_rehearsal_that_changes_to_opentofu_installs_its_provider_anew(
    rehearsal: Rehearsal, fake_terraform: FakeTerraform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("standby.rehearsal.deploy.deployer.find_mirror", lambda **_: None)
    rehearsal.apply()
    fake_terraform.become_opentofu()
    monkeypatch.setenv("TERRAFORM_BINARY_NAME", "tofu")
    rehearsal.destroy()
    assert fake_terraform.calls() == ["init", "apply", "init", "destroy"]

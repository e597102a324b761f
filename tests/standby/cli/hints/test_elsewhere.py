"""A command that finds no rehearsal names each one that is up in another directory, and the command for it."""

import json
import shutil
from pathlib import Path
from typing import Final

import pytest
from click.testing import CliRunner

from standby import target
from standby.cli.main import cli
from standby.errors import NoDeploymentError, StandbyError
from standby.rehearsal.files.paths import RehearsalPaths
from standby.target import SHELL_DIRECTORY_VARIABLE, TargetOptions
from tests.standby.helpers import words
from tests.standby.manifests import manifest_text
from tests.standby.test_target import ENDED, start

OTHER: Final = ".rehearsal-dev"
NAME: Final = json.loads(manifest_text())["name"]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a rehearsal that is up in another directory than the default one. The account does not answer."""

    def refused(_: TargetOptions) -> None:
        raise NoDeploymentError("AWS, default credentials: no credentials.", hint="Sign in.")

    monkeypatch.setattr(target, "_connect_to_aws", refused)
    monkeypatch.delenv(SHELL_DIRECTORY_VARIABLE, raising=False)
    project = (tmp_path / "project").resolve()
    project.mkdir()
    for name in ("main.py", "cdktf.json"):
        (project / name).write_text("{}")
    monkeypatch.chdir(project)
    start(RehearsalPaths(project=project, directory=project / OTHER))
    return project


def run(*arguments: str) -> str:
    """Run a command and return all that it prints, in one line."""
    return words(CliRunner().invoke(cli, arguments).output)


def named(command: str, *, directory: str = OTHER) -> str:
    """Return the sentence about the rehearsal that is up."""
    return f"The rehearsal in {directory} is up ({NAME}): `{command}` works on it."


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize(
    "arguments,command",
    [
        (("status",), "standby --directory .rehearsal-dev status"),
        (("failover", "--reason", "a b"), "standby --directory .rehearsal-dev failover --reason 'a b'"),
        (("failover", "--reason", "`x`"), "standby --directory .rehearsal-dev COMMAND"),
        (("journal",), "standby --directory .rehearsal-dev journal"),
        (("automatic", "status"), "standby --directory .rehearsal-dev automatic status"),
        (("review",), "standby --directory .rehearsal-dev review"),
        (("drill", "--scenario", "api-lost"), "standby --directory .rehearsal-dev drill --scenario api-lost"),
        (("--name", "other", "status"), "standby --directory .rehearsal-dev status"),
        (("--directory", ".rehearsal-typo", "status"), "standby --directory .rehearsal-dev status"),
        (("rehearse", "status"), "standby rehearse --directory .rehearsal-dev status"),
        (("rehearse", "down"), "standby rehearse --directory .rehearsal-dev down"),
        (("rehearse", "heal"), "standby rehearse --directory .rehearsal-dev heal"),
        (("rehearse", "env"), "standby rehearse --directory .rehearsal-dev env"),
        (
            ("rehearse", "fault", "region-down", "primary"),
            "standby rehearse --directory .rehearsal-dev fault region-down primary",
        ),
        (("rehearse", "logs"), "standby rehearse --directory .rehearsal-dev logs"),
        (("rehearse", "--directory=x", "logs"), "standby rehearse --directory .rehearsal-dev logs"),
        (("rehearse", "--directory", "x", "token"), "standby rehearse --directory .rehearsal-dev token"),
    ],
)
def test_a_command_that_finds_nothing_names_the_rehearsal_that_is_up(arguments: tuple[str, ...], command: str) -> None:
    assert named(command) in run(*arguments)


def test_a_default_rehearsal_that_cannot_be_used_names_the_other_one_too(project: Path) -> None:
    start(RehearsalPaths(project=project, directory=project / ".rehearsal"), ENDED)
    said = run("status")
    assert "has ended" in said
    assert named("standby --directory .rehearsal-dev status") in said


def test_the_settings_of_another_deployment_name_the_rehearsal_of_that_one(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start(RehearsalPaths(project=project, directory=project / ".rehearsal"))
    (project / "dev.toml").write_text('name = "other"\n')
    monkeypatch.setenv("STANDBY_SETTINGS", "dev.toml")
    for arguments, command in (
        (("status",), "standby --directory .rehearsal-dev status"),
        (("rehearse", "heal"), "standby rehearse --directory .rehearsal-dev heal"),
    ):
        said = run(*arguments)
        assert named(command) in said
        assert "The rehearsal in .rehearsal is up" not in said  # it is the one that is refused


def test_another_project_is_named_with_its_rehearsal(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    command = f"standby rehearse --project {project} --directory project/.rehearsal-dev status"
    assert named(command, directory="project/.rehearsal-dev") in run("rehearse", "--project", str(project), "status")
    command = f"standby rehearse --project {project} --directory project/.rehearsal-dev logs"
    assert named(command, directory="project/.rehearsal-dev") in run("rehearse", "--project", str(project), "logs")


@pytest.mark.parametrize("options", [("--aws",), ("--profile", "ops"), ("--region", "us-west-2")], ids=" ".join)
@pytest.mark.usefixtures("project")
def test_a_user_who_names_an_account_is_told_of_no_rehearsal(options: tuple[str, ...]) -> None:
    said = run(*options, "status")
    assert "no credentials" in said
    assert OTHER not in said


def test_a_rehearsal_whose_emulator_has_ended_is_not_named(project: Path) -> None:
    start(RehearsalPaths(project=project, directory=project / OTHER), ENDED)
    for arguments in (("status",), ("rehearse", "status"), ("rehearse", "logs")):
        assert OTHER not in run(*arguments)


def test_a_copy_of_a_rehearsal_is_not_named(project: Path) -> None:
    shutil.copytree(project / OTHER, project / ".rehearsal-copy")
    assert ".rehearsal-copy" not in run("status")


@pytest.mark.usefixtures("project")
def test_an_error_in_the_deployment_itself_names_no_other_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def failed(_: TargetOptions) -> None:
        raise StandbyError("It failed.")

    monkeypatch.setattr(target, "_connect_to_aws", failed)
    assert OTHER not in run("failover")


@pytest.mark.usefixtures("project")
def test_the_json_document_of_the_error_has_the_sentence() -> None:
    document = json.loads(CliRunner().invoke(cli, ["status", "--json"]).stdout)
    assert named("standby --directory .rehearsal-dev status --json") in words(document["error"])


def test_the_group_rehearse_repeats_its_own_directory_and_not_that_of_the_shell(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hint named the default rehearsal, which was not up."""
    hint = "`standby rehearse{} up --access oidc`"
    assert hint.format(f" --directory {OTHER}") in run("rehearse", "--directory", OTHER, "token")
    everywhere = f" --project {project} --directory {OTHER}"
    assert hint.format(everywhere) in run("rehearse", "--project", str(project), "--directory", OTHER, "token")
    monkeypatch.setenv(SHELL_DIRECTORY_VARIABLE, str(project / OTHER))
    assert hint.format("") in run("rehearse", "token")


@pytest.mark.usefixtures("project")
def test_a_directory_before_the_group_rehearse_is_named_where_it_belongs() -> None:
    said = run("--directory", OTHER, "rehearse", "status")
    assert said.endswith(f"cannot use --directory. `standby rehearse --directory {OTHER} COMMAND`")

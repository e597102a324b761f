"""A rehearsal uses only its own directory, one command changes it at a time, and none does during a drill."""

import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from standby.cli.main import cli
from standby.errors import RefusedError
from standby.rehearsal.files.lock import create_directory, drill_lock, exclude_drills
from standby.rehearsal.files.paths import RehearsalPaths
from standby.rehearsal.rehearsal import Rehearsal
from tests.standby.helpers import words
from tests.standby.rehearsal.deploy.helpers import FakeTerraform

OTHER_FILES = (
    "terraform.tfstate",
    "old.terraform.tfstate.bak",
    "faults.json",
    "home/notes.txt",
    "tmp/notes.txt",
    "cdktf.out/notes.txt",
    "main.tf",
)


@pytest.fixture
def other_files(tmp_path: Path) -> Path:
    """A Terraform project of the user, with files of the same names as a rehearsal's."""
    directory = tmp_path / "other"
    for name in OTHER_FILES:
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_text("{}")
    return directory


def files(directory: Path) -> dict[str, str]:
    return {str(path.relative_to(directory)): path.read_text() for path in directory.rglob("*") if path.is_file()}


@pytest.mark.parametrize("command", ["up", "down", "heal"])
def test_a_directory_with_other_files_is_refused_and_nothing_in_it_is_changed(
    project: Path, fake_terraform: FakeTerraform, other_files: Path, command: str
) -> None:
    before = files(other_files)
    where = ["--project", str(project), "--directory", str(other_files)]
    result = CliRunner().invoke(cli, ["rehearse", *where, command])
    assert result.exit_code == 3
    said = words(result.stderr)
    assert f"Error: {other_files} contains files that no rehearsal created. Nothing was changed." in said
    assert files(other_files) == before


def test_an_empty_directory_is_marked_before_anything_else_is_in_it(tmp_path: Path) -> None:
    paths = RehearsalPaths(project=tmp_path, directory=tmp_path / "empty")
    paths.directory.mkdir()
    create_directory(paths)
    assert list(paths.directory.iterdir()) == [paths.marker]
    (paths.directory / "more").touch()
    create_directory(paths)


@pytest.mark.parametrize("name", [".rehearsal", "elsewhere"])
def test_records_without_a_marker_are_refused(tmp_path: Path, name: str) -> None:
    paths = RehearsalPaths(project=tmp_path, directory=tmp_path / name)
    paths.directory.mkdir()
    paths.emulator_record.write_text("{}")
    with pytest.raises(RefusedError, match="contains files that no rehearsal created"):
        create_directory(paths)


def test_other_files_in_the_default_directory_are_refused(tmp_path: Path) -> None:
    paths = RehearsalPaths(project=tmp_path, directory=tmp_path / ".rehearsal")
    paths.directory.mkdir()
    (paths.directory / "home").mkdir()
    with pytest.raises(RefusedError):
        create_directory(paths)


def test_down_does_not_remove_an_empty_directory(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert Rehearsal(project=tmp_path, directory=tmp_path / "empty").down() == 0
    assert (tmp_path / "empty").is_dir()


def test_a_second_drill_is_refused_and_no_file_remains(tmp_path: Path) -> None:
    paths = RehearsalPaths(project=tmp_path, directory=tmp_path)
    who = rf"in use by standby drill, process {os.getpid()}, since 20"
    with (
        drill_lock(paths, command="standby drill"),
        pytest.raises(RefusedError, match=who),
        drill_lock(paths, command="another"),
    ):
        pass
    with drill_lock(paths, command="standby drill") as killed:
        assert not killed
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("arguments", [["up"], ["down"], ["heal"], ["fault", "region-down", "primary"]])
def test_a_command_that_breaks_heals_or_stops_a_rehearsal_is_refused_during_a_drill(
    project: Path, arguments: list[str]
) -> None:
    paths = RehearsalPaths(project=project, directory=project / ".rehearsal")
    create_directory(paths)
    files = set(paths.directory.iterdir())
    with drill_lock(paths, command="standby drill"):
        result = CliRunner().invoke(cli, ["rehearse", "--project", str(project), *arguments])
    assert result.exit_code == 3
    assert f"This rehearsal is in use by standby drill, process {os.getpid()}, since 20" in words(result.stderr)
    assert set(paths.directory.iterdir()) == files


def test_a_drill_is_refused_while_other_commands_break_the_rehearsal(tmp_path: Path) -> None:
    paths = RehearsalPaths(project=tmp_path, directory=tmp_path)
    with (
        exclude_drills(paths),
        exclude_drills(paths),
        pytest.raises(RefusedError, match="in use by another process"),
        drill_lock(paths, command="standby drill"),
    ):
        pass


def test_the_next_drill_knows_that_the_last_one_was_killed_and_no_message_names_it(tmp_path: Path) -> None:
    paths = RehearsalPaths(project=tmp_path, directory=tmp_path)
    paths.drill_lock_holder.write_text('{"pid": 4194305, "command": "standby drill", "since": "then"}')  # above any pid
    with (
        exclude_drills(paths),
        pytest.raises(RefusedError, match="in use by another process"),
        drill_lock(paths, command="x"),
    ):
        pass
    with drill_lock(paths, command="standby drill") as killed:
        assert killed
    assert list(tmp_path.iterdir()) == []

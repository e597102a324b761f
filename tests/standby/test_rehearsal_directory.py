"""A rehearsal's directory: nobody else's files are touched in one, and it may be moved or copied."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from standby.cli import cli
from standby.errors import RefusedError
from standby.rehearsal import Rehearsal
from standby.rehearsal.claim import take
from standby.rehearsal.layout import Layout
from tests.standby.rehearsal_support import FakeTerraform

STRANGERS = (
    "terraform.tfstate",
    "old.terraform.tfstate.bak",
    "faults.json",
    "home/notes.txt",
    "tmp/notes.txt",
    "cdktf.out/notes.txt",
    "main.tf",
)
SLEEP = "import time; time.sleep(60)"


@pytest.fixture
def strangers(tmp_path: Path) -> Path:
    """Somebody's own Terraform project, with files that are called as a rehearsal's are."""
    directory = tmp_path / "theirs"
    for name in STRANGERS:
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_text("{}")
    return directory


def files(directory: Path) -> dict[str, str]:
    return {str(path.relative_to(directory)): path.read_text() for path in directory.rglob("*") if path.is_file()}


@pytest.mark.parametrize("command", ["up", "down", "heal"])
def test_a_directory_that_holds_somebody_s_files_is_refused_and_nothing_in_it_is_touched(
    project: Path, fake_terraform: FakeTerraform, strangers: Path, command: str
) -> None:
    before = files(strangers)
    where = ["--project", str(project), "--directory", str(strangers)]
    result = CliRunner().invoke(cli, ["rehearse", *where, command])
    assert result.exit_code == 3
    assert f"Error: {strangers} holds files that no rehearsal made; nothing was touched.\n" in result.stderr
    assert files(strangers) == before


def test_an_empty_directory_is_taken_and_marked_before_anything_else_is_in_it(tmp_path: Path) -> None:
    layout = Layout(project=tmp_path, directory=tmp_path / "empty")
    layout.directory.mkdir()
    take(layout)
    assert list(layout.directory.iterdir()) == [layout.marker]
    (layout.directory / "more").touch()
    take(layout)


@pytest.mark.parametrize("name,taken", [(".rehearsal", True), ("elsewhere", False)])
def test_what_an_earlier_version_left_without_a_marker_is_taken_in_the_project_s_own_place(
    tmp_path: Path, name: str, *, taken: bool
) -> None:
    layout = Layout(project=tmp_path, directory=tmp_path / name)
    layout.directory.mkdir()
    layout.emulator_record.write_text("{}")
    if taken:
        take(layout)
        assert layout.marker.is_file()
    else:
        with pytest.raises(RefusedError, match="holds files that no rehearsal made"):
            take(layout)


def test_files_in_the_project_s_own_place_that_no_rehearsal_left_are_refused(tmp_path: Path) -> None:
    layout = Layout(project=tmp_path, directory=tmp_path / ".rehearsal")
    layout.directory.mkdir()
    (layout.directory / "home").mkdir()
    with pytest.raises(RefusedError):
        take(layout)


def test_down_leaves_an_empty_directory_that_it_did_not_make(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert Rehearsal(project=tmp_path, directory=tmp_path / "empty").down() == 0
    assert (tmp_path / "empty").is_dir()

"""A rehearsal's directory: nobody else's files are touched in one, and it may be moved or copied."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from click.testing import CliRunner

from standby.cli.main import cli
from standby.errors import RefusedError
from standby.rehearsal.emulator.emulator import running_emulator, start_emulator, stop_emulator
from standby.rehearsal.files.claim import take
from standby.rehearsal.files.paths import RehearsalPaths
from standby.rehearsal.network.network import read_network
from standby.rehearsal.network.network_record import NetworkRecord, read_record
from standby.rehearsal.processes.process import ProcessIdentity, clean_environment, marked
from standby.rehearsal.rehearsal import Rehearsal
from tests.standby.rehearsal.helpers import FakeTerraform

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
    paths = RehearsalPaths(project=tmp_path, directory=tmp_path / "empty")
    paths.directory.mkdir()
    take(paths)
    assert list(paths.directory.iterdir()) == [paths.marker]
    (paths.directory / "more").touch()
    take(paths)


@pytest.mark.parametrize("name,taken", [(".rehearsal", True), ("elsewhere", False)])
def test_what_an_earlier_version_left_without_a_marker_is_taken_in_the_project_s_own_place(
    tmp_path: Path, name: str, *, taken: bool
) -> None:
    paths = RehearsalPaths(project=tmp_path, directory=tmp_path / name)
    paths.directory.mkdir()
    paths.emulator_record.write_text("{}")
    if taken:
        take(paths)
        assert paths.marker.is_file()
    else:
        with pytest.raises(RefusedError, match="holds files that no rehearsal made"):
            take(paths)


def test_files_in_the_project_s_own_place_that_no_rehearsal_left_are_refused(tmp_path: Path) -> None:
    paths = RehearsalPaths(project=tmp_path, directory=tmp_path / ".rehearsal")
    paths.directory.mkdir()
    (paths.directory / "home").mkdir()
    with pytest.raises(RefusedError):
        take(paths)


def test_down_leaves_an_empty_directory_that_it_did_not_make(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert Rehearsal(project=tmp_path, directory=tmp_path / "empty").down() == 0
    assert (tmp_path / "empty").is_dir()


@pytest.fixture
def running(tmp_path: Path) -> Iterator[RehearsalPaths]:
    """A directory with an emulator that runs, and a process that stands for a front."""
    paths = RehearsalPaths(project=tmp_path / "here", directory=tmp_path / "here" / ".rehearsal")
    take(paths)
    emulator = start_emulator(paths)
    environment = marked(clean_environment(), directory=paths.directory)
    region_proxy = subprocess.Popen([sys.executable, "-c", SLEEP], env=environment)
    NetworkRecord(
        emulator=emulator.record(),
        ports={"edge.tls": 1},
        processes={"edge": ProcessIdentity.of(region_proxy.pid)},
        region_proxies={"us-west-2": "http://127.0.0.1:1"},
    ).write(paths)
    yield paths
    for process in (psutil.Process(pid) for pid in (emulator.identity.pid, region_proxy.pid) if psutil.pid_exists(pid)):
        process.kill()
    region_proxy.wait()


def processes(paths: RehearsalPaths) -> list[psutil.Process]:
    emulator = running_emulator(paths)
    region_proxy = read_record(paths).processes["edge"].process()
    assert emulator is not None
    assert region_proxy is not None
    return [psutil.Process(emulator.identity.pid), region_proxy]


def ended(process: psutil.Process) -> bool:
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def test_a_copied_directory_has_nothing_of_the_original_s_processes(running: RehearsalPaths, tmp_path: Path) -> None:
    originals = processes(running)
    shutil.copytree(running.project, tmp_path / "copy")
    copy = Rehearsal(project=tmp_path / "copy")
    assert copy.emulator is None
    assert read_network(copy.paths) is None
    assert read_record(copy.paths) == NetworkRecord()
    assert copy.down() == 0
    assert not copy.paths.directory.exists()
    assert processes(running) == originals


def test_the_processes_of_a_moved_directory_are_not_used_and_are_ended(running: RehearsalPaths, tmp_path: Path) -> None:
    """They still keep their files where the directory was, and could start no function any more."""
    before = processes(running)
    running.project.rename(tmp_path / "moved")
    moved = Rehearsal(project=tmp_path / "moved")
    assert moved.emulator is None
    assert read_network(moved.paths) is None
    assert moved.down() == 2
    assert all(ended(process) for process in before)
    assert not moved.paths.directory.exists()


def test_a_moved_directory_s_emulator_is_replaced_by_one_of_its_own(running: RehearsalPaths, tmp_path: Path) -> None:
    old, _ = processes(running)
    running.project.rename(tmp_path / "moved")
    paths = RehearsalPaths(project=tmp_path / "moved", directory=tmp_path / "moved" / ".rehearsal")
    emulator = start_emulator(paths)
    try:
        assert ended(old)
        assert running_emulator(paths) == emulator
    finally:
        stop_emulator(paths)


def test_records_of_an_earlier_version_say_no_directory_and_are_believed(running: RehearsalPaths) -> None:
    for record in (running.emulator_record, running.network_record):
        record.write_text(record.read_text().replace('"directory"', '"another"'))
    assert running_emulator(running) is not None
    assert read_network(running) is not None

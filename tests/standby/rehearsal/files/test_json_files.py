"""The records of a rehearsal's processes, in a directory that was moved or copied."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from standby.rehearsal.emulator.emulator import running_emulator, start_emulator, stop_emulator
from standby.rehearsal.files.lock import create_directory
from standby.rehearsal.files.paths import RehearsalPaths
from standby.rehearsal.network.network import NetworkRecord, read_network, read_network_record
from standby.rehearsal.processes.process import ProcessIdentity, clean_environment, mark_environment
from standby.rehearsal.rehearsal import Rehearsal

SLEEP = "import time; time.sleep(60)"


@pytest.fixture
def running(tmp_path: Path) -> Iterator[RehearsalPaths]:
    """A directory with a running emulator, and a process in place of a region proxy."""
    paths = RehearsalPaths(project=tmp_path / "here", directory=tmp_path / "here" / ".rehearsal")
    create_directory(paths)
    emulator = start_emulator(paths)
    environment = mark_environment(clean_environment(), directory=paths.directory)
    region_proxy = subprocess.Popen([sys.executable, "-c", SLEEP], env=environment)
    NetworkRecord(
        emulator=emulator,
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
    region_proxy = read_network_record(paths).processes["edge"].process()
    assert emulator is not None
    assert region_proxy is not None
    return [psutil.Process(emulator.identity.pid), region_proxy]


def has_ended(process: psutil.Process) -> bool:
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def test_a_copied_directory_has_none_of_the_original_s_processes(running: RehearsalPaths, tmp_path: Path) -> None:
    originals = processes(running)
    shutil.copytree(running.project, tmp_path / "copy")
    copy = Rehearsal(project=tmp_path / "copy")
    assert copy.emulator is None
    assert read_network(copy.paths) is None
    assert read_network_record(copy.paths) == NetworkRecord()
    assert copy.down() == 0
    assert not copy.paths.directory.exists()
    assert processes(running) == originals


def test_the_processes_of_a_moved_directory_are_not_used_and_are_stopped(
    running: RehearsalPaths, tmp_path: Path
) -> None:
    """They still use the files at the old path, and could not start a function."""
    before = processes(running)
    running.project.rename(tmp_path / "moved")
    moved = Rehearsal(project=tmp_path / "moved")
    assert moved.emulator is None
    assert read_network(moved.paths) is None
    assert moved.down() == 2
    assert all(has_ended(process) for process in before)
    assert not moved.paths.directory.exists()


def test_the_emulator_of_a_moved_directory_is_replaced(running: RehearsalPaths, tmp_path: Path) -> None:
    old, _ = processes(running)
    running.project.rename(tmp_path / "moved")
    paths = RehearsalPaths(project=tmp_path / "moved", directory=tmp_path / "moved" / ".rehearsal")
    emulator = start_emulator(paths)
    try:
        assert has_ended(old)
        assert running_emulator(paths) == emulator
    finally:
        stop_emulator(paths)


def test_records_without_a_directory_are_ignored(running: RehearsalPaths) -> None:
    for record in (running.emulator_record, running.network_record):
        fields = json.loads(record.read_text())
        assert fields.pop("directory")
        record.write_text(json.dumps(fields))
    assert running_emulator(running) is None
    assert read_network(running) is None

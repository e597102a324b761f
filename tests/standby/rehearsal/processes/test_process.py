"""Processes are known again, and ended, by what they are and not by their number."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from standby.rehearsal.processes import process as processes
from standby.rehearsal.processes.process import ProcessIdentity, clean_environment, marked, ours, stop, stop_all

SLEEP = "import time; time.sleep(60)"
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); {SLEEP}"
WITH_CHILD = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {SLEEP!r}]); print(flush=True); {SLEEP}"


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    stop_all(tmp_path)


def start(code: str, *, directory: Path | None = None) -> "subprocess.Popen[bytes]":
    environment = clean_environment() if directory is None else marked(clean_environment(), directory=directory)
    process = subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE)
    assert process.stdout is not None
    if code != SLEEP:
        process.stdout.readline()
    process.stdout.close()
    return process


def test_a_running_process_is_known_again(directory: Path) -> None:
    process = start(SLEEP, directory=directory)
    assert ProcessIdentity.of(process.pid).process() == psutil.Process(process.pid)
    process.kill()
    process.wait()


def test_a_reused_process_id_is_not_taken_for_ours(directory: Path) -> None:
    process = start(SLEEP, directory=directory)
    identity = ProcessIdentity(pid=process.pid, created=time.time() - 3600)
    assert identity.process() is None
    process.kill()
    process.wait()


def test_a_process_that_ended_is_not_running(directory: Path) -> None:
    process = start(SLEEP, directory=directory)
    identity = ProcessIdentity.of(process.pid)
    process.kill()
    while psutil.Process(process.pid).status() != psutil.STATUS_ZOMBIE:
        time.sleep(0.01)
    assert identity.process() is None
    process.wait()


def test_only_processes_of_this_directory_are_ours(directory: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    mine, other, unmarked = start(SLEEP, directory=directory), start(SLEEP, directory=elsewhere), start(SLEEP)
    assert [process.pid for process in ours(directory)] == [mine.pid]
    assert stop_all(directory) == 1
    assert other.poll() is None
    assert unmarked.poll() is None
    for process in (mine, other, unmarked):
        process.kill()
        process.wait()


def test_children_whose_parent_was_killed_are_ended_too(directory: Path) -> None:
    parent = start(WITH_CHILD, directory=directory)
    parent.kill()
    parent.wait()
    assert stop_all(directory) == 1
    assert ours(directory) == ()


def test_a_process_that_ignores_the_request_is_killed(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "STOP_SECONDS", 0.3)
    process = start(STUBBORN, directory=directory)
    assert stop(ours(directory)) == 1
    assert not psutil.pid_exists(process.pid)
    process.wait()

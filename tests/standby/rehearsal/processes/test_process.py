"""A process is recognized, and stopped, by its identity or its environment, not by its id alone."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from standby.rehearsal.processes import process as processes
from standby.rehearsal.processes.process import (
    ProcessIdentity,
    clean_environment,
    find_processes,
    mark_environment,
    stop,
    stop_all,
)

SLEEP = "import time; time.sleep(60)"
WAIT = "while true; do sleep 0.05; done\n"
IGNORES_SIGTERM = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); {SLEEP}"
# The child says that it runs, because the kernel shows no environment of a program that is being started.
CHILD = f"print(flush=True); {SLEEP}"
WITH_CHILD = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {CHILD!r}]); {SLEEP}"


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    stop_all(tmp_path)


def start(code: str, *, directory: Path | None = None) -> "subprocess.Popen[bytes]":
    environment = (
        clean_environment() if directory is None else mark_environment(clean_environment(), directory=directory)
    )
    process = subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE)
    assert process.stdout is not None
    if code != SLEEP:
        process.stdout.readline()
    process.stdout.close()
    return process


def test_a_running_process_is_recognized(directory: Path) -> None:
    process = start(SLEEP, directory=directory)
    assert ProcessIdentity.of(process.pid).process() == psutil.Process(process.pid)
    process.kill()
    process.wait()


def test_a_reused_process_id_is_not_recognized(directory: Path) -> None:
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


def test_only_processes_of_the_directory_are_found(directory: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    mine, other, unmarked = start(SLEEP, directory=directory), start(SLEEP, directory=elsewhere), start(SLEEP)
    assert [process.pid for process in find_processes(directory)] == [mine.pid]
    assert stop_all(directory) == 1
    assert other.poll() is None
    assert unmarked.poll() is None
    for process in (mine, other, unmarked):
        process.kill()
        process.wait()


@pytest.mark.parametrize("name", ["terraform", "tofu"])
def test_terraform_and_opentofu_are_interrupted_so_that_they_write_their_state(directory: Path, name: str) -> None:
    program = directory / name
    program.write_text(f"#!/bin/sh\ntrap 'echo interrupted > {directory}/ended; exit' INT\necho\n{WAIT}")
    program.chmod(0o755)
    environment = mark_environment(clean_environment(), directory=directory)
    with subprocess.Popen([program], env=environment, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert stop_all(directory) >= 1
    assert (directory / "ended").read_text() == "interrupted\n"


def test_children_whose_parent_was_killed_are_stopped_too(directory: Path) -> None:
    parent = start(WITH_CHILD, directory=directory)
    parent.kill()
    parent.wait()
    assert stop_all(directory) == 1
    assert find_processes(directory) == ()


def test_a_process_that_ignores_the_signal_is_killed(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "STOP_SECONDS", 0.3)
    process = start(IGNORES_SIGTERM, directory=directory)
    assert stop(find_processes(directory)) == 1
    assert not psutil.pid_exists(process.pid)
    process.wait()

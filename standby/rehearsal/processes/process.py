"""The processes of a rehearsal: how a later command recognizes them, and how they are stopped.

A process id alone proves nothing, because the system uses ids again. A process belongs to a rehearsal if its id and
its creation time are the recorded ones, or if its environment has the variable that all processes of the directory
inherit.
"""

import os
import signal
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

import psutil

from standby.deadline import poll
from standby.json_model import JsonModel

DIRECTORY_VARIABLE: Final = "STANDBY_REHEARSAL_DIRECTORY"
STOP_SECONDS: Final = 10.0
POLL_SECONDS: Final = 0.02
CREATION_TIME_TOLERANCE_SECONDS: Final = 0.05


class ProcessIdentity(JsonModel):
    """A process: its id, and when it was created (seconds since the epoch)."""

    pid: int
    created: float

    @classmethod
    def of(cls, pid: int) -> "ProcessIdentity":
        """Return the identity of a running process. Raises `psutil.NoSuchProcess` when it has ended."""
        return cls(pid=pid, created=psutil.Process(pid).create_time())

    def process(self) -> psutil.Process | None:
        """Return the process while it runs, None if it has ended or if its id now belongs to another process."""
        with suppress(psutil.Error):
            process = psutil.Process(self.pid)
            same = abs(process.create_time() - self.created) < CREATION_TIME_TOLERANCE_SECONDS
            if same and process.status() != psutil.STATUS_ZOMBIE:
                return process
        return None


def clean_environment(*, keep: Iterable[str] = ("PATH", "LANG", "LC_ALL", "SYSTEMROOT")) -> dict[str, str]:
    """Return only the variables of this environment that do not change what a program does."""
    return {name: os.environ[name] for name in keep if name in os.environ}


def mark_environment(environment: Mapping[str, str], *, directory: Path) -> dict[str, str]:
    """Return the environment with the variable that names the rehearsal's directory. Child processes inherit it."""
    return {**environment, DIRECTORY_VARIABLE: str(directory)}


def find_processes(directory: Path) -> tuple[psutil.Process, ...]:
    """Return the running processes whose environment names the rehearsal in `directory`."""
    return tuple(process for process in psutil.process_iter() if _is_marked(process, directory=str(directory)))


def stop(processes: Iterable[psutil.Process], *, with_signal: signal.Signals = signal.SIGTERM) -> int:
    """Send each process the signal, wait, and kill those that have not ended. Returns the number of processes."""
    signaled = tuple(processes)
    for process in signaled:
        with suppress(psutil.Error):
            process.send_signal(with_signal)
            process.resume()  # a suspended process (a fault of the rehearsal) receives no signal
    _wait_until_ended(signaled)
    for process in signaled:
        if not _has_ended(process):
            with suppress(psutil.Error):
                process.kill()
    _wait_until_ended(signaled)
    return len(signaled)


def stop_all(directory: Path) -> int:
    """Stop every process of the rehearsal in `directory`, recorded or not. Returns the number of processes."""
    # Terraform writes its state when it is interrupted, and needs its provider until then.
    found = find_processes(directory)
    terraform = [process for process in found if _is_terraform(process)]
    return stop(terraform, with_signal=signal.SIGINT) + stop(find_processes(directory)) if found else 0


def _is_marked(process: psutil.Process, *, directory: str) -> bool:
    with suppress(psutil.Error, OSError):
        return process.environ().get(DIRECTORY_VARIABLE) == directory and process.status() != psutil.STATUS_ZOMBIE
    return False


def _wait_until_ended(processes: tuple[psutil.Process, ...]) -> None:
    poll(lambda: all(map(_has_ended, processes)), seconds=STOP_SECONDS, pause=POLL_SECONDS)


def _has_ended(process: psutil.Process) -> bool:
    with suppress(psutil.Error):
        if process.status() != psutil.STATUS_ZOMBIE:
            return not process.is_running()
        process.wait(timeout=0)  # reaps a child of this program; the zombie of another program counts as ended
    return True


def _is_terraform(process: psutil.Process) -> bool:
    with suppress(psutil.Error):
        return Path(process.name()).stem in {"terraform", "tofu"}
    return False

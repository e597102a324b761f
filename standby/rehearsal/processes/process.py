"""The processes that a rehearsal starts, how they are known again later, and how they are ended.

A process id alone proves nothing: ids are reused. A process is ours when its id and its creation time are those we
wrote down, or when its environment carries the mark that every process of this directory is started with.
"""

import os
import signal
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil

MARK: Final = "STANDBY_REHEARSAL_DIRECTORY"
STOP_SECONDS: Final = 10.0
POLL_SECONDS: Final = 0.02
CREATION_TIME_TOLERANCE_SECONDS: Final = 0.05


@dataclass(frozen=True, kw_only=True)
class ProcessIdentity:
    """Which process: its id, and when it was created (seconds since the epoch)."""

    pid: int
    created: float

    @classmethod
    def of(cls, pid: int) -> "ProcessIdentity":
        """Return the identity of a running process. Raises `psutil.NoSuchProcess` when it has ended."""
        return cls(pid=pid, created=psutil.Process(pid).create_time())

    def process(self) -> psutil.Process | None:
        """Return the process while it runs, None when it ended or when its id belongs to another one now."""
        with suppress(psutil.Error):
            process = psutil.Process(self.pid)
            same = abs(process.create_time() - self.created) < CREATION_TIME_TOLERANCE_SECONDS
            if same and process.status() != psutil.STATUS_ZOMBIE:
                return process
        return None


def clean_environment(*, keep: Iterable[str] = ("PATH", "LANG", "LC_ALL", "SYSTEMROOT")) -> dict[str, str]:
    """Return the few variables of this environment that do not change what a program does."""
    return {name: os.environ[name] for name in keep if name in os.environ}


def marked(environment: Mapping[str, str], *, directory: Path) -> dict[str, str]:
    """Return `environment` with the mark of the rehearsal in `directory`; children inherit it."""
    return {**environment, MARK: str(directory)}


def ours(directory: Path) -> tuple[psutil.Process, ...]:
    """Return the running processes that carry the mark of the rehearsal in `directory`."""
    return tuple(process for process in psutil.process_iter() if _carries(process, mark=str(directory)))


def _carries(process: psutil.Process, *, mark: str) -> bool:
    with suppress(psutil.Error, OSError):
        return process.environ().get(MARK) == mark and process.status() != psutil.STATUS_ZOMBIE
    return False


def stop(processes: Iterable[psutil.Process], *, how: signal.Signals = signal.SIGTERM) -> int:
    """End processes: ask with the signal `how`, wait, then kill what is left. Returns how many there were."""
    asked = tuple(processes)
    for process in asked:
        with suppress(psutil.Error):
            process.send_signal(how)
            process.resume()  # one that is stopped (a fault of a rehearsal) would never hear of it
    _wait(asked)
    for process in asked:
        if not _ended(process):
            with suppress(psutil.Error):
                process.kill()
    _wait(asked)
    return len(asked)


def _wait(processes: tuple[psutil.Process, ...]) -> None:
    deadline = time.monotonic() + STOP_SECONDS
    while time.monotonic() < deadline and not all(_ended(process) for process in processes):
        time.sleep(POLL_SECONDS)


def _ended(process: psutil.Process) -> bool:
    with suppress(psutil.Error):
        if process.status() != psutil.STATUS_ZOMBIE:
            return not process.is_running()
        process.wait(timeout=0)  # a child of this program is reaped; for another's, its own parent is not waited for
    return True


def stop_all(directory: Path) -> int:
    """End every process of the rehearsal in `directory`, also those whose record was lost. Returns how many."""
    # Terraform ends in good order on an interrupt (it writes its state); its provider must outlive it for that.
    found = ours(directory)
    terraform = [process for process in found if _is_terraform(process)]
    return stop(terraform, how=signal.SIGINT) + stop(ours(directory)) if found else 0


def _is_terraform(process: psutil.Process) -> bool:
    with suppress(psutil.Error):
        return Path(process.name()).stem == "terraform"
    return False

"""Processes of the rehearsal that outlive the command which started them: the fronts, the edge and its cache."""

import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil

from standby.errors import StandbyError
from standby.rehearsal.files.paths import RehearsalPaths
from standby.rehearsal.processes.process import ProcessIdentity, clean_environment, marked, stop

START_SECONDS: Final = 20.0
POLL_SECONDS: Final = 0.02
_LAST_LINES: Final = 6


@dataclass(frozen=True, kw_only=True)
class Daemon:
    """A program to run: its name, its command, and how one sees that it is ready."""

    name: str
    command: tuple[str, ...]
    ready: Callable[[], bool]

    def log(self, paths: RehearsalPaths) -> Path:
        """Return the file of what it prints."""
        return paths.network / f"{self.name}.log"


def start_daemon(paths: RehearsalPaths, daemon: Daemon) -> ProcessIdentity:
    """Start the program in a session of its own and wait until it is ready. Raises `StandbyError` when it is not."""
    paths.home.mkdir(parents=True, exist_ok=True)
    paths.network.mkdir(parents=True, exist_ok=True)
    with daemon.log(paths).open("ab") as log:
        process = subprocess.Popen(
            daemon.command,
            cwd=paths.directory,
            env=_environment(paths),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        identity = ProcessIdentity.of(process.pid)
        _wait_until_ready(paths, daemon, process)
    except BaseException:
        process.kill()
        process.wait()
        raise
    process.returncode = 0  # it outlives this program: Popen need not warn that nobody waits for it
    return identity


def stop_daemon(identity: ProcessIdentity) -> None:
    """End the process where it still runs, at once."""
    process = identity.process()
    if process is not None:
        stop((process,), how=signal.SIGKILL)


def resume(identity: ProcessIdentity) -> psutil.Process | None:
    """Let a stopped process go on. Returns the process, None when it has ended."""
    process = identity.process()
    if process is not None:
        with suppress(psutil.Error):
            process.resume()
    return process


def _wait_until_ready(paths: RehearsalPaths, daemon: Daemon, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        if daemon.ready():
            return
        time.sleep(POLL_SECONDS)
    lines = daemon.log(paths).read_text(encoding="utf-8", errors="replace").splitlines()[-_LAST_LINES:]
    raise StandbyError(
        "\n".join((f"The {daemon.name} did not start:", *lines)),
        hint=f"See {daemon.log(paths)}. `standby rehearse up` takes other ports where these are taken.",
    )


def _environment(paths: RehearsalPaths) -> Mapping[str, str]:
    environment = {**clean_environment(), "HOME": str(paths.home), "PYTHONUNBUFFERED": "1"}
    return marked(environment, directory=paths.directory)

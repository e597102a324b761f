"""Daemons: the emulator, the region proxies, the edge and its cache. They outlive the command that starts them."""

import errno
import signal
import subprocess
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Final

import psutil
import urllib3

from standby.deadline import poll
from standby.errors import StandbyError
from standby.machine import OUTPUT_ERRORS, find_machine_error, require_space, with_load
from standby.rehearsal.files.paths import RehearsalPaths
from standby.rehearsal.processes.process import ProcessIdentity, clean_environment, mark_environment, stop

READY_SECONDS: Final = 20.0
POLL_SECONDS: Final = 0.05
_LAST_LOG_LINES: Final = 10


class DaemonStartError(StandbyError):
    """A daemon ended, or was not ready in time."""


@dataclass(frozen=True, kw_only=True)
class Daemon:
    """A program to run. `ready` tells whether it serves; `environment` is added to a clean environment."""

    name: str
    command: tuple[str, ...]
    log: Path
    ready: Callable[[], bool]
    ready_seconds: float = READY_SECONDS
    environment: Mapping[str, str] = field(default_factory=dict)


def start_daemon(paths: RehearsalPaths, daemon: Daemon, *, hint: str = "") -> ProcessIdentity:
    """Start the program in a session of its own and wait until it is ready.

    Raises `DaemonStartError`, with the end of the log and `hint`, if it does not become ready. It is killed then.
    """
    for directory in (paths.home, daemon.log.parent):
        directory.mkdir(parents=True, exist_ok=True)
    with daemon.log.open("ab") as log:
        process = subprocess.Popen(
            daemon.command,
            cwd=paths.directory,
            env=_environment(paths, daemon),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        identity = ProcessIdentity.of(process.pid)
        _wait_until_ready(process, daemon, hint=hint)
    except BaseException:
        process.kill()
        process.wait()
        raise
    process.returncode = 0  # the daemon outlives this program; without this, Popen warns that nothing waits for it
    return identity


def stop_daemon(identity: ProcessIdentity) -> None:
    """Kill the process if it still runs."""
    process = identity.process()
    if process is not None:
        stop((process,), with_signal=signal.SIGKILL)


def resume_daemon(identity: ProcessIdentity) -> psutil.Process | None:
    """Resume the process if it is suspended. Returns the process, None if it has ended."""
    process = identity.process()
    if process is not None:
        with suppress(psutil.Error):
            process.resume()
    return process


def responds(url: str, *, seconds: float) -> bool:
    """Return whether a GET request to the URL is answered with 200 within `seconds`."""
    try:
        response = urllib3.request("GET", url, timeout=seconds, retries=False)
    except urllib3.exceptions.HTTPError:
        return False
    return response.status == HTTPStatus.OK


def _wait_until_ready(process: "subprocess.Popen[bytes]", daemon: Daemon, *, hint: str) -> None:
    def is_ready() -> bool | None:
        return False if process.poll() is not None else daemon.ready() or None

    ready = poll(is_ready, seconds=daemon.ready_seconds, pause=POLL_SECONDS, until=lambda found: found is not None)
    # Another program may have responded on the port, just before the daemon found the port in use and ended.
    if not ready or process.poll() is not None:
        raise _start_error(daemon, hint=hint, is_late=process.poll() is None)


def _start_error(daemon: Daemon, *, hint: str, is_late: bool) -> StandbyError:
    require_space(daemon.log.parent, megabytes=1)  # a full disk also has no room for the log
    lines = daemon.log.read_text(encoding="utf-8", errors="replace").splitlines()[-_LAST_LOG_LINES:]
    numbers = (*OUTPUT_ERRORS, errno.EACCES, errno.EADDRINUSE)
    if failure := find_machine_error("\n".join(lines), program=f"The {daemon.name}", numbers=numbers):
        return DaemonStartError(failure.message, hint=f"{failure.hint}\n  See {daemon.log}.")
    # A traceback does not help a user; its last line names the error.
    shown = lines[-1:] if any(line.startswith("Traceback") for line in lines) else lines
    late = with_load(f"The {daemon.name} was not ready within {daemon.ready_seconds:.0f} s.")
    message = "\n".join((f"{late} Its log:" if is_late else f"The {daemon.name} did not start:", *shown))
    return DaemonStartError(message, hint=f"See {daemon.log}. {hint}".strip())


def _environment(paths: RehearsalPaths, daemon: Daemon) -> Mapping[str, str]:
    environment = {**clean_environment(), "HOME": str(paths.home), "PYTHONUNBUFFERED": "1", **daemon.environment}
    return mark_environment(environment, directory=paths.directory)

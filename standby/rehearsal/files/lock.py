"""Only one command at a time changes a rehearsal, and none while a drill is at work on it."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import psutil
from filelock import FileLock, Timeout

from standby.errors import RefusedError
from standby.rehearsal.files.claim import take
from standby.rehearsal.files.json_files import read_json, write_json
from standby.rehearsal.files.paths import RehearsalPaths

NETWORK_SECONDS: Final = 60.0
WAIT_HINT: Final = "Wait until it ends, or stop it with Ctrl-C there."


@contextmanager
def held(paths: RehearsalPaths, *, command: str) -> Iterator[None]:
    """Hold the rehearsal for `command`.

    Raises `RefusedError` when the directory is somebody else's, and, naming the holder, when another process has it.
    """
    take(paths)
    lock = FileLock(paths.lock)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise RefusedError(_refusal(paths.holder), hint=WAIT_HINT) from None
    try:
        take(paths)  # once more: a `down` that has ended in this very moment took the marker along
        _write_holder(paths.holder, command=command)
        yield
    finally:
        paths.holder.unlink(missing_ok=True)
        lock.release()


@contextmanager
def drill_lock(paths: RehearsalPaths, *, command: str) -> Iterator[bool]:
    """Keep other drills and `no_drill` away while a drill is at work; yield whether the one before was killed.

    The directory itself is locked, so the lock ends with the process, however that ends. Raises `RefusedError`, naming
    the holder, when it is not free.
    """
    with _flock(paths, fcntl.LOCK_EX):
        killed = paths.drill_holder.exists()
        _write_holder(paths.drill_holder, command=command)
        try:
            yield killed
        finally:
            paths.drill_holder.unlink(missing_ok=True)


@contextmanager
def no_drill(paths: RehearsalPaths) -> Iterator[None]:
    """Keep drills away while a command breaks, heals or ends something; other commands may do so at the same time.

    Raises `RefusedError`, naming the drill, when one is at work.
    """
    if not paths.directory.is_dir():
        yield
        return
    with _flock(paths, fcntl.LOCK_SH):
        yield


def network_lock(paths: RehearsalPaths) -> FileLock:
    """Return the lock under which fronts, edge and faults are changed. Whoever wants it waits a little."""
    return FileLock(paths.faults_lock, timeout=NETWORK_SECONDS)


@contextmanager
def _flock(paths: RehearsalPaths, how: int) -> Iterator[None]:
    descriptor = os.open(paths.directory, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, how | fcntl.LOCK_NB)
        except OSError:
            raise RefusedError(_refusal(paths.drill_holder), hint=WAIT_HINT) from None
        yield
    finally:
        os.close(descriptor)


def _write_holder(path: Path, *, command: str) -> None:
    since = datetime.now(tz=UTC).isoformat(timespec="seconds")
    write_json(path, {"pid": os.getpid(), "command": command, "since": since})


def _refusal(holder: Path) -> str:
    found = read_json(holder)
    pid = found.get("pid")
    known = isinstance(pid, int) and psutil.pid_exists(pid)  # one that was killed leaves its record
    who = f"`{found['command']}`, process {pid}, since {found['since']}" if known else "another process"
    return f"This rehearsal is in use by {who}."

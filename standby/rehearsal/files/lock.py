"""Protect the directory of a rehearsal: no other files in it, one command at a time, no command during a drill."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import psutil
from filelock import FileLock, Timeout

from standby.errors import RefusedError
from standby.json_model import JsonModel
from standby.machine import write_file
from standby.rehearsal.files.json_files import read_record, write_record
from standby.rehearsal.files.paths import RehearsalPaths

MARKER_TEXT: Final = "`standby rehearse` keeps its files in this directory; `standby rehearse down` removes them.\n"
NETWORK_LOCK_SECONDS: Final = 60.0
WAIT_HINT: Final = "Wait until it ends, or stop it with Ctrl-C in its terminal."


class LockHolder(JsonModel):
    """The process that has a lock."""

    pid: int
    command: str
    since: datetime


def create_directory(paths: RehearsalPaths) -> None:
    """Create the directory if it is missing, and mark it. Raises `RefusedError` when it contains other files."""
    check_directory(paths)
    paths.directory.mkdir(parents=True, exist_ok=True)
    if not paths.marker.exists():
        write_file(paths.marker, MARKER_TEXT)


def check_directory(paths: RehearsalPaths) -> None:
    """Raise `RefusedError` when the directory contains files but no marker, because the user may need them."""
    names = {path.name for path in paths.directory.iterdir()} if paths.directory.is_dir() else set()
    if not names or paths.marker.name in names:
        return
    raise RefusedError(
        f"{paths.shown} contains files that no rehearsal created. Nothing was changed.",
        hint="Name a new or an empty directory with --directory, or move those files.",
    )


@contextmanager
def rehearsal_lock(paths: RehearsalPaths, *, command: str) -> Iterator[None]:
    """Lock the rehearsal while `command` changes it.

    Raises `RefusedError` when the directory contains other files, and, naming the holder, when it is locked already.
    """
    create_directory(paths)
    lock = FileLock(paths.lock)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise RefusedError(_in_use(paths.lock_holder), hint=WAIT_HINT) from None
    try:
        create_directory(paths)  # again, because a `down` that has just ended removed the marker
        with suppress(OSError):  # it only names the holder, and `down` must work on a full disk, where it frees space
            _write_holder(paths.lock_holder, command=command)
        yield
    finally:
        paths.lock_holder.unlink(missing_ok=True)
        lock.release()


@contextmanager
def drill_lock(paths: RehearsalPaths, *, command: str) -> Iterator[bool]:
    """Lock the rehearsal against other drills and against `exclude_drills`. Yields whether the last drill was killed.

    The lock is on the directory itself and ends with the process. Raises `RefusedError`, naming the holder, when the
    directory is locked already.
    """
    with _flock(paths, fcntl.LOCK_EX):
        killed = paths.drill_lock_holder.exists()
        _write_holder(paths.drill_lock_holder, command=command)
        try:
            yield killed
        finally:
            paths.drill_lock_holder.unlink(missing_ok=True)


@contextmanager
def exclude_drills(paths: RehearsalPaths) -> Iterator[None]:
    """Keep drills out while a command breaks, heals or stops something. Several such commands may run concurrently.

    Raises `RefusedError`, naming the drill, when one is running.
    """
    if not paths.directory.is_dir():
        yield
        return
    with _flock(paths, fcntl.LOCK_SH):
        yield


def network_lock(paths: RehearsalPaths) -> FileLock:
    """Return the lock for changes to region proxies, edge and faults. A second command waits for it."""
    return FileLock(paths.network_lock, timeout=NETWORK_LOCK_SECONDS)


@contextmanager
def _flock(paths: RehearsalPaths, how: int) -> Iterator[None]:
    descriptor = os.open(paths.directory, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, how | fcntl.LOCK_NB)
        except OSError:
            raise RefusedError(_in_use(paths.drill_lock_holder), hint=WAIT_HINT) from None
        yield
    finally:
        os.close(descriptor)


def _write_holder(path: Path, *, command: str) -> None:
    write_record(path, LockHolder(pid=os.getpid(), command=command, since=datetime.now(tz=UTC)))


def _in_use(path: Path) -> str:
    holder = read_record(path, LockHolder)
    if holder is None or not psutil.pid_exists(holder.pid):  # a killed process leaves its record
        return "This rehearsal is in use by another process."
    since = f"{holder.since:%Y-%m-%d %H:%M:%S} UTC"
    return f"This rehearsal is in use by {holder.command}, process {holder.pid}, since {since}."

"""Only one command at a time changes a rehearsal."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Final

from filelock import FileLock, Timeout

from standby.errors import RefusedError
from standby.rehearsal.layout import Layout
from standby.rehearsal.records import read_json, write_json

NETWORK_SECONDS: Final = 60.0


@contextmanager
def held(layout: Layout, *, command: str) -> Iterator[None]:
    """Hold the rehearsal for `command`. Raises `RefusedError`, naming the holder, when another process has it."""
    layout.directory.mkdir(parents=True, exist_ok=True)
    lock = FileLock(layout.lock)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise RefusedError(_refusal(layout), hint="Wait until it ends, or stop it with Ctrl-C there.") from None
    try:
        since = datetime.now(tz=UTC).isoformat(timespec="seconds")
        write_json(layout.holder, {"pid": os.getpid(), "command": command, "since": since})
        yield
    finally:
        layout.holder.unlink(missing_ok=True)
        lock.release()


def network_lock(layout: Layout) -> FileLock:
    """Return the lock under which fronts, edge and faults are changed. Whoever wants it waits a little."""
    return FileLock(layout.faults_lock, timeout=NETWORK_SECONDS)


def _refusal(layout: Layout) -> str:
    holder = read_json(layout.holder)
    who = f"`{holder['command']}`, process {holder['pid']}, since {holder['since']}" if holder else "another process"
    return f"This rehearsal is in use by {who}."

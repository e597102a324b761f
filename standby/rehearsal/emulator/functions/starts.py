"""A request waits for a process of its function that becomes free, or for its own process to start.

On AWS, a new execution environment slows no other request down. On one machine, each start takes a processor for half a
second. MiniStack starts a process for every request that finds none free. When requests come faster than processes
start, each one makes all others slower, and for minutes no request is answered, although the load is small.
"""

import os
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from types import ModuleType
from typing import Any, Final

STARTS: Final = os.cpu_count() or 1
"""The most processes that start at the same time, of all functions together."""

Lease = tuple[Any, str]
"""A process, and how MiniStack found it: "reused" or "spawn". None and the reason where there is none."""


def limit_starts(functions: ModuleType, runtimes: ModuleType) -> None:
    """Let MiniStack start few processes at a time. The arguments are its modules of Lambda and of runtimes."""
    names = vars(runtimes)

    def has_free_process(name: str, config: Mapping[str, Any], qualifier: str) -> bool:
        with names["_lock"]:
            pool = names["_workers"].get(names["_worker_key"](name, config, qualifier), ())
            return any(not process.in_use for process in pool)

    starts = Starts(
        limit=STARTS,
        acquire=names["acquire_worker"],
        start=names["ensure_spawned"],
        release=names["release_worker"],
        has_free_process=has_free_process,
    )
    vars(functions)["acquire_worker"] = starts.acquire
    vars(functions)["release_worker"] = starts.release


class Starts:
    """MiniStack's functions that lease and return a process, changed so that few processes start at the same time."""

    def __init__(
        self,
        *,
        limit: int,
        acquire: Callable[..., Lease],
        start: Callable[[Any], None],
        release: Callable[[Any], None],
        has_free_process: Callable[[str, Mapping[str, Any], str], bool],
    ) -> None:
        self._limit = limit
        self._acquire = acquire
        self._start = start
        self._release = release
        self._has_free_process = has_free_process
        self._changed = threading.Condition()
        self._starting = 0

    def acquire(
        self, name: str, config: Mapping[str, Any], code: bytes, qualifier: str = "$LATEST", **named: object
    ) -> Lease:
        """Return a free process, or start one. Wait while there is none and `limit` others start."""
        with self._changed:
            while self._starting >= self._limit and not self._has_free_process(name, config, qualifier):
                self._changed.wait()
            process, reason = self._acquire(name, config, code, qualifier=qualifier, **named)
            if reason != "spawn":
                return process, reason
            self._starting += 1
        try:
            with suppress(Exception):  # the invocation starts it again, and answers with the error
                self._start(process)
        finally:
            with self._changed:
                self._starting -= 1
                self._changed.notify_all()
        return process, reason

    def release(self, process: object) -> None:
        """Return a process to its pool."""
        self._release(process)
        with self._changed:
            self._changed.notify_all()

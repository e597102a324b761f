"""Run functions in forked children: each in a process of its own, some at the same time, none for ever."""

import multiprocessing
import os
import resource
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkProcess
from typing import Final, Generic, TypeVar

T = TypeVar("T")
_FORK: Final = multiprocessing.get_context("fork")
WALL_SECONDS: Final = 300
"""A child that uses no CPU, because it waits for something, ends after that."""
MEMORY_BYTES: Final = 8 * 2**30
_ERROR: Final = 1
"""The exit code after an exception that the function did not catch."""


@dataclass(frozen=True, kw_only=True)
class Task(Generic[T]):
    """A function, the CPU seconds that it may take, and what becomes of its result (None if the child gave none).

    The function gets the number of its place: no two children that run at the same time have the same one.
    """

    run: Callable[[int], T]
    seconds: int
    done: Callable[[T | None], None]


@dataclass(frozen=True, kw_only=True)
class _Child(Generic[T]):
    task: Task[T]
    place: int
    process: ForkProcess
    results: Connection
    until: float


def run_forked(tasks: Iterable[Task[T]], *, workers: int) -> None:
    """Run all tasks, so many at the same time."""
    waiting = iter(tasks)
    running: list[_Child[T]] = []
    while True:
        while len(running) < workers and (task := next(waiting, None)):
            places = set(range(workers)) - {child.place for child in running}
            running.append(_start(task, min(places)))
        if not running:
            return
        wait([child.results for child in running], timeout=1)
        for child in list(_ended(running)):
            running.remove(child)
            child.task.done(_end(child))


def _start(task: Task[T], place: int) -> _Child[T]:
    ours, theirs = _FORK.Pipe(duplex=False)
    process = _FORK.Process(target=_run, args=(task, place, theirs))
    process.start()
    theirs.close()
    return _Child(task=task, place=place, process=process, results=ours, until=time.monotonic() + WALL_SECONDS)


def _run(task: Task[object], place: int, results: Connection) -> None:
    os.setsid()
    resource.setrlimit(resource.RLIMIT_CPU, (task.seconds, task.seconds + 1))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    results.send(task.run(place))
    results.close()
    os._exit(0)  # threads that a test left behind, and exit handlers, must not delay the end


def _ended(running: Iterable[_Child[T]]) -> Iterator[_Child[T]]:
    for child in running:
        if child.results.poll() or time.monotonic() > child.until or not child.process.is_alive():
            yield child


def _end(child: _Child[T]) -> T | None:
    result: T | None = None
    with suppress(EOFError):
        if child.results.poll():
            result = child.results.recv()
    assert child.process.pid
    with suppress(ProcessLookupError):  # it has ended, with all that it started
        os.killpg(child.process.pid, signal.SIGKILL)
    child.process.kill()
    child.process.join()
    child.results.close()
    if child.process.exitcode == _ERROR:
        raise RuntimeError("A child ended with an error of its own. It is above.")
    return result

"""Ask several things at once, and wait for none of them longer than is said."""

import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Generic, TypeVar

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ReadTimeoutError,
)
from urllib3.exceptions import NameResolutionError, NewConnectionError

from standby.errors import StandbyError

K = TypeVar("K")
T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True)
class Unavailable:
    """A fact that could not be learnt, and why. `unreachable`: nobody answered, as from a region that is down."""

    why: str
    unreachable: bool = False

    def __str__(self) -> str:
        return self.why


class NoAnswerError(StandbyError):
    """Nobody answered a request."""


def explain(error: Exception) -> Unavailable:
    """Return in a few words why a call failed."""
    if isinstance(error, ClientError):
        code = str(error.response.get("Error", {}).get("Code", ""))
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        return Unavailable(f"answers {code or status}", unreachable=False)
    if isinstance(error, EndpointConnectionError | ConnectTimeoutError | ReadTimeoutError):
        return Unavailable(no_answer(error), unreachable=True)
    if isinstance(error, NoAnswerError):
        return Unavailable(error.message, unreachable=True)
    if isinstance(error, NoCredentialsError):
        return Unavailable("no credentials were found")
    return Unavailable(f"failed: {error}", unreachable=isinstance(error, BotoCoreError) and "onnection" in str(error))


def no_answer(error: Exception) -> str:
    """Return in a few words why an HTTP request was not answered, from urllib3's error or botocore's around it."""
    cause = error.kwargs.get("error") if isinstance(error, EndpointConnectionError) else error
    return f"does not answer ({_reason(cause)})"


def _reason(cause: object) -> str:
    if "Timeout" in type(cause).__name__:
        return "time-out"
    if isinstance(cause, NameResolutionError):
        return "its name cannot be resolved"
    if "refused" in str(cause):
        return "connection refused"
    return "no connection" if isinstance(cause, NewConnectionError) else type(cause).__name__


def attempt(task: Callable[[], T]) -> T | Unavailable:
    """Do the task; what AWS or the network refuses becomes `Unavailable`, any other error is raised."""
    try:
        return task()
    except (BotoCoreError, ClientError, StandbyError) as error:
        return explain(error)


def run_concurrently(
    tasks: Mapping[K, Callable[[], T]],
    *,
    seconds: float,
    needed: Collection[K] | None = None,
    grace: float = 0.0,
) -> dict[K, T | Unavailable]:
    """Do all tasks at once and return what each came to after at most `seconds`.

    With `needed`, the others are waited for only `grace` seconds longer than the needed ones. One that hangs is left
    behind: its thread ends with the process.
    """
    answers = ConcurrentCalls(tasks)
    answers.wait(tasks if needed is None else needed, seconds=seconds)
    if needed is not None:
        answers.wait(tasks, seconds=grace)
    return answers.results_so_far(seconds if needed is None else grace)


def first_success(tasks: Mapping[K, Callable[[], T]], *, seconds: float, then: float) -> dict[K, T | Unavailable]:
    """Do all tasks at once; when one came to something good, wait for the others `then` seconds longer."""
    answers = ConcurrentCalls(tasks)
    answers.wait(tasks, seconds=seconds, enough=lambda done: any(not isinstance(v, Unavailable) for v in done))
    answers.wait(tasks, seconds=then)
    return answers.results_so_far(seconds)


class ConcurrentCalls(Generic[K, T]):
    """Tasks that have begun, each in a thread that ends with the process."""

    def __init__(self, tasks: Mapping[K, Callable[[], T]]) -> None:
        self._queue: queue.SimpleQueue[tuple[K, T | Unavailable | BaseException]] = queue.SimpleQueue()
        self._done: dict[K, T | Unavailable] = {}
        self._keys = tuple(tasks)
        for key, task in tasks.items():
            threading.Thread(target=self._run, args=(key, task), daemon=True).start()

    def _run(self, key: K, task: Callable[[], T]) -> None:
        try:
            self._queue.put((key, attempt(task)))
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that waits
            self._queue.put((key, error))

    def wait(
        self,
        keys: Iterable[K],
        *,
        seconds: float,
        enough: Callable[[Iterable[T | Unavailable]], bool] = lambda _: False,
    ) -> None:
        """Wait for these tasks, until there is enough, but not longer than so many seconds."""
        wanted, deadline = set(keys), time.monotonic() + seconds
        while not wanted <= self._done.keys() and not enough(self._done.values()):
            try:
                key, value = self._queue.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                return
            if isinstance(value, BaseException):
                raise value
            self._done[key] = value

    def results_so_far(self, seconds: float) -> dict[K, T | Unavailable]:
        """Return what each task came to; one that is under way counts as late by `seconds`."""
        late = Unavailable(f"does not answer (time-out after {seconds:g} s)", unreachable=True)
        return {key: self._done.get(key, late) for key in self._keys}


def map_concurrently(items: Iterable[T], do: Callable[[T], R], *, workers: int = 16) -> list[R]:
    """Do the same for every item, so many at once, and return the results in the items' order.

    Raises the first error. After it, or an interruption (Ctrl-C), what has not begun is left undone. The threads end
    with the process: one that hangs keeps nobody waiting.
    """
    waiting = deque(enumerate(items))
    ended: queue.SimpleQueue[tuple[int, R] | BaseException] = queue.SimpleQueue()
    results: dict[int, R] = {}
    number_of_items = len(waiting)

    def work() -> None:
        try:
            for number, item in _pop_items(waiting):
                ended.put((number, do(item)))
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that waits
            ended.put(error)

    for _ in range(min(workers, number_of_items)):
        threading.Thread(target=work, daemon=True).start()
    try:
        while len(results) < number_of_items:
            end = ended.get()
            if isinstance(end, BaseException):
                raise end
            results[end[0]] = end[1]
    finally:
        waiting.clear()
    return [results[number] for number in range(number_of_items)]


def _pop_items(waiting: deque[T]) -> Iterator[T]:
    with suppress(IndexError):  # another thread took the last one
        while True:
            yield waiting.popleft()

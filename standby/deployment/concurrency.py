"""Make several calls concurrently, and wait for each no longer than its deadline.

The threads are daemon threads: a thread that hangs does not delay the end of the command. `concurrent.futures` joins
its threads at exit, so a region that hangs would block the operator.
"""

import queue
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
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

from standby.deadline import Deadline
from standby.errors import StandbyError

K = TypeVar("K")
T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True)
class Unavailable:
    """A fact that could not be read, and the reason. `unreachable`: no answer, as from a region that is down."""

    why: str
    unreachable: bool = False

    def __str__(self) -> str:
        return self.why


class NoAnswerError(StandbyError):
    """A request was not answered."""


def explain(error: Exception) -> Unavailable:
    """Return in a few words why a call failed."""
    if isinstance(error, ClientError):
        code = str(error.response.get("Error", {}).get("Code", ""))
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        return Unavailable(f"answers {code or status}", unreachable=False)
    if isinstance(error, EndpointConnectionError | ConnectTimeoutError | ReadTimeoutError):
        return Unavailable(explain_no_answer(error), unreachable=True)
    if isinstance(error, NoAnswerError):
        return Unavailable(error.message, unreachable=True)
    if isinstance(error, NoCredentialsError):
        return Unavailable("no credentials were found")
    return Unavailable(f"failed: {error}", unreachable=isinstance(error, BotoCoreError) and "onnection" in str(error))


def explain_no_answer(error: Exception) -> str:
    """Return in a few words why an HTTP request was not answered, from urllib3's error or botocore's around it."""
    cause = error.kwargs.get("error") if isinstance(error, EndpointConnectionError) else error
    return f"does not answer ({_cause(cause)})"


def _cause(error: object) -> str:
    if "Timeout" in type(error).__name__:
        return "time-out"
    if isinstance(error, NameResolutionError):
        return "its name cannot be resolved"
    if "refused" in str(error):
        return "connection refused"
    return "no connection" if isinstance(error, NewConnectionError) else type(error).__name__


def attempt(call: Callable[[], T]) -> T | Unavailable:
    """Make the call. An error from AWS or the network becomes `Unavailable`; any other error is raised."""
    try:
        return call()
    except (BotoCoreError, ClientError, StandbyError) as error:
        return explain(error)


def run_concurrently(calls: Mapping[K, Callable[[], T]], *, seconds: float) -> dict[K, T | Unavailable]:
    """Make all calls concurrently, and return the result of each after at most `seconds`."""
    running = ConcurrentCalls(calls)
    running.wait(calls, seconds=seconds)
    return running.results_so_far(seconds)


def first_success(calls: Mapping[K, Callable[[], T]], *, seconds: float, then: float) -> dict[K, T | Unavailable]:
    """Make all calls concurrently; after the first success, wait for the others `then` seconds longer."""
    running = ConcurrentCalls(calls)
    running.wait(calls, seconds=seconds, enough=lambda done: any(not isinstance(v, Unavailable) for v in done))
    running.wait(calls, seconds=then)
    return running.results_so_far(seconds)


class ConcurrentCalls(Generic[K, T]):
    """Calls in progress, each in a daemon thread."""

    def __init__(self, calls: Mapping[K, Callable[[], T]]) -> None:
        self._queue: queue.SimpleQueue[tuple[K, T | Unavailable | BaseException]] = queue.SimpleQueue()
        self._done: dict[K, T | Unavailable] = {}
        self._keys = tuple(calls)
        for key, call in calls.items():
            threading.Thread(target=self._run, args=(key, call), daemon=True).start()

    def _run(self, key: K, call: Callable[[], T]) -> None:
        try:
            self._queue.put((key, attempt(call)))
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that waits
            self._queue.put((key, error))

    def wait(
        self,
        keys: Iterable[K],
        *,
        seconds: float,
        enough: Callable[[Iterable[T | Unavailable]], bool] = lambda _: False,
    ) -> None:
        """Wait for these calls until the results are `enough`, but no longer than `seconds`."""
        wanted, deadline = set(keys), Deadline(seconds)
        while not wanted <= self._done.keys() and not enough(self._done.values()):
            try:
                key, value = self._queue.get(timeout=deadline.remaining)
            except queue.Empty:
                return
            if isinstance(value, BaseException):
                raise value
            self._done[key] = value

    def results_so_far(self, seconds: float) -> dict[K, T | Unavailable]:
        """Return the result of each call; a call that is still running timed out after `seconds`."""
        late = Unavailable(f"does not answer (time-out after {seconds:g} s)", unreachable=True)
        return {key: self._done.get(key, late) for key in self._keys}


def map_concurrently(items: Iterable[T], call: Callable[[T], R], *, workers: int = 16) -> list[R]:
    """Make the same call for every item, `workers` at a time, and return the results in the items' order.

    Raises the first error. After an error or Ctrl-C, no further call begins.
    """
    waiting = deque(enumerate(items))
    ended: queue.SimpleQueue[tuple[int, R] | BaseException] = queue.SimpleQueue()
    results: dict[int, R] = {}
    number_of_items = len(waiting)

    def work() -> None:
        try:
            for number, item in _pop_items(waiting):
                ended.put((number, call(item)))
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

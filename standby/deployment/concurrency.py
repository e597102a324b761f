"""Make several calls concurrently, and wait for each no longer than its deadline.

The threads are daemon threads: a thread that hangs does not delay the end of the command. `concurrent.futures` joins
its threads at exit, so a region that hangs would block the operator.
"""

import queue
import re
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from http import HTTPStatus
from typing import Final, Generic, TypeVar

from botocore import exceptions as botocore_errors
from botocore.exceptions import BotoCoreError, ClientError
from urllib3 import exceptions as urllib3_errors

from standby.console import Stopwatch
from standby.deadline import Deadline
from standby.deployment.answers import DeadlineExceededError, InvalidAnswerError
from standby.deployment.credentials import describe_credentials_failure
from standby.errors import StandbyError
from standby.text import one_line
from standby_protocol.deployment import Unavailable

__all__ = [
    "LOOK_SECONDS",
    "STALL_SECONDS",
    "ConcurrentCalls",
    "NoAnswerError",
    "StalledError",
    "Unavailable",
    "attempt",
    "explain",
    "iterate_with_progress",
    "look_twice",
    "map_concurrently",
    "run_concurrently",
]

K = TypeVar("K")
T = TypeVar("T")
R = TypeVar("R")


class NoAnswerError(StandbyError):
    """A request was not answered."""


STALL_SECONDS: Final = 8.0
"""The seconds without progress after which a listing or a run of many calls ends. A command ends ten seconds after its
last progress; two of them are for the rest."""


LOOK_SECONDS: Final = 1.0
"""The time of a look that is repeated: `status` ends within three seconds, and two such looks are within them."""


_SLICES: Final = 8
"""The parts in which a time without progress is counted. A process that was stopped, such as by Ctrl-Z, hears nothing:
when it goes on, at most one part has passed, and answers that have arrived meanwhile are still read."""


class StalledError(NoAnswerError):
    """A run of many calls made no progress for some time. `done` is the number of things that it finished."""

    def __init__(self, *, done: int, seconds: float, of: int | None = None) -> None:
        total = "" if of is None else f" of {of}"
        super().__init__(f"gave no answer for {seconds:g} s, after {done}{total} answers")
        self.done = done


def explain(error: Exception) -> Unavailable:
    """Return in a few words why a call failed."""
    is_of_clock = isinstance(error, ClientError) and _is_of_clock(error)
    if not is_of_clock and (failure := describe_credentials_failure(error)):
        return Unavailable(failure, no_credentials=True)
    if isinstance(error, ClientError):
        return Unavailable(one_line(f"answers {_describe_refusal(error)}"))
    if isinstance(error, DeadlineExceededError | InvalidAnswerError):
        return Unavailable(str(error), unreachable=True)
    if isinstance(error, NoAnswerError):
        return Unavailable(one_line(error.message), unreachable=True)
    if isinstance(error, _NO_ANSWER):
        return Unavailable(f"does not answer ({_describe_cause(error)})", unreachable=True)
    return Unavailable(one_line(f"failed: {error}"))


def _is_of_clock(error: ClientError) -> bool:
    refusal = error.response.get("Error", {})
    return refusal.get("Code") in _CLOCK_CODES or bool(_CLOCK_MESSAGE.search(str(refusal.get("Message", ""))))


def _describe_refusal(error: ClientError) -> str:
    code = str(error.response.get("Error", {}).get("Code", ""))
    if _is_of_clock(error):
        return f"{code}: this machine's clock is wrong"
    return code or str(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


_CLOCK_CODES: Final = frozenset({"RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture"})
_CLOCK_MESSAGE: Final = re.compile(r"Signature (expired|not yet current)")
"""How AWS refuses a request of another time. Source: docs.aws.amazon.com, IAM, "Troubleshoot Signature Version 4
signing for AWS API requests"."""
_NO_ANSWER: Final = (
    botocore_errors.ConnectionError,
    botocore_errors.HTTPClientError,
    botocore_errors.IncompleteReadError,
    urllib3_errors.HTTPError,
)
TIME_OUT: Final = "time-out"
_CAUSES: Final[tuple[tuple[tuple[type[Exception], ...], str], ...]] = (
    ((botocore_errors.ProxyConnectionError, urllib3_errors.ProxyError), "no connection through the proxy"),
    ((botocore_errors.SSLError, urllib3_errors.SSLError), "no trusted TLS connection"),
    ((urllib3_errors.NameResolutionError,), "its name cannot be resolved"),
    ((urllib3_errors.NewConnectionError,), "no connection"),
    (
        (botocore_errors.ConnectTimeoutError, botocore_errors.ReadTimeoutError, urllib3_errors.TimeoutError),
        TIME_OUT,
    ),
    (
        (
            botocore_errors.ConnectionClosedError,
            botocore_errors.ResponseStreamingError,
            botocore_errors.IncompleteReadError,
            urllib3_errors.ProtocolError,
        ),
        "the connection was closed",
    ),
)


def _describe_cause(error: Exception) -> str:
    """Return in a few words why an HTTP request was not answered, from urllib3's error or botocore's around it."""
    cause = error.kwargs.get("error") if isinstance(error, botocore_errors.BotoCoreError) else None
    if "refused" in str(error):
        return "connection refused"
    known = next((text for kinds, text in _CAUSES if isinstance(error, kinds)), None)
    if known is not None:
        return known
    return _describe_cause(cause) if isinstance(cause, Exception) else "no connection"


def attempt(call: Callable[[], T]) -> T | Unavailable:
    """Make the call. An error from AWS or the network becomes `Unavailable`; any other error is raised: it is a bug."""
    try:
        return call()
    except (BotoCoreError, ClientError, StandbyError) as error:
        return explain(error)


def look_twice(look: Callable[[], T], *, hedge: bool = False) -> T:
    """Make a read, and once more if it fails within a second: one failed look is no reason to act.

    With `hedge`, a read that has not ended after a second is made once more beside the first one. The first success
    wins. Raises the last error. A refusal of AWS (4xx) is certain, so it is raised at once.
    """
    looks: queue.SimpleQueue[tuple[T | None, Exception | None]] = queue.SimpleQueue()

    def run() -> None:
        try:
            looks.put((look(), None))
        except Exception as error:  # noqa: BLE001 - raised again in the thread that waits
            looks.put((None, error))

    stopwatch, running, made = Stopwatch(), 0, 0
    while True:
        if made == 0 or (made == 1 and running == 0) or (hedge and made == 1 and stopwatch.seconds > LOOK_SECONDS):
            threading.Thread(target=run, daemon=True).start()
            running, made = running + 1, made + 1
        try:
            found, error = looks.get(timeout=LOOK_SECONDS if hedge and made == 1 else None)
        except queue.Empty:
            continue
        if error is None:
            return found  # type: ignore[return-value]  # None only if the look returned it
        running -= 1
        is_last = made > 1 or stopwatch.seconds > LOOK_SECONDS or not _may_be_momentary(error)
        if is_last and not running:
            raise error


def _may_be_momentary(error: Exception) -> bool:
    """Return whether the same read may succeed a moment later."""
    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        return status >= HTTPStatus.INTERNAL_SERVER_ERROR
    return isinstance(error, BotoCoreError | StandbyError) and explain(error).unreachable


def run_concurrently(calls: Mapping[K, Callable[[], T]], *, seconds: float) -> dict[K, T | Unavailable]:
    """Make all calls concurrently, and return the result of each after at most `seconds`."""
    running = ConcurrentCalls(calls)
    running.wait(calls, seconds=seconds)
    return running.results_so_far(seconds)


class ConcurrentCalls(Generic[K, T]):
    """Calls in progress, each in a daemon thread."""

    def __init__(self, calls: Mapping[K, Callable[[], T]]) -> None:
        self._queue: queue.SimpleQueue[tuple[K, T | Unavailable | BaseException]] = queue.SimpleQueue()
        self._done: dict[K, T | Unavailable] = {}
        self._keys = tuple(calls)
        self._stopwatch = Stopwatch()
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

    def results_so_far(
        self, seconds: float | None = None, *, still: Mapping[K, str] | None = None
    ) -> dict[K, T | Unavailable]:
        """Return the result of each call; a call that is still running timed out.

        Give `seconds` if all of them were awaited that long; otherwise the reason names no time. `still` says of calls
        that may take long what they are still doing: they have not timed out.
        """
        after = "" if seconds is None else f" after {seconds:g} s"
        late = Unavailable(f"does not answer (time-out{after})", unreachable=True)
        elapsed = f"after {self._stopwatch.seconds:.0f} s"
        long = {
            key: Unavailable(f"is still {doing} {elapsed}", is_running=True) for key, doing in (still or {}).items()
        }
        return {key: self._done.get(key, long.get(key, late)) for key in self._keys}


def iterate_with_progress(items: Iterable[T], *, seconds: float = STALL_SECONDS) -> Iterator[T]:
    """Yield the items, such as the pages of a listing, from a daemon thread.

    Raises the error of `items`, or `StalledError` when the next one takes longer than `seconds`.
    """
    yield from ReadAhead(items, seconds=seconds, ahead=1)


class ReadAhead(Generic[T]):
    """Items that a daemon thread reads from now on, `ahead` of those that were taken.

    Iterating raises the error of the items, or `StalledError` when the next one takes longer than `seconds`. Only the
    time in which an item is awaited counts, and not the time in which its taker does other things.
    """

    def __init__(self, items: Iterable[T], *, seconds: float = STALL_SECONDS, ahead: int) -> None:
        self._answers: queue.SimpleQueue[tuple[T] | BaseException | None] = queue.SimpleQueue()
        self._wanted = threading.Semaphore(0)
        self._seconds = seconds
        self._closed = False
        for _ in range(ahead - 1):
            self._wanted.release()
        threading.Thread(target=self._work, args=(items,), daemon=True).start()

    def _work(self, items: Iterable[T]) -> None:
        try:
            for item in items:
                self._answers.put((item,))
                self._wanted.acquire()
                if self._closed:
                    return
            self._answers.put(None)
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that waits
            self._answers.put(error)

    def __iter__(self) -> Iterator[T]:
        done = 0
        while True:
            try:
                answer = _get(self._answers, seconds=self._seconds)
            except queue.Empty:
                raise StalledError(done=done, seconds=self._seconds) from None
            if isinstance(answer, BaseException):
                raise answer
            if answer is None:
                return
            done += 1
            yield answer[0]
            self._wanted.release()

    def close(self) -> None:
        """Read no further item."""
        self._closed = True
        self._wanted.release()


def map_concurrently(
    items: Iterable[T], call: Callable[[T], R], *, workers: int = 16, stall_seconds: float | None = None
) -> list[R]:
    """Make the same call for every item, `workers` at a time, and return the results in the items' order.

    Raises the first error, or `StalledError` when no call ends for `stall_seconds`. After an error or Ctrl-C, no
    further call begins; those that run continue in their threads.
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
            try:
                end = _get(ended, seconds=stall_seconds)
            except queue.Empty:
                raise StalledError(done=len(results), seconds=stall_seconds or 0.0, of=number_of_items) from None
            if isinstance(end, BaseException):
                raise end
            results[end[0]] = end[1]
    finally:
        waiting.clear()
    return [results[number] for number in range(number_of_items)]


def _get(answers: "queue.SimpleQueue[T]", *, seconds: float | None) -> T:
    """Return the next answer. Raises `queue.Empty` when none comes while this process runs for `seconds`."""
    if seconds is None:
        return answers.get()
    for _ in range(_SLICES):
        with suppress(queue.Empty):
            return answers.get(timeout=seconds / _SLICES)
    raise queue.Empty


def _pop_items(waiting: deque[T]) -> Iterator[T]:
    with suppress(IndexError):  # another thread took the last one
        while True:
            yield waiting.popleft()

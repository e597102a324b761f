"""One operator's machine: the threads of a command as greenlets, and a clock of its own.

Nothing here waits in real time, and an answer takes no virtual time unless it is delayed. A machine stops when each of
its threads waits: for the answer to a call, for another thread, or for a time. Whoever drives the machine then answers
one call, and the machine goes on. If no call waits, its clock jumps to the next time that a thread waits for. So a
command is a function of the answers that it gets.

The product's modules use `threading`, `queue` and `time` by these names; `commands.simulated` replaces the names there.
"""

import heapq
import itertools
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty
from typing import Any, Generic, TypeVar

import greenlet

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the network gives to a call: an answer, or (`failure`) none. `delay`: it arrives so many seconds later."""

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    failure: str = ""
    delay: float = 0.0


class _Waiter:
    """One wait of one thread, which ends once: by a value, or (`Empty`) by its time."""

    __slots__ = ("ended", "thread")

    def __init__(self, thread: greenlet.greenlet) -> None:
        self.thread, self.ended = thread, False


class Machine:
    """Runs `body` and the threads that it starts. `calls` are the calls that wait for an answer, by their numbers."""

    def __init__(self, body: Callable[[], object]) -> None:
        self.seconds = 0.0
        self.calls: dict[int, Any] = {}
        self.result: object = None
        self.ended = False
        self.said: list[str] = []
        self.local: dict[greenlet.greenlet, dict[str, object]] = {}
        self._waiting: dict[int, _Waiter] = {}
        self._ready: deque[tuple[greenlet.greenlet | _Task, object]] = deque()
        self._timers: list[tuple[float, int, _Waiter]] = []
        self._numbers = itertools.count(1)
        self.threads: set[greenlet.greenlet] = set()
        self._hub = greenlet.getcurrent()
        self._main = self.start(lambda: setattr(self, "result", body()))
        self.run()

    def start(self, work: Callable[[], object]) -> "_Task":
        """Start a thread."""
        task = _Task(self, work)
        self._ready.append((task, None))
        return task

    def answer(self, number: int, answer: Answer) -> None:
        """Give the answer to a call, and run until the machine stops again."""
        del self.calls[number]
        self._wake(self._waiting.pop(number), answer)
        self.run()

    def run(self) -> None:
        """Run until every thread waits for a call, or the command has ended."""
        global _current  # noqa: PLW0603 - the one machine that runs; greenlets have no other way to find it
        self._hub = greenlet.getcurrent()
        before, _current = _current, self
        try:
            while not self._main.ended and (self._ready or (not self.calls and self._next_time())):
                thread, value = self._ready.popleft()
                if isinstance(thread, _Task):
                    thread, value = _worker(), thread
                    self.threads.add(thread)
                thread.parent = self._hub
                thread.switch(value)
        finally:
            _current = before
        if self._main.ended:
            self.stop()

    def stop(self) -> None:
        """End all threads, as the end of a process does."""
        global _current  # noqa: PLW0603 - see `run`
        self.ended = True
        before, _current = _current, self
        for thread in [*self.threads]:
            thread.parent = greenlet.getcurrent()
            thread.throw(greenlet.GreenletExit)
        self._ready.clear()
        self.local.clear()
        _current = before

    def ask(self, call: object) -> Answer:
        """Make a call, and wait for its answer."""
        number, waiter = next(self._numbers), self.waiter()
        self.calls[number], self._waiting[number] = call, waiter
        answer: Answer = self.block(waiter)
        if answer.delay:
            self.sleep(answer.delay)
        return answer

    def sleep(self, seconds: float) -> None:
        """Let time pass for the thread that runs."""
        self.block(self.waiter(), seconds=max(seconds, 0.0))

    def waiter(self) -> _Waiter:
        """Return a new wait of the thread that runs."""
        return _Waiter(greenlet.getcurrent())

    def block(self, waiter: _Waiter, *, seconds: float | None = None) -> Any:  # noqa: ANN401 - what the waker gives
        """Wait until the wait ends. Return the value that ended it, or `Empty` if it was the time."""
        if self.ended:
            raise greenlet.GreenletExit
        if seconds is not None:
            heapq.heappush(self._timers, (self.seconds + seconds, next(self._numbers), waiter))
        return self._hub.switch()

    def _wake(self, waiter: _Waiter, value: object) -> bool:
        if waiter.ended:
            return False
        waiter.ended = True
        self._ready.append((waiter.thread, value))
        return True

    def wake(self, waiter: _Waiter, value: object) -> bool:
        """End a wait with this value. Return False if it has ended already."""
        return self._wake(waiter, value)

    def _next_time(self) -> bool:
        while self._timers:
            at, _, waiter = heapq.heappop(self._timers)
            if not waiter.ended:
                self.seconds = max(self.seconds, at)
                return self._wake(waiter, Empty)
        return False


class _Task:
    """The work of one thread of a machine."""

    __slots__ = ("ended", "machine", "work")

    def __init__(self, machine: Machine, work: Callable[[], object]) -> None:
        self.machine, self.work, self.ended = machine, work, False


_idle: list[greenlet.greenlet] = []
"""The greenlets that wait for work. Making one takes 25 times longer than switching to one, because of its stack."""


def _worker() -> greenlet.greenlet:
    return _idle.pop() if _idle else greenlet.greenlet(_work)


def _work(task: _Task | None) -> None:
    """Do the work of one thread after another."""
    worker = greenlet.getcurrent()
    while task is not None:
        with suppress(greenlet.GreenletExit):
            task.work()
        task.ended = True
        task.machine.threads.discard(worker)
        task.machine.local.pop(worker, None)
        _idle.append(worker)
        task = None  # the machine may be freed
        task = worker.parent.switch() if worker.parent else None


_current: Machine | None = None


def current() -> Machine:
    """Return the machine whose thread runs now."""
    if _current is None:
        raise RuntimeError("no simulated command runs")
    return _current


class SimpleQueue(Generic[T]):
    """`queue.SimpleQueue`."""

    def __init__(self) -> None:
        self._items: deque[T] = deque()
        self._waiters: deque[_Waiter] = deque()

    def put(self, item: T) -> None:
        while self._waiters:
            if current().wake(self._waiters.popleft(), (item,)):
                return
        self._items.append(item)

    def get(self, *, timeout: float | None = None) -> T:
        if self._items:
            return self._items.popleft()
        machine = current()
        waiter = machine.waiter()
        self._waiters.append(waiter)
        found = machine.block(waiter, seconds=timeout)
        if found is Empty:
            raise Empty
        item: T = found[0]
        return item


class Semaphore:
    """`threading.Semaphore`, for a first value of 0."""

    def __init__(self, value: int = 0) -> None:
        self._permits: SimpleQueue[None] = SimpleQueue()
        for _ in range(value):
            self._permits.put(None)

    def acquire(self) -> None:
        self._permits.get()

    def release(self) -> None:
        self._permits.put(None)


class Thread:
    """`threading.Thread`, for daemon threads that nobody joins."""

    def __init__(self, *, target: Callable[..., object], args: tuple[object, ...] = (), daemon: bool = True) -> None:
        self._work = lambda: target(*args)

    def start(self) -> None:
        current().start(self._work)


class Local:
    """`threading.local`."""

    def __getattr__(self, name: str) -> object:
        values = current().local.get(greenlet.getcurrent(), {})
        if name not in values:
            raise AttributeError(name)
        return values[name]

    def __setattr__(self, name: str, value: object) -> None:
        current().local.setdefault(greenlet.getcurrent(), {})[name] = value


class VirtualTime:
    """`time`, on the clock of the machine that runs."""

    @staticmethod
    def monotonic() -> float:
        return current().seconds

    @staticmethod
    def time() -> float:
        return current().seconds

    @staticmethod
    def sleep(seconds: float) -> None:
        current().sleep(seconds)

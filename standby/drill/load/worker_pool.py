"""Workers for the load: enough that those who wait for an answer never keep a due request waiting, and no more."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Final

from standby.drill.measure.records import Clock, Kind, Request, Result

NOT_SENT: Final = "nobody was free to send it"
NOT_ENDED: Final = "no answer when the load ended"


@dataclass(frozen=True, kw_only=True, eq=False)
class Task:
    """A due request; `name` tells a question that is asked again which one it was, `new` whether a new visitor asks."""

    kind: Kind
    due: float
    name: str = ""
    new: bool = False


class WorkerPool:
    """Up to `workers` daemon threads, started as they are needed, that turn tasks into records."""

    def __init__(
        self,
        work: Callable[[Task], Request],
        *,
        done: Callable[[Request], None],
        clock: Clock,
        workers: int,
    ) -> None:
        self._work = work
        self._done = done
        self._clock = clock
        self._workers = workers
        self._tasks: SimpleQueue[Task] = SimpleQueue()
        self._lock = threading.Condition()
        self._open: dict[Task, float | None] = {}  # when each began, None: not yet
        self._threads = 0
        self._idle = 0

    def submit(self, task: Task) -> None:
        """Hand over a task. Returns at once."""
        with self._lock:
            self._open[task] = None
            if self._idle == 0 and self._threads < self._workers:
                self._threads += 1
                threading.Thread(target=self._run, daemon=True).start()
        self._tasks.put(task)

    def drain(self, *, seconds: float) -> None:
        """Wait until all tasks have ended, at most so long. What has not is recorded as having got no answer."""
        with self._lock:
            self._lock.wait_for(lambda: not self._open, timeout=max(seconds, 0.0))
            left, self._open = dict(self._open), {}
        for task, began in left.items():
            self._done(self._unanswered(task, began))

    def _run(self) -> None:
        while True:
            with self._lock:
                self._idle += 1
            task = self._tasks.get()
            with self._lock:
                self._idle -= 1
                if task not in self._open:  # the load has ended meanwhile
                    continue
                self._open[task] = self._clock.now()
            request = self._work(task)
            with self._lock:
                if task in self._open:
                    del self._open[task]
                    self._done(request)
                self._lock.notify_all()

    def _unanswered(self, task: Task, began: float | None) -> Request:
        now = self._clock.now()
        return Request(
            kind=task.kind,
            scheduled=task.due,
            began=now if began is None else began,
            ended=now,
            result=Result.NO_ANSWER,
            name=task.name,
            new=task.new,
            detail=NOT_SENT if began is None else NOT_ENDED,
        )

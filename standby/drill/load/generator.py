"""The load: users from outside, in a process of their own, at a fixed rate that waits for nobody.

`python -m standby.drill.load.generator` reads one line of JSON on stdin, its order, answers `ready`, and then obeys one
line at a time: another rate, one request now, the end. Each request becomes one line in the file that the order names.

A request is due at its time on the schedule whatever became of those before it, and its latency counts from then: what
waits for a free worker is measured, not left out (no "coordinated omission").
"""

import json
import queue
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue
from typing import Final, TextIO

from pydantic import TypeAdapter

from standby.drill.load.target import LoadTarget
from standby.drill.load.users import Answer, Users
from standby.drill.measure.records import KINDS, Clock, Kind, Request, Result

READY: Final = "ready"
IDLE_SECONDS: Final = 0.2

WORKERS: Final[Mapping[Kind, int]] = {"page": 48, "cold-page": 48, "question": 48, "upload": 24, "asked-again": 4}
"""Enough for the slowest: at 4 questions a second and 5 s of patience, 20 wait. Nobody asks again all at once."""

NEW_VISITORS: Final = 2
"""Of so many questions one comes from a new visitor, who has seen no `config.json` before and believes the first."""

NOT_SENT: Final = "nobody was free to send it"
NOT_ENDED: Final = "no answer when the load ended"

Line = Mapping[str, object]


@dataclass(frozen=True, kw_only=True)
class LoadSpec:
    """What the load shall do. `origin` is the scenario's clock, `place` where the deployment is found."""

    origin: float
    place: LoadTarget
    out: str
    site_url: str
    paths: tuple[str, ...]
    question: str
    canary_key: str
    page_versions: Mapping[str, str]
    rates: Mapping[Kind, float]


@dataclass(frozen=True, kw_only=True, order=True)
class Due:
    """A request that is due at a time, in seconds since the scenario began."""

    at: float
    kind: Kind


@dataclass(kw_only=True)
class Schedule:
    """A fixed rate for each kind of request: the n-th is due at `start + n / rate`, whatever became of those before."""

    rates: Mapping[Kind, float]
    start: float = 0.0
    _beats: dict[Kind, tuple[float, float]] = field(init=False)  # when the kind's beat began, and its rate
    _counts: dict[Kind, int] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._beats = {}
        for kind, rate in self.rates.items():
            self.set_rate(kind, rate, since=self.start)

    def set_rate(self, kind: Kind, rate: float, *, since: float) -> None:
        """Let requests of this kind be due at another rate from now on; 0 ends them."""
        self._beats[kind] = (since, rate)
        self._counts[kind] = 0

    def next_at(self) -> float | None:
        """Return when the next request is due, None when none ever is."""
        return min((due.at for due in self._next_of_each()), default=None)

    def due(self, now: float) -> list[Due]:
        """Return what is due up to now and was not returned before, in order, each with the time it was due at."""
        found: list[Due] = []
        while ready := [due for due in self._next_of_each() if due.at <= now]:
            first = min(ready)
            self._counts[first.kind] += 1
            found.append(first)
        return found

    def _next_of_each(self) -> list[Due]:
        return [
            Due(at=since + self._counts[kind] / rate, kind=kind)
            for kind, (since, rate) in self._beats.items()
            if rate > 0
        ]


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


@dataclass(kw_only=True)
class LoadGenerator:
    """The running load: a schedule, a crew for each kind, and the file that the records go to."""

    users: Users
    clock: Clock
    rates: Mapping[Kind, float]
    out: TextIO
    again_seconds: float = 20.0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _failed: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._schedule = Schedule(rates=self.rates, start=self.clock.now())
        self._crews = {
            kind: WorkerPool(self._work, done=self._record, clock=self.clock, workers=WORKERS[kind]) for kind in KINDS
        }
        self._questions = 0

    def run(self, lines: "SimpleQueue[Line]") -> None:
        """Send what is due and obey what is said, until it is said to stop; then end what is under way."""
        while True:
            for due in self._schedule.due(self.clock.now()):
                self._submit(due.kind, due.at)
            line = _next(lines, seconds=self._pause())
            if line is None:
                continue
            if "stop" in line:
                self._end(seconds=_number(line["stop"]))
                return
            self._obey(line)

    def _pause(self) -> float:
        following = self._schedule.next_at()
        pause = IDLE_SECONDS if following is None else following - self.clock.now()
        return min(max(pause, 0.0), IDLE_SECONDS)

    def _obey(self, line: Line) -> None:
        kind = next((kind for kind in KINDS if kind == line.get("kind")), None)
        if kind is None:
            return
        if "rate" in line:
            self._schedule.set_rate(kind, _number(line["rate"]), since=self.clock.now())
        else:
            self._submit(kind, self.clock.now())

    def _submit(self, kind: Kind, due: float) -> None:
        self._questions += kind == "question"
        name = f"question {self._questions}" if kind == "question" else ""
        new = kind == "question" and self._questions % NEW_VISITORS == 0
        self._crews[kind].submit(Task(kind=kind, due=due, name=name, new=new))

    def _end(self, *, seconds: float) -> None:
        """End all that is under way; then ask every question that failed once more."""
        deadline = self.clock.now() + seconds
        for kind in KINDS:
            self._crews[kind].drain(seconds=deadline - self.clock.now())
        for name in self._failed:
            self._crews["asked-again"].submit(Task(kind="asked-again", due=self.clock.now(), name=name))
        self._crews["asked-again"].drain(seconds=self.again_seconds)

    def _work(self, task: Task) -> Request:
        began = self.clock.now()
        try:
            answer = self._actions[task.kind](task)
        except Exception as error:  # noqa: BLE001 - whatever it is, this user got no answer, and the load goes on
            answer = Answer(result=Result.NO_ANSWER, detail=f"{type(error).__name__}: {error}")
        return Request(
            kind=task.kind,
            scheduled=task.due,
            began=began,
            ended=self.clock.now(),
            result=answer.result,
            status=answer.status,
            region=answer.region,
            generation=answer.generation,
            key=answer.key,
            word=answer.word,
            name=task.name,
            new=task.new,
            detail=answer.detail,
        )

    @property
    def _actions(self) -> Mapping[Kind, Callable[[Task], Answer]]:
        return {
            "page": lambda _: self.users.page(),
            "cold-page": lambda _: self.users.page(cold=True),
            "question": lambda task: self.users.ask(new=task.new),
            "asked-again": lambda _: self.users.ask(patience=self.again_seconds),
            "upload": lambda _: self.users.upload(),
        }

    def _record(self, request: Request) -> None:
        with self._lock:
            self.out.write(request.to_line() + "\n")
            self.out.flush()
            if request.kind == "question" and not request.ok:
                self._failed.append(request.name)


def main() -> None:
    """Read the order, say that the load is ready, and run it until stdin says stop or ends."""
    order = TypeAdapter(LoadSpec).validate_json(sys.stdin.readline())
    users = Users(
        client=order.place.client(),
        site_url=order.site_url,
        paths=order.paths,
        question=order.question,
        canary_key=order.canary_key,
        page_versions=order.page_versions,
    )
    lines: SimpleQueue[Line] = SimpleQueue()
    threading.Thread(target=_listen, args=(lines,), daemon=True).start()
    sys.stdout.write(READY + "\n")
    sys.stdout.flush()
    with Path(order.out).open("a", encoding="utf-8") as out:
        LoadGenerator(users=users, clock=Clock(origin=order.origin), rates=order.rates, out=out).run(lines)


def _listen(lines: "SimpleQueue[Line]") -> None:
    for line in sys.stdin:
        lines.put(json.loads(line))
    lines.put({"stop": 0})  # whoever ordered the load is gone


def _next(lines: "SimpleQueue[Line]", *, seconds: float) -> Line | None:
    try:
        return lines.get(timeout=seconds) if seconds > 0 else lines.get_nowait()
    except queue.Empty:
        return None


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


if __name__ == "__main__":
    main()

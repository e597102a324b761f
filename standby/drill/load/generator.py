"""The load generator: requests of simulated users at fixed rates that do not depend on the answers (an open model).

`python -m standby.drill.load.generator` reads a `LoadSpec` as one line of JSON on stdin and answers `ready`. Each later
line is a message: `{"kind": K, "rate": R}` changes a rate, `{"kind": K}` sends one request now, `{"stop": S}` stops the
load. Each request becomes one line of the records file.

A request is due at its scheduled time, whatever happened to those before it. Its latency counts from then, so that the
wait for a free worker is measured too (no "coordinated omission").
"""

import json
import queue
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from queue import SimpleQueue
from typing import Final, NamedTuple, TextIO

from pydantic import TypeAdapter

from standby.drill.load.target import LoadTarget
from standby.drill.load.users import Users
from standby.drill.measure.records import REQUEST_KINDS, Answer, Clock, Request, RequestKind, Result

READY: Final = "ready"
IDLE_SECONDS: Final = 0.2

WORKERS: Final[Mapping[RequestKind, int]] = {
    "page": 48,
    "cold-page": 48,
    "question": 48,
    "upload": 24,
    "question-retry": 4,
}
"""Enough for the slowest answers: at 4 questions a second that take 5 s each, 20 wait at the same time. Retries at the
end are few at a time, as from users who ask again."""

NEW_VISITOR_EVERY: Final = 2
"""Every second question comes from a new visitor, who has read no `config.json` before."""

NOT_SENT: Final = "no worker was free to send it"
NOT_ENDED: Final = "no answer when the load ended"

Message = Mapping[str, object]


@dataclass(frozen=True, kw_only=True)
class LoadSpec:
    """The load process's requests, their target, and its records file. `clock_origin`: the scenario's clock."""

    clock_origin: float
    target: LoadTarget
    records_file: str
    site_url: str
    paths: tuple[str, ...]
    question: str
    canary_key: str
    page_versions: Mapping[str, str]
    rates: Mapping[RequestKind, float]


class DueRequest(NamedTuple):
    """A request and when it is due, in seconds since the scenario started."""

    at: float
    kind: RequestKind


@dataclass(kw_only=True)
class Schedule:
    """A fixed rate for each kind: request n is due at `start + n / rate`. Pure: it knows nothing about answers."""

    rates: Mapping[RequestKind, float]
    start: float = 0.0
    _current: dict[RequestKind, tuple[float, float]] = field(init=False)  # since when, and the rate
    _counts: dict[RequestKind, int] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._current = {}
        for kind, rate in self.rates.items():
            self.set_rate(kind, rate, since=self.start)

    def set_rate(self, kind: RequestKind, rate: float, *, since: float) -> None:
        """Change the rate of a kind from `since` on; 0 ends its requests."""
        self._current[kind] = (since, rate)
        self._counts[kind] = 0

    def next_at(self) -> float | None:
        """Return when the next request is due; None if no kind has a rate."""
        return min((due.at for due in self._next_of_each()), default=None)

    def due(self, now: float) -> list[DueRequest]:
        """Return the requests that became due since the last call, in order."""
        found: list[DueRequest] = []
        while ready := [due for due in self._next_of_each() if due.at <= now]:
            first = min(ready)
            self._counts[first.kind] += 1
            found.append(first)
        return found

    def _next_of_each(self) -> list[DueRequest]:
        return [
            DueRequest(at=since + self._counts[kind] / rate, kind=kind)
            for kind, (since, rate) in self._current.items()
            if rate > 0
        ]


@dataclass(frozen=True, kw_only=True, eq=False)
class Task:
    """A request to send. `name` identifies a question, also when it is asked again."""

    kind: RequestKind
    due: float
    name: str = ""
    new_visitor: bool = False


@dataclass
class WorkerPool:
    """Up to `workers` daemon threads, started when needed, that turn tasks into records."""

    work: Callable[[Task], Request]
    done: Callable[[Request], None]
    clock: Clock
    workers: int

    def __post_init__(self) -> None:
        self._tasks: SimpleQueue[Task] = SimpleQueue()
        self._changed = threading.Condition()
        self._open: dict[Task, float | None] = {}  # when each started; None: not yet
        self._threads = 0
        self._idle = 0

    def submit(self, task: Task) -> None:
        """Queue a task and return immediately."""
        with self._changed:
            self._open[task] = None
            if self._idle == 0 and self._threads < self.workers:
                self._threads += 1
                threading.Thread(target=self._run, daemon=True).start()
        self._tasks.put(task)

    def drain(self, *, seconds: float) -> None:
        """Wait up to `seconds` until all tasks have ended. Record the others as unanswered."""
        with self._changed:
            self._changed.wait_for(lambda: not self._open, timeout=max(seconds, 0.0))
            unanswered, self._open = dict(self._open), {}
        for task, started in unanswered.items():
            self.done(self._unanswered(task, started))

    def _run(self) -> None:
        while True:
            with self._changed:
                self._idle += 1
            task = self._tasks.get()
            with self._changed:
                self._idle -= 1
                if task not in self._open:  # it was drained
                    continue
                self._open[task] = self.clock.now()
            request = self.work(task)
            with self._changed:
                if task in self._open:
                    del self._open[task]
                    self.done(request)
                self._changed.notify_all()

    def _unanswered(self, task: Task, started: float | None) -> Request:
        now = self.clock.now()
        return Request(
            kind=task.kind,
            scheduled=task.due,
            started=now if started is None else started,
            ended=now,
            result=Result.NO_ANSWER,
            name=task.name,
            new_visitor=task.new_visitor,
            detail=NOT_SENT if started is None else NOT_ENDED,
        )


@dataclass(kw_only=True)
class LoadGenerator:
    """The running load: a schedule, a worker pool for each kind, and the file for the records."""

    users: Users
    clock: Clock
    rates: Mapping[RequestKind, float]
    records: TextIO
    retry_seconds: float = 20.0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _failed_questions: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._schedule = Schedule(rates=self.rates, start=self.clock.now())
        self._pools = {
            kind: WorkerPool(self._work, done=self._record, clock=self.clock, workers=WORKERS[kind])
            for kind in REQUEST_KINDS
        }
        self._questions = 0

    def run(self, messages: "SimpleQueue[Message]") -> None:
        """Send what is due and follow the messages, until one says stop."""
        while True:
            for due in self._schedule.due(self.clock.now()):
                self._submit(due.kind, due.at)
            message = _next_message(messages, seconds=self._pause())
            if message is None:
                continue
            if "stop" in message:
                self._stop(seconds=_number(message["stop"]))
                return
            self._handle(message)

    def _pause(self) -> float:
        following = self._schedule.next_at()
        pause = IDLE_SECONDS if following is None else following - self.clock.now()
        return min(max(pause, 0.0), IDLE_SECONDS)

    def _handle(self, message: Message) -> None:
        kind = next((kind for kind in REQUEST_KINDS if kind == message.get("kind")), None)
        if kind is None:
            return
        if "rate" in message:
            self._schedule.set_rate(kind, _number(message["rate"]), since=self.clock.now())
        else:
            self._submit(kind, self.clock.now())

    def _submit(self, kind: RequestKind, due: float) -> None:
        self._questions += kind == "question"
        name = f"question {self._questions}" if kind == "question" else ""
        new_visitor = kind == "question" and self._questions % NEW_VISITOR_EVERY == 0
        self._pools[kind].submit(Task(kind=kind, due=due, name=name, new_visitor=new_visitor))

    def _stop(self, *, seconds: float) -> None:
        """Wait for the requests that were sent; then ask every failed question once more."""
        deadline = self.clock.now() + seconds
        for kind in REQUEST_KINDS:
            self._pools[kind].drain(seconds=deadline - self.clock.now())
        for name in self._failed_questions:
            self._pools["question-retry"].submit(Task(kind="question-retry", due=self.clock.now(), name=name))
        self._pools["question-retry"].drain(seconds=self.retry_seconds)

    def _work(self, task: Task) -> Request:
        started = self.clock.now()
        try:
            answer = self._actions[task.kind](task)
        except Exception as error:  # noqa: BLE001 - any error is an answer that this user did not get; the load goes on
            answer = Answer(result=Result.NO_ANSWER, detail=f"{type(error).__name__}: {error}")
        return Request(
            kind=task.kind,
            scheduled=task.due,
            started=started,
            ended=self.clock.now(),
            name=task.name,
            new_visitor=task.new_visitor,
            **asdict(answer),
        )

    @property
    def _actions(self) -> Mapping[RequestKind, Callable[[Task], Answer]]:
        return {
            "page": lambda _: self.users.page(),
            "cold-page": lambda _: self.users.page(cold=True),
            "question": lambda task: self.users.ask(new_visitor=task.new_visitor),
            "question-retry": lambda _: self.users.ask(timeout=self.retry_seconds),
            "upload": lambda _: self.users.upload(),
        }

    def _record(self, request: Request) -> None:
        with self._lock:
            self.records.write(request.to_line() + "\n")
            self.records.flush()
            if request.kind == "question" and not request.ok:
                self._failed_questions.append(request.name)


def main() -> None:
    """Read the `LoadSpec`, say that the load is ready, and run it until stdin says stop or ends."""
    spec = TypeAdapter(LoadSpec).validate_json(sys.stdin.readline())
    users = Users(
        client=spec.target.client(site_url=spec.site_url),
        site_url=spec.site_url,
        paths=spec.paths,
        question=spec.question,
        canary_key=spec.canary_key,
        page_versions=spec.page_versions,
    )
    messages: SimpleQueue[Message] = SimpleQueue()
    threading.Thread(target=_read_messages, args=(messages,), daemon=True).start()
    sys.stdout.write(READY + "\n")
    sys.stdout.flush()
    with Path(spec.records_file).open("a", encoding="utf-8") as records:
        clock = Clock(origin=spec.clock_origin)
        LoadGenerator(users=users, clock=clock, rates=spec.rates, records=records).run(messages)


def _read_messages(messages: "SimpleQueue[Message]") -> None:
    for line in sys.stdin:
        messages.put(json.loads(line))
    messages.put({"stop": 0})  # the drill has ended


def _next_message(messages: "SimpleQueue[Message]", *, seconds: float) -> Message | None:
    try:
        return messages.get(timeout=seconds) if seconds > 0 else messages.get_nowait()
    except queue.Empty:
        return None


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


if __name__ == "__main__":
    main()

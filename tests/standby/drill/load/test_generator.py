"""The load keeps its schedule, whatever the answers are, and records every request."""

import io
import threading
import time
from itertools import pairwise
from queue import SimpleQueue

import pytest
from hypothesis import given
from hypothesis import strategies as st

from standby.drill.load.generator import NOT_ENDED, NOT_SENT, LoadGenerator, Message, Schedule, Task, WorkerPool
from standby.drill.load.users import Users
from standby.drill.measure.records import Clock, Request, Result
from tests.standby.drill.load.helpers import SITE_URL, Site

pytestmark = pytest.mark.alone


@given(st.floats(0.5, 50), st.lists(st.floats(0, 3), max_size=20))
def test_requests_are_due_at_the_same_times_however_late_the_schedule_is_read(rate: float, pauses: list[float]) -> None:
    """On a slow machine no request is left out, and none is due later."""
    end = sum(pauses)
    schedule, now, seen = Schedule(rates={"page": rate}), 0.0, []
    for pause in pauses:
        now += pause
        seen += schedule.due(now)
    assert [due.at for due in seen] == [due.at for due in Schedule(rates={"page": rate}).due(end)] if pauses else True


def test_a_changed_rate_counts_from_its_change_and_zero_ends_a_kind() -> None:
    schedule = Schedule(rates={"page": 2, "upload": 1})
    assert [due.at for due in schedule.due(1.0) if due.kind == "page"] == [0, 0.5, 1.0]
    schedule.set_rate("upload", 0, since=1.0)
    schedule.set_rate("page", 4, since=1.2)
    assert [(due.at, due.kind) for due in schedule.due(1.5)] == [(1.2, "page"), (1.45, "page")]
    schedule.set_rate("page", 0, since=1.5)
    assert schedule.next_at() is None


def run(load: LoadGenerator, *, seconds: float, drain: float) -> list[Request]:
    messages: SimpleQueue[Message] = SimpleQueue()
    threading.Timer(seconds, lambda: messages.put({"stop": drain})).start()
    load.run(messages)
    assert isinstance(load.records, io.StringIO)
    return [Request.from_line(line) for line in load.records.getvalue().splitlines()]


def load_of(site: Site, **rates: float) -> LoadGenerator:
    users = Users(client=site, site_url=SITE_URL, canary_key="canary")
    named = {name.replace("_", "-"): rate for name, rate in rates.items()}
    return LoadGenerator(users=users, clock=Clock(), rates=named, records=io.StringIO(), retry_seconds=0.5)  # type: ignore[arg-type]  # names of kinds


def test_a_hang_delays_neither_the_schedule_nor_other_kinds(site: Site) -> None:
    site.hanging = {"/prod/docs"}
    requests = run(load_of(site, page=20, question=20), seconds=0.6, drain=1.0)  # a page due at the end has started
    pages = [request for request in requests if request.kind == "page"]
    questions = [request for request in requests if request.kind == "question"]
    for asked in (pages, questions):
        times = sorted(request.scheduled for request in asked)
        assert len(times) >= 12
        assert [round(b - a, 6) for a, b in pairwise(times)] == [0.05] * (len(times) - 1)
    assert all(request.ok for request in pages)
    assert {request.result for request in questions} == {Result.NO_ANSWER}


def test_if_every_worker_waits_latency_still_counts_from_when_a_request_was_due() -> None:
    clock, records, release = Clock(), list[Request](), threading.Event()

    def work(task: Task) -> Request:
        started = clock.now()
        release.wait(timeout=5)
        return Request(kind=task.kind, scheduled=task.due, started=started, ended=clock.now(), result=Result.OK)

    pool = WorkerPool(work, done=records.append, clock=clock, workers=1)
    for due in (0.0, 0.0, 0.0):
        pool.submit(Task(kind="page", due=due))
    time.sleep(0.2)
    release.set()
    pool.drain(seconds=5)
    assert len(records) == 3
    assert all(request.latency >= 0.2 for request in records)
    assert sorted(request.started for request in records)[1] >= 0.2


def test_a_request_that_has_not_ended_is_recorded_once_as_unanswered() -> None:
    clock, records, started, release = Clock(), list[Request](), threading.Event(), threading.Event()

    def work(task: Task) -> Request:
        started.set()
        release.wait(timeout=60)
        return Request(kind=task.kind, scheduled=task.due, started=0, ended=clock.now(), result=Result.OK)

    pool = WorkerPool(work, done=records.append, clock=clock, workers=1)
    pool.submit(Task(kind="page", due=0.0))
    assert started.wait(timeout=60)
    pool.submit(Task(kind="page", due=0.1))
    pool.drain(seconds=0)
    release.set()
    pool.submit(Task(kind="page", due=0.2))  # when this one has ended, the one worker has finished the others
    pool.drain(seconds=60)
    assert [(request.result, request.detail) for request in records] == [
        (Result.NO_ANSWER, NOT_ENDED),
        (Result.NO_ANSWER, NOT_SENT),
        (Result.OK, ""),
    ]


def test_a_question_that_failed_is_asked_again_at_the_end(site: Site) -> None:
    site.hanging = {"/prod/docs"}
    load = load_of(site, question=10)

    def heal() -> None:
        site.hanging = set()
        site.release.set()

    threading.Timer(0.25, heal).start()
    requests = run(load, seconds=0.5, drain=2.0)
    failed = {request.name for request in requests if request.kind == "question" and not request.ok}
    again = {request.name for request in requests if request.kind == "question-retry" and request.ok}
    assert failed
    assert again == failed


def test_every_second_question_comes_from_a_new_visitor_and_is_recorded_so(site: Site) -> None:
    requests = run(load_of(site, question=20), seconds=0.6, drain=1.0)
    asked = sorted((one for one in requests if one.kind == "question"), key=lambda one: one.scheduled)
    assert len(asked) >= 10
    assert [one.new_visitor for one in asked] == [bool(number % 2) for number in range(len(asked))]

"""The load: nobody who waits keeps a due request waiting, everything is recorded, and pages obey as the page does."""

import io
import json
import queue
import threading
import time
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path

import pytest
import urllib3

from standby.drill.load.generator import NOT_ENDED, NOT_SENT, LoadGenerator, LoadSpec, Task, WorkerPool
from standby.drill.load.process import LoadProcess
from standby.drill.load.target import LoadTarget
from standby.drill.load.users import Serving, Users, obeyed
from standby.drill.measure.records import Clock, Request, Result

pytestmark = pytest.mark.alone

SITE = "https://site.example"


class Site:
    """A client that answers as the deployment would; what `broken` names hangs until `release`."""

    def __init__(self) -> None:
        self.config: dict[str, object] = {"apiUrl": "https://west.example/prod/", "generation": 1}
        self.broken: set[str] = set()
        self.release = threading.Event()
        self.sent: list[str] = []

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        fields: object = None,
        timeout: float = 1.0,
        cold: bool = False,
    ) -> urllib3.BaseHTTPResponse:
        self.sent.append(f"{method} {url}")
        if any(part in url for part in self.broken):
            self.release.wait(timeout=10)
            raise urllib3.exceptions.TimeoutError
        region = "us-east-1" if "east" in url else "us-west-2"
        answers: dict[str, object] = {
            "/config.json": self.config,
            "/prod/docs": {"response": "Yes.", "citations": [{"uri": "s3://b/canary"}], "region": region},
            "/prod/upload": {"uploadUrl": "https://bucket.example/", "fields": {"a": "b"}, "key": "uploads/1"},
        }
        text = json.dumps(answers.get(url.removeprefix("https://").partition("/")[2].join(("/", "")), "page"))
        return urllib3.HTTPResponse(body=text.encode(), status=200, preload_content=True)


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    yield site
    site.release.set()


def run(load: LoadGenerator, *, seconds: float, drain: float) -> list[Request]:
    lines: queue.SimpleQueue[Mapping[str, object]] = queue.SimpleQueue()
    threading.Timer(seconds, lambda: lines.put({"stop": drain})).start()
    load.run(lines)
    assert isinstance(load.out, io.StringIO)
    return [Request.from_line(line) for line in load.out.getvalue().splitlines()]


def load_of(site: Site, **rates: float) -> LoadGenerator:
    users = Users(client=site, site_url=SITE, canary_key="canary")
    named = {name.replace("_", "-"): rate for name, rate in rates.items()}
    return LoadGenerator(users=users, clock=Clock(), rates=named, out=io.StringIO(), again_seconds=0.5)  # type: ignore[arg-type]  # names of kinds


def test_a_hang_stops_neither_the_schedule_nor_other_kinds(site: Site) -> None:
    site.broken = {"/prod/docs"}
    requests = run(load_of(site, page=20, question=20), seconds=0.6, drain=1.0)  # a page due at the end has begun
    pages = [request for request in requests if request.kind == "page"]
    questions = [request for request in requests if request.kind == "question"]
    for asked in (pages, questions):
        times = sorted(request.scheduled for request in asked)
        assert len(times) >= 12
        assert [round(b - a, 6) for a, b in pairwise(times)] == [0.05] * (len(times) - 1)
    assert all(request.ok for request in pages)
    assert {request.result for request in questions} == {Result.NO_ANSWER}


def test_with_every_worker_waiting_latency_still_counts_from_when_a_request_was_due() -> None:
    clock, records, release = Clock(), list[Request](), threading.Event()

    def work(task: Task) -> Request:
        began = clock.now()
        release.wait(timeout=5)
        return Request(kind=task.kind, scheduled=task.due, began=began, ended=clock.now(), result=Result.OK)

    crew = WorkerPool(work, done=records.append, clock=clock, workers=1)
    for due in (0.0, 0.0, 0.0):
        crew.submit(Task(kind="page", due=due))
    time.sleep(0.2)
    release.set()
    crew.drain(seconds=5)
    assert len(records) == 3
    assert all(request.latency >= 0.2 for request in records)
    assert sorted(request.began for request in records)[1] >= 0.2


def test_what_has_not_ended_is_recorded_as_unanswered_and_once() -> None:
    clock, records, began, release = Clock(), list[Request](), threading.Event(), threading.Event()

    def work(task: Task) -> Request:
        began.set()
        release.wait(timeout=60)
        return Request(kind=task.kind, scheduled=task.due, began=0, ended=clock.now(), result=Result.OK)

    crew = WorkerPool(work, done=records.append, clock=clock, workers=1)
    crew.submit(Task(kind="page", due=0.0))
    assert began.wait(timeout=60)
    crew.submit(Task(kind="page", due=0.1))
    crew.drain(seconds=0)
    release.set()
    crew.submit(Task(kind="page", due=0.2))  # when this one has ended, the one worker has done with those before
    crew.drain(seconds=60)
    assert [(request.result, request.detail) for request in records] == [
        (Result.NO_ANSWER, NOT_ENDED),
        (Result.NO_ANSWER, NOT_SENT),
        (Result.OK, ""),
    ]


def test_a_question_that_failed_is_asked_again_at_the_end(site: Site) -> None:
    site.broken = {"/prod/docs"}
    load = load_of(site, question=10)

    def heal() -> None:
        site.broken = set()
        site.release.set()

    threading.Timer(0.25, heal).start()
    requests = run(load, seconds=0.5, drain=2.0)
    failed = {request.name for request in requests if request.kind == "question" and not request.ok}
    again = {request.name for request in requests if request.kind == "asked-again" and request.ok}
    assert failed
    assert again == failed


def test_a_question_reads_config_json_first_and_asks_the_api_that_it_names(site: Site) -> None:
    users = Users(client=site, site_url=SITE, canary_key="canary")
    first = users.ask()
    site.config = {"apiUrl": "https://east.example/prod/", "generation": 2}
    second = users.ask()
    assert [(a.result, a.region, a.generation) for a in (first, second)] == [
        (Result.OK, "us-west-2", 1),
        (Result.OK, "us-east-1", 2),
    ]
    assert site.sent[0] == f"GET {SITE}/config.json"


def test_a_new_visitor_believes_an_old_config_json_and_nobody_else_does(site: Site) -> None:
    users = Users(client=site, site_url=SITE, canary_key="canary")
    site.config = {"apiUrl": "https://east.example/prod/", "generation": 2}
    assert users.ask().region == "us-east-1"
    site.config = {"apiUrl": "https://west.example/prod/", "generation": 1}
    assert [users.ask().region, users.ask(new=True).region, users.ask().region] == [
        "us-east-1",
        "us-west-2",
        "us-east-1",
    ]


def test_every_second_question_comes_from_a_new_visitor_and_is_recorded_so(site: Site) -> None:
    requests = run(load_of(site, question=20), seconds=0.6, drain=1.0)
    asked = sorted((one for one in requests if one.kind == "question"), key=lambda one: one.scheduled)
    assert len(asked) >= 10
    assert [one.new for one in asked] == [bool(number % 2) for number in range(len(asked))]


def test_an_answer_that_does_not_cite_the_canary_is_no_good_answer(site: Site) -> None:
    assert Users(client=site, site_url=SITE, canary_key="another").ask().result is Result.ERROR


def test_an_upload_goes_to_s3_itself(site: Site) -> None:
    answer = Users(client=site, site_url=SITE).upload()
    assert (answer.result, answer.key) == (Result.OK, "uploads/1")
    assert site.sent[-1] == "POST https://bucket.example/"


OLD = Serving(api_url="https://west.example/prod/", generation=1)
NEW = Serving(api_url="https://east.example/prod/", generation=2)


@pytest.mark.parametrize(
    "known, read, wanted",
    [
        (None, OLD, OLD),
        (OLD, NEW, NEW),
        (NEW, OLD, NEW),
        (NEW, None, NEW),
        (None, None, None),
        (NEW, Serving(api_url="https://hand.example/"), Serving(api_url="https://hand.example/")),
    ],
    ids=["first", "newer", "older", "unreadable", "nothing", "hand-made"],
)
def test_a_page_obeys_the_highest_generation(known: Serving | None, read: Serving | None, wanted: Serving) -> None:
    assert obeyed(known, read) == wanted


@pytest.mark.parametrize("text", [b"", b"[]", b"{}", b'{"apiUrl": 3}', b'{"apiUrl": "https://a/", "generation": "x"}'])
def test_a_config_json_that_cannot_be_understood_is_none(text: bytes) -> None:
    assert Serving.read(text) is None


def test_a_load_whose_drill_is_gone_ends_by_itself(tmp_path: Path) -> None:
    order = LoadSpec(
        origin=Clock().origin,
        place=LoadTarget(),
        out=str(tmp_path / "requests.jsonl"),
        site_url="https://127.0.0.1:1",
        paths=("/",),
        question="?",
        canary_key="",
        page_versions={},
        rates={"page": 20.0},
    )
    with LoadProcess(order) as load_process:
        load_process.once("cold-page")
        deadline = time.monotonic() + 5
        while not {"page", "cold-page"} <= {request.kind for request in load_process.requests()}:
            assert time.monotonic() < deadline
            time.sleep(0.02)
    assert all(request.result is Result.NO_ANSWER for request in load_process.requests())
    assert load_process.ended

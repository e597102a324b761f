"""Random histories of a region: changes, lost events, time-outs and failures. Each change is indexed within an hour.

The world is small and the limits are small with it: pages of two objects, and a few pages in one invocation.
"""

import logging
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest import bucket_reader, content, decision
from ingest.bucket_pages import ListingError, Page
from ingest.content import Bucket
from ingest.events import Batch, Message
from ingest.job_starter import JobStarter
from ingest.queue import Queue
from ingest.tombstones import Tombstones
from shared.aws_calls import Budget
from shared.logs import Log
from tests.lambdas.helpers import NOON
from tests.lambdas.ingest.helpers import IDS, SETTINGS, FakeBucket, FakeParameters, fake_checkpoint

PAGE_SIZE = 2
SWEEP = timedelta(minutes=5)
HOUR = timedelta(hours=1)
DIGITS = "0123456789abcdef"
KEYS = [f"uploads/{digit}0111111-2222-5333-8444-{n:012}/a.txt" for digit in DIGITS for n in range(4)] + ["a", "z"]


@pytest.fixture(autouse=True, scope="module")
def _small_limits() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bucket_reader, "FIRST_PAGES", 2)
        patch.setattr(bucket_reader, "CALLS_AT_ONCE", 1)  # so that a history is the same each time
        patch.setattr(content, "LARGE_PAGES", 3)
        logging.disable(logging.CRITICAL)
        yield
        logging.disable(logging.NOTSET)


class World:
    """A bucket, a Knowledge Base whose jobs read the bucket at their start, and a clock."""

    def __init__(self, keys: set[str], *, pages: int, job: timedelta) -> None:
        self.now = NOON
        self.bucket = FakeBucket(dict.fromkeys(sorted(keys), "0"), page_size=PAGE_SIZE)
        self.index: dict[str, str] = {}
        self.jobs: list[dict[str, Any]] = []
        self.failures: list[Exception] = []
        self.changes_while_listing: list[str] = []
        self._pages, self._job = pages, job
        agent: Any = self
        tombstones = Tombstones(s3=agent, bucket="b")
        self.parameters = FakeParameters()
        self.starter = JobStarter(
            bedrock_agent=agent,
            bucket=Bucket(read_page=self._page, checkpoint=fake_checkpoint(self.parameters), tombstones=tombstones),
            queue=Queue(sqs=agent, url="q"),
            settings=SETTINGS,
            listing_budget=self._budget,
            now=lambda: self.now,
        )

    def change(self, key: str) -> None:
        """Write, replace or delete an object. Its event is lost."""
        if key in self.bucket.objects and len(key) % 2:
            del self.bucket.objects[key]
        else:
            self.bucket.objects[key] = f"{self.now:%H%M%S}"

    def notify(self) -> None:
        """Deliver the event of the last change once. If that fails, or a job is running, this event is lost, too."""
        message = Message(message_id="m", happened_by=self.now, receipt_handle="r")
        self.now += timedelta(seconds=5)
        with suppress(ClientError, ListingError):
            self.starter.handle_batch(Batch(messages=(message,), malformed=()), Log())

    def sweep(self) -> None:
        """Let five minutes pass, and run the schedule's sweep. A failure of it is Lambda's to count."""
        self.now += SWEEP
        with suppress(ClientError, ListingError):
            self.starter.sweep(Log(), may_rest=True)

    @property
    def started(self) -> int:
        return len(self.jobs)

    def list_ingestion_jobs(self, **_: object) -> dict[str, Any]:
        for job in self.jobs:
            if job["status"] == "IN_PROGRESS" and self.now >= job["startedAt"] + self._job:
                job["status"], self.index = "COMPLETE", job["read"]
        return {"ingestionJobSummaries": [{**job} for job in self.jobs]}

    def start_ingestion_job(self, *, description: str, **_: object) -> dict[str, Any]:
        assert not any(job["status"] == "IN_PROGRESS" for job in self.jobs)
        self.jobs.append(
            {
                **IDS,
                "ingestionJobId": f"JOB{len(self.jobs):07}",
                "status": "IN_PROGRESS",
                "startedAt": self.now,
                "updatedAt": self.now,
                "description": description,
                "read": dict(self.bucket.objects),
            }
        )
        return {"ingestionJob": self.jobs[-1]}

    def change_message_visibility_batch(self, **_: object) -> dict[str, Any]:
        return {}

    def list_objects_v2(self, **_: object) -> dict[str, Any]:
        return {}

    def _budget(self) -> Budget:
        looks = iter([*([1.0] * self._pages), *([3.0] * 10_000)])
        return Budget(deadline=2.0, clock=lambda: next(looks))

    def _page(self, after: str) -> Page:
        if self.failures:
            raise self.failures.pop()
        if self.changes_while_listing:
            self.change(self.changes_while_listing.pop())
        return self.bucket.pages(after)


FAILURES = st.sampled_from([ListingError("cut off"), ClientError({"Error": {"Code": "InternalError"}}, "List")])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("lost"), st.sampled_from(KEYS)),
        st.tuples(st.just("event"), st.sampled_from(KEYS)),
        st.tuples(st.just("while listing"), st.sampled_from(KEYS)),
        st.tuples(st.just("failure"), FAILURES),
        st.tuples(st.just("state lost"), st.sampled_from(["{}", "", '{"started":1}', "[]"])),
        st.tuples(st.just("sweep"), st.integers(1, 4)),
    ),
    max_size=12,
)
# 66 objects are 33 pages and the ends of 17 ranges: with ten pages at a time at most six sweeps.
WORLDS = st.builds(
    World, st.sets(st.sampled_from(KEYS)), pages=st.integers(12, 80), job=st.sampled_from([SWEEP / 2, SWEEP])
)


def play(world: World, steps: list[tuple[str, Any]]) -> None:
    for name, value in steps:
        if name in {"lost", "event"}:
            world.change(value)
        if name == "event":
            world.notify()
        elif name == "while listing":
            world.changes_while_listing.append(value)
        elif name == "failure":
            world.failures.append(value)
        elif name == "state lost":
            world.parameters.writes.append(value)
        elif name == "sweep":
            for _ in range(value):
                world.sweep()


def settle(world: World) -> None:
    """Let the failures of the history end."""
    while world.failures or world.changes_while_listing:
        world.sweep()


@settings(max_examples=150, deadline=None)
@given(WORLDS, STEPS)
def test_every_change_is_indexed_within_an_hour_and_a_job_s_time(world: World, steps: list[tuple[str, Any]]) -> None:
    play(world, steps)
    settle(world)
    last_change, wanted = world.now, dict(world.bucket.objects)
    while world.now < last_change + HOUR + 2 * SWEEP:
        world.sweep()
    world.list_ingestion_jobs()
    assert world.index == wanted


@settings(max_examples=150, deadline=None)
@given(WORLDS, STEPS)
def test_without_a_change_no_job_starts_at_any_size(world: World, steps: list[tuple[str, Any]]) -> None:
    play(world, steps)
    settle(world)
    for _ in range(40):
        world.sweep()
    before = world.started
    for _ in range(60):
        world.sweep()
    assert world.started == before


def test_a_bucket_that_takes_several_sweeps_gets_one_job_and_then_none() -> None:
    world, decisions = World(set(KEYS), pages=12, job=SWEEP / 2), list[datetime]()
    for _ in range(30):
        started = world.started
        world.sweep()
        if world.started > started:
            decisions.append(world.now)
    # Nothing was ever indexed, so the first job does not wait for the comparison. The second one has a description.
    assert [job["description"][:8] for job in world.jobs] == ["content ", "content "]
    assert world.jobs[0]["description"] == "content not compared"
    assert decision.UNCOMPARED_INTERVAL < HOUR

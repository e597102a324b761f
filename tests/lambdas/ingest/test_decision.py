from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.bucket_reader import Range, Reading
from ingest.decision import (
    READING_INTERVAL,
    UNCOMPARED_INTERVAL,
    Decision,
    continue_reading,
    plan_batch,
    plan_sweep,
)
from ingest.events import Message
from shared.ingestion_jobs import Job
from tests.lambdas.helpers import NOON, job

STATUSES = ["STARTING", "IN_PROGRESS", "COMPLETE", "FAILED", "STOPPING", "STOPPED"]
JOBS = st.lists(st.builds(job, st.sampled_from(STATUSES), started=st.integers(-100, 100)), max_size=6)


def message(at: float | None, message_id: str = "m") -> Message:
    return Message(
        message_id=message_id, happened_by=None if at is None else NOON + timedelta(seconds=at), receipt_handle="r"
    )


MESSAGES = st.lists(st.builds(message, st.none() | st.integers(-100, 100)), max_size=6)


@given(MESSAGES, JOBS)
def test_a_job_is_never_started_beside_a_running_one(messages: list[Message], jobs: list[Job]) -> None:
    running = any(entry.running for entry in jobs)
    assert not (running and plan_batch(messages, jobs).decision is Decision.START)
    assert not (running and plan_sweep(jobs=jobs, description="content x", now=NOON) is Decision.START)


@given(MESSAGES, JOBS)
def test_a_message_is_covered_only_by_a_complete_job_that_started_after_it(
    messages: list[Message], jobs: list[Job]
) -> None:
    numbered = [replace(m, message_id=str(index)) for index, m in enumerate(messages)]
    plan = plan_batch(numbered, jobs)
    for entry in numbered:
        after = [found for found in jobs if entry.happened_by and found.started_at > entry.happened_by]
        if entry.happened_by and entry.message_id not in plan.uncovered:
            assert "COMPLETE" in {found.status for found in after}


@given(MESSAGES, JOBS)
def test_only_a_batch_without_uncovered_messages_is_covered(messages: list[Message], jobs: list[Job]) -> None:
    plan = plan_batch(messages, jobs)
    assert (plan.decision is Decision.COVERED) == (not plan.uncovered)


@pytest.mark.parametrize(
    "jobs,decision",
    [
        ([], Decision.START),
        ([job("COMPLETE", started=60)], Decision.COVERED),
        ([job("COMPLETE", started=-60)], Decision.START),
        ([job("COMPLETE", started=1)], Decision.START),
        ([job("FAILED", started=60)], Decision.START),
        ([job("STOPPED", started=60)], Decision.START),
        ([job("STARTING", started=60)], Decision.WAIT),
        ([job("IN_PROGRESS", started=60)], Decision.WAIT),
        ([job("IN_PROGRESS", started=-60)], Decision.WAIT),
        ([job("STOPPING", started=60)], Decision.WAIT),
        ([job("IN_PROGRESS", started=90), job("COMPLETE", started=60)], Decision.COVERED),
        ([job("FAILED", started=90), job("COMPLETE", started=60)], Decision.COVERED),
        ([job("FAILED", started=90), job("COMPLETE", started=-60)], Decision.START),
    ],
)
def test_a_batch_is_decided_by_the_jobs_after_it(jobs: list[Job], decision: Decision) -> None:
    assert plan_batch([message(0)], jobs).decision is decision


def test_of_a_mixed_batch_only_the_uncovered_messages_are_returned() -> None:
    messages = [message(-60, "old"), message(60, "new"), message(None, "test")]
    plan = plan_batch(messages, [job("IN_PROGRESS", started=30), job("COMPLETE", started=0)])
    assert plan.decision is Decision.WAIT
    assert plan.uncovered == ("new",)


@pytest.mark.parametrize(
    "jobs,description,decision",
    [
        ([], "content a", Decision.START),
        ([job("COMPLETE", started=0, description="content a")], "content a", Decision.COVERED),
        ([job("COMPLETE", started=0, description="content b")], "content a", Decision.START),
        ([job("COMPLETE", started=0)], "content a", Decision.START),
        (
            [job("FAILED", started=9), job("COMPLETE", started=0, description="content a")],
            "content a",
            Decision.START,
        ),
        ([job("FAILED", started=9, description="content a")], "content a", Decision.START),
        (
            [job("COMPLETE", started=9, description="content a"), job("FAILED", started=0)],
            "content a",
            Decision.COVERED,
        ),
        ([job("FAILED", started=0), job("COMPLETE", started=-60)], None, Decision.START),
        ([job("IN_PROGRESS", started=0, description="content b")], "content a", Decision.WAIT),
        # Back to what an older job saw: the newest COMPLETE job decides.
        (
            [
                job("COMPLETE", started=9, description="content b"),
                job("COMPLETE", started=0, description="content a"),
            ],
            "content a",
            Decision.START,
        ),
        ([job("COMPLETE", started=-3299)], None, Decision.WAIT),
        ([job("COMPLETE", started=-3300)], None, Decision.START),
        ([], None, Decision.START),
    ],
)
def test_the_sweep_is_decided_by_a_failed_last_job_or_the_last_complete_ones_content(
    jobs: list[Job], description: str | None, decision: Decision
) -> None:
    assert plan_sweep(jobs=jobs, description=description, now=NOON) is decision


def half_read(started: float) -> Job:
    return replace(job("COMPLETE", started=started, description="content a"), statistics={"numberOfDocumentsFailed": 1})


@pytest.mark.parametrize(
    "jobs,decision",
    [
        ([half_read(-3599)], Decision.COVERED),
        ([half_read(-3600)], Decision.START),
        ([half_read(-3600), half_read(-7200)], Decision.START),
        ([half_read(-3600), half_read(-7200), half_read(-10800)], Decision.COVERED),
        ([job("COMPLETE", started=-3600, description="content a"), half_read(-7200)], Decision.COVERED),
    ],
)
def test_documents_that_a_complete_job_could_not_read_are_retried_hourly_by_three_jobs_in_all(
    jobs: list[Job], decision: Decision
) -> None:
    assert plan_sweep(jobs=jobs, description="content a", now=NOON) is decision


SAVED = Reading(started=NOON - timedelta(minutes=9), unread=(Range("k", ""),), invocations=2, verified=NOON)
DONE = replace(SAVED, unread=())
FRESH = Reading(started=NOON, verified=NOON)


@pytest.mark.parametrize(
    "saved, jobs, continued",
    [
        (None, [], Reading(started=NOON)),
        (SAVED, [], SAVED),
        (SAVED, [job("COMPLETE", started=-600)], SAVED),
        (SAVED, [job("FAILED", started=-60)], SAVED),
        # A complete job that started later covers all that was read.
        (SAVED, [job("COMPLETE", started=-60)], FRESH),
        (replace(SAVED, started=NOON - UNCOMPARED_INTERVAL), [], FRESH),
        (DONE, [job("COMPLETE", started=-60, description=DONE.description or "")], DONE),
        (DONE, [job("COMPLETE", started=-60, description="content not compared")], FRESH),
        (DONE, [], FRESH),
        (replace(DONE, started=NOON - READING_INTERVAL), [job("COMPLETE", started=-60, description="x")], FRESH),
    ],
)
def test_a_sweep_goes_on_with_a_reading_that_is_still_of_use(
    saved: Reading | None, jobs: list[Job], continued: Reading
) -> None:
    assert continue_reading(saved, jobs, now=NOON, may_rest=True) == continued


def test_a_sweep_that_an_operator_asks_for_reads_the_bucket_now() -> None:
    last = job("COMPLETE", started=-60, description=DONE.description or "")
    assert continue_reading(DONE, [last], now=NOON) == FRESH
    assert continue_reading(SAVED, [], now=NOON) == SAVED

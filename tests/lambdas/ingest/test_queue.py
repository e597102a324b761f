"""For how long a message waits that is returned to the queue."""

import json
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.events import Message
from ingest.queue import wait_seconds
from shared.logs import Log
from tests.lambdas.helpers import NOON
from tests.lambdas.ingest.helpers import StubbedClients
from warm_standby.documents.ingestion_queue import MAX_RECEIVE_COUNT, VISIBILITY_TIMEOUT

LONGEST_JOB_SECONDS = 5 * 3600


def message(number: int, *, receives: int = 1) -> Message:
    return Message(message_id=f"m{number}", happened_by=NOON, receipt_handle=f"r{number}", receives=receives)


def logged(capsys: pytest.CaptureFixture[str]) -> list[tuple[str, object]]:
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return [(line["message"], line.get("messages")) for line in lines]


@pytest.fixture
def stubbed() -> StubbedClients:
    return StubbedClients()


def test_a_wait_is_five_seconds_and_doubles_up_to_the_longest() -> None:
    assert [wait_seconds(receives) for receives in range(1, 9)] == [5, 10, 20, 40, 80, 160, 320, 320]


@given(st.integers(-3, 10**9))
def test_a_wait_is_never_longer_than_the_queue_s_own(receives: int) -> None:
    assert 0 < wait_seconds(receives) <= VISIBILITY_TIMEOUT


def test_a_message_waits_at_most_five_seconds_longer_than_its_job_has_already_run() -> None:
    waits = [wait_seconds(receives) for receives in range(1, MAX_RECEIVE_COUNT)]
    passed = [sum(waits[:number]) for number in range(len(waits))]
    assert all(wait <= before + 5 for before, wait in zip(passed, waits, strict=True))
    assert all(before <= after for before, after in pairwise(waits))


def test_a_job_of_five_hours_makes_no_dead_letter() -> None:
    assert sum(wait_seconds(receives) for receives in range(1, MAX_RECEIVE_COUNT + 1)) >= LONGEST_JOB_SECONDS


def test_each_message_waits_by_its_own_receives(stubbed: StubbedClients) -> None:
    stubbed.waits(("r0", 5), ("r1", 40), ("r2", 320))
    stubbed.queue.shorten_visibility([message(0), message(1, receives=4), message(2, receives=63)], Log())
    stubbed.done()


def test_a_call_has_at_most_ten_messages(stubbed: StubbedClients) -> None:
    handles = [(f"r{number}", 5) for number in range(21)]
    for call in (handles[:10], handles[10:20], handles[20:]):
        stubbed.waits(*call)
    stubbed.queue.shorten_visibility([message(number) for number in range(21)], Log())
    stubbed.done()


def test_messages_that_could_not_be_changed_are_counted_in_the_log(
    stubbed: StubbedClients, capsys: pytest.CaptureFixture[str]
) -> None:
    stubbed.waits(("r0", 5), ("r1", 5), ("r2", 5), failed=2)
    stubbed.queue.shorten_visibility([message(number) for number in range(3)], Log())
    assert logged(capsys) == [("visibility_unchanged", 2)]


def test_a_refused_change_is_logged_and_fails_nothing(
    stubbed: StubbedClients, capsys: pytest.CaptureFixture[str]
) -> None:
    stubbed.waits(*[(f"r{number}", 5) for number in range(10)])
    stubbed.sqs.add_client_error("change_message_visibility_batch", "AccessDenied")
    stubbed.queue.shorten_visibility([message(number) for number in range(25)], Log())
    assert logged(capsys) == [("visibility_unchanged", 15)]


def test_a_change_ends_with_its_time(stubbed: StubbedClients, capsys: pytest.CaptureFixture[str]) -> None:
    replace(stubbed.queue, change_seconds=0).shorten_visibility([message(0)], Log())
    assert logged(capsys) == [("visibility_unchanged", 1)]

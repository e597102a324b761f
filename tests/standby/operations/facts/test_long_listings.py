"""Listings of many pages: every command judges them as it judges short ones, and `status` does not wait for them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from standby.deployment.concurrency import Unavailable
from standby.deployment.manifest import ROLES, Role
from standby.operations.facts import collect
from standby.operations.facts.collect import collect_state, collect_status
from standby.operations.facts.comparisons import comparison_record, document_facts
from standby.operations.facts.comparisons.comparison_record import (
    KEY,
    NOT_COMPARED,
    ComparisonRecord,
    PastReplication,
    RegionRecord,
    read_record,
    recall_knowledge_base,
    write_record,
)
from standby.operations.facts.documents import FULL_DEPTH, Replication
from standby.operations.facts.knowledge_base import IndexState, IngestionJob
from standby.operations.plans.failback_preconditions import unmet_preconditions
from standby.operations.views.status_json import status_json
from standby.operations.views.status_text import status_lines
from standby.operations.views.verdict import assess_state
from tests.standby.helpers import EAST, HEALTHY, NOON, WEST, World
from tests.standby.operations.execution.test_copy_documents import write
from tests.standby.states import moved, region, state

KEYS = (
    "a//b.pdf",
    "/x",
    "Uploads/1",
    "plain",
    *(f"uploads/{digit}1111111-2222-5333-8444-555555555555/a" for digit in "0af"),
)
FOUND = RegionRecord(
    documents=2_000_000,
    knowledge_base_in_sync=True,
    missing=0,
    conflicts=0,
    deletions=0,
    undeleted=0,
    oldest=None,
)


@pytest.fixture(autouse=True)
def patiently(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give each fact more time, because these tests run on busy machines."""
    monkeypatch.setattr(collect, "FACT_SECONDS", 30.0)
    monkeypatch.setattr(collect, "STATUS_SECONDS", 30.0)


@pytest.fixture
def long(world: World) -> World:
    """A world whose pages have two objects: the failover region lacks two of seven."""
    for number, key in enumerate(KEYS):
        for role in ROLES if number not in {1, 5} else ("primary",):
            write(world, role, key, key)
    return world


def connect(world: World) -> Any:  # noqa: ANN401 - a connection
    connection = world.connect()
    for role in ROLES:
        events = connection.clients.listing_s3(world.manifest.regions[role].region).meta.events
        events.register("before-parameter-build.s3.ListObjectsV2", _two_keys, unique_id="two keys")
    return connection


def _two_keys(params: dict[str, object], **_: object) -> None:
    params["MaxKeys"] = 2


def replication(found: Any) -> Any:  # noqa: ANN401 - a state, and one direction of it
    return found.regions["primary"].replication


def test_a_long_listing_is_compared_to_its_end(long: World) -> None:
    found = replication(collect_state(connect(long), long.manifest, depth=FULL_DEPTH))
    assert isinstance(found, Replication)
    assert sorted(one.document.key for one in found.missing) == sorted([KEYS[1], KEYS[5]])


def test_a_comparison_is_remembered_and_told_by_a_status_that_cannot_wait(
    long: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = connect(long)
    record = record_of(missing=2)
    write_record(connection, long.manifest, record)
    assert read_record(connection, long.manifest, seconds=5) == record
    monkeypatch.setattr(collect, "COMPARE_SECONDS", 0.0)
    monkeypatch.setattr(document_facts, "RECORD_SECONDS", 5.0)  # on a busy machine
    found = replication(collect_status(connection, long.manifest))
    assert isinstance(found, PastReplication)
    assert (found.found, found.compared_at) == (record.regions["primary"], record.compared_at)


def test_a_status_that_cannot_wait_and_knows_no_comparison_says_so(
    long: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collect, "COMPARE_SECONDS", 0.0)
    found = collect_status(connect(long), long.manifest)
    assert str(replication(found)) == NOT_COMPARED
    assert NOT_COMPARED in assess_state(found).reasons


def test_a_comparison_that_does_not_end_vouches_for_no_failback(long: World, monkeypatch: pytest.MonkeyPatch) -> None:
    connection = connect(long)
    write_record(connection, long.manifest, record_of())
    monkeypatch.setattr(collect, "FULL_LISTING_SECONDS", 0.0)
    found = collect_state(connection, long.manifest, depth=FULL_DEPTH)
    assert isinstance(replication(found), Unavailable)
    assert any("still comparing" in refusal.reason for refusal in unmet_preconditions(found, [HEALTHY]))


@pytest.mark.parametrize("body", [b"", b"[]", b"nonsense", b'{"schemaVersion": 9}'])
def test_a_record_that_is_none_is_not_read(world: World, body: bytes) -> None:
    for role in ROLES:
        bucket = world.manifest.regions[role].frontend_bucket
        world.s3(role).put_object(Bucket=bucket, Key=KEY, Body=body)
    assert read_record(world.connect(), world.manifest, seconds=5) is None


def test_a_record_of_yesterday_is_not_told(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    connection = world.connect()
    now = connection.clients.clock.now()
    write_record(connection, world.manifest, record_of(at=now - timedelta(hours=25)))
    assert read_record(connection, world.manifest, seconds=5) is None
    monkeypatch.setattr(comparison_record, "MAX_AGE", timedelta(hours=26))
    assert read_record(connection, world.manifest, seconds=5) is not None


def record_of(*, missing: int = 0, at: datetime | None = None) -> ComparisonRecord:
    found = FOUND.model_copy(update={"missing": missing})
    regions: dict[Role, RegionRecord] = dict.fromkeys(ROLES, found)
    return ComparisonRecord(compared_at=at or datetime.now(UTC), regions=regions)


def past(**found: object) -> PastReplication:
    return PastReplication(
        source="primary",
        configured=True,
        compared_at=NOON - timedelta(minutes=5),
        found=FOUND.model_copy(update=found),
    )


def test_a_comparison_five_minutes_ago_without_a_difference_is_ready_and_its_age_is_told() -> None:
    found = state(region("primary", replication=past()))
    verdict = assess_state(found)
    assert verdict.name == "ready"
    assert verdict.notes == ("the documents were last compared 300 s ago: `standby status --deep` compares them now",)
    assert f"to {EAST}: nothing missing, compared 300 s ago" in " ".join("\n".join(status_lines(found)).split())
    assert status_json(found, verdict).regions["primary"].replication.compared_seconds_ago == 300  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "found,told",
    [
        ({"missing": 3}, f"3 documents of {WEST} are missing in {EAST}, as compared 300 s ago"),
        ({"deletions": 1}, f"1 deletion of {WEST} is missing in {EAST}, as compared 300 s ago"),
        ({"undeleted": 2}, f"2 documents that users deleted were in {WEST}, as compared 300 s ago"),
    ],
)
def test_what_the_last_comparison_found_is_a_reason_against_ready(found: dict[str, int], told: str) -> None:
    verdict = assess_state(state(region("primary", replication=past(**found))))
    assert verdict.name == "degraded"
    assert any(reason.startswith(told) for reason in verdict.reasons)
    assert verdict.next == "`standby reconcile` brings both regions into sync"


def test_a_past_comparison_vouches_for_no_failback() -> None:
    refusals = unmet_preconditions(moved(failover={"replication": past()}), [HEALTHY])
    assert [refusal.reason for refusal in refusals] == [f"the documents of {EAST} were not compared"]


def test_without_any_comparison_the_next_command_compares() -> None:
    verdict = assess_state(state(region("primary", replication=Unavailable(NOT_COMPARED))))
    assert (verdict.name, verdict.next) == (
        "degraded",
        "`standby status --deep` compares the documents of both regions",
    )


@pytest.mark.parametrize(
    "statuses,was_in_sync,in_sync",
    [
        ([], True, True),
        ([], False, False),
        ([("COMPLETE", -1)], True, True),
        ([("COMPLETE", -1)], False, False),
        ([("COMPLETE", 1)], False, True),
        ([("FAILED", 1), ("COMPLETE", -1)], True, False),
        ([("IN_PROGRESS", 1), ("COMPLETE", -1)], True, True),
        ([("IN_PROGRESS", 1), ("COMPLETE", -1)], False, False),
    ],
)
def test_a_knowledge_base_that_was_not_compared_is_in_sync_by_its_jobs(
    statuses: list[tuple[str, int]], *, was_in_sync: bool, in_sync: bool
) -> None:
    jobs = tuple(
        IngestionJob(status=status, started_at=NOON + timedelta(minutes=minutes), description="content x")
        for status, minutes in statuses
    )
    found = FOUND.model_copy(update={"knowledge_base_in_sync": was_in_sync})
    record = ComparisonRecord(compared_at=NOON, regions=dict.fromkeys(ROLES, found))
    base = recall_knowledge_base(IndexState(jobs=jobs, indexed=5, failed=0), record, "primary")
    assert (base.in_sync, base.compared, base.documents) == (in_sync, False, 2_000_000)

"""Records in buckets: from users, from other versions of the tool, or invalid."""

import json
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from standby.deployment.manifest import parse_manifest
from standby.errors import StandbyError
from standby.operations.facts.documents import Document, Listing, find_differences
from standby.operations.facts.journal import (
    PREFIX,
    RESULTS,
    Event,
    PendingWrite,
    StepTaken,
    find_event_of_config,
    last_switch,
    merge_events,
    parse_event,
    parse_generation,
)
from standby.operations.facts.knowledge_base import IndexState, IngestionJob, compare_with_bucket
from tests.standby.helpers import MANIFEST, NOON, changed
from tests.standby.manifests import manifest_text

NAMES = st.sampled_from(("apiUrl", "generation", "region", "id", "command", "startedAt", "steps")) | st.text(max_size=5)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.just(float("inf")) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=6),
    max_leaves=12,
)
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2030, 1, 1)).map(lambda m: f"{m:%Y-%m-%dT%H:%M:%S.%f}Z")  # noqa: DTZ001 - hypothesis wants naive limits
TEXTS = st.text(max_size=5)
AT = "2026-01-01T00:00:00.000000Z"


def make_event(**fields: Any) -> Event:  # noqa: ANN401 - the fields of an event
    """Return an event. Hypothesis would also build the class from its aliases."""
    return Event(**fields)


EVENT = partial(
    st.builds,
    make_event,
    id=st.text("0123456789abcdef", min_size=8, max_size=8),
    generation=st.integers(0, 10**12 - 1),
    command=st.sampled_from(["failover", "failback", "reconcile"]),
    actor=TEXTS,
    reason=TEXTS,
    started_at=MOMENTS,
    ended_at=st.none() | MOMENTS,
    result=st.sampled_from(RESULTS),
    source=TEXTS,
    target=TEXTS,
)
EVENTS = EVENT(
    steps=st.lists(st.builds(StepTaken, step=TEXTS, result=TEXTS, seconds=st.just(0.5)), max_size=2).map(tuple),
    pending_writes=st.lists(st.builds(PendingWrite, region=TEXTS, what=TEXTS, why=TEXTS), max_size=2).map(tuple),
)
# These fields have no effect on the order of events.
SAID = dict.fromkeys(("actor", "reason", "source", "target"), st.just("x"))
LISTED = EVENT(**SAID)


@given(EVENTS)
def test_an_event_survives_writing_and_reading(event: Event) -> None:
    assert parse_event(json.dumps(event.as_json())) == event
    assert parse_generation(event.key) == event.generation


@given(JSON)
@example({"id": "x", "generation": float("inf"), "startedAt": "2026-01-01T00:00:00Z", "result": "done"})
def test_any_json_is_an_event_or_a_value_error(value: object) -> None:
    with pytest.raises(ValueError, match="not an event"):
        parse_event(json.dumps(value))


@pytest.mark.parametrize("text", ["", "[" * 4000, '{"steps": ' * 2000, b"\xff".decode("utf-8", errors="replace")])
def test_any_text_is_an_event_or_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match="not an event"):
        parse_event(text)


@pytest.mark.parametrize("moment", ["2026-01-01T00:00:00", "2026-01-01", "yesterday"])
def test_a_time_without_a_time_zone_is_refused_in_an_event(moment: str) -> None:
    event = dict(make_event(id="a", generation=1, command="failover", actor="", started_at=AT).as_json())
    assert parse_event(json.dumps(event)).started_at == AT
    with pytest.raises(ValueError, match="not an event: startedAt"):
        parse_event(json.dumps({**event, "startedAt": moment}))


@given(st.lists(LISTED, max_size=6))
def test_a_listing_of_events_is_ordered_by_generation_then_time(events: list[Event]) -> None:
    ordered = merge_events([events])
    assert [(e.generation, e.started_at) for e in ordered] == sorted((e.generation, e.started_at) for e in ordered)


@given(LISTED, st.permutations(RESULTS))
def test_of_two_states_of_one_event_the_ended_one_is_kept(event: Event, results: list[str]) -> None:
    states = [changed(event, result=result) for result in results]
    assert [kept.result for kept in merge_events([states[:2], states[2:]])] == ["done"]


@given(st.lists(LISTED, max_size=6))
def test_the_last_switch_is_never_a_reconciliation_or_a_lost_command(events: list[Event]) -> None:
    last = last_switch(events)
    assert last is None or (last.command != "reconcile" and last.result != "lost")


@given(LISTED)
def test_a_config_identifies_its_event_by_generation_and_time(event: Event) -> None:
    assert find_event_of_config([event], generation=event.generation, updated_at=event.started_at) == event
    assert find_event_of_config([event], generation=event.generation + 1, updated_at=event.started_at) is None


@pytest.mark.parametrize("key", ["standby/journal/x.json", "config.json", f"{PREFIX}1-20260101T000000000000Z-a.json"])
def test_other_objects_under_the_prefix_have_no_generation(key: str) -> None:
    assert parse_generation(key) == 0


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"schemaVersion": 2}', manifest_text().replace('"frontendBucket"', '"x"')]
)
def test_an_invalid_manifest_is_one_line(text: str) -> None:
    with pytest.raises(StandbyError, match="The manifest is not as expected"):
        parse_manifest(text)


def test_the_error_for_an_older_manifest_names_the_fix() -> None:
    with pytest.raises(StandbyError, match="schema version 1"):
        parse_manifest(manifest_text().replace('"schemaVersion": 2', '"schemaVersion": 1'))


def test_an_api_is_recognized_with_and_without_its_last_slash() -> None:
    url = MANIFEST.regions["failover"].api_url
    assert MANIFEST.role_of(url) == MANIFEST.role_of(url.rstrip("/")) == "failover"
    assert MANIFEST.role_of("https://elsewhere/") is None


def listing(**found: tuple[str, int]) -> Listing:
    """Return a listing: each key with its ETag and the second of its last write."""
    documents = {
        key: Document(key=key, etag=etag, size=1, modified=NOON + timedelta(seconds=second))
        for key, (etag, second) in sorted(found.items())
    }
    return Listing(documents=documents)


LISTINGS = st.dictionaries(st.sampled_from("abcd"), st.tuples(st.sampled_from("12"), st.integers(0, 3))).map(
    lambda found: listing(**found)
)


@given(LISTINGS, LISTINGS)
def test_no_older_content_overwrites_newer_content(here: Listing, there: Listing) -> None:
    for document, beside in find_differences(here, there):
        assert beside is None or (beside.etag != document.etag and beside.modified <= document.modified)


@given(LISTINGS, LISTINGS)
def test_every_difference_is_found_in_at_least_one_direction(here: Listing, there: Listing) -> None:
    found = {document.key for document, _ in (*find_differences(here, there), *find_differences(there, here))}
    keys = here.documents.keys() | there.documents.keys()
    etags = {key: {side.documents[key].etag for side in (here, there) if key in side.documents} for key in keys}
    same = {key for key in keys if key in here.documents and key in there.documents and len(etags[key]) == 1}
    assert found == keys - same


@pytest.mark.parametrize(
    "jobs,in_sync",
    [
        ([("COMPLETE", "same")], True),
        ([("COMPLETE", "other")], False),
        ([("FAILED", "same"), ("COMPLETE", "same")], True),
        ([("IN_PROGRESS", "same"), ("COMPLETE", "other")], False),
        ([("IN_PROGRESS", "same")], False),
        ([], False),
        ([("COMPLETE", "by hand")], True),
    ],
)
def test_a_knowledge_base_is_in_sync_if_its_last_complete_job_read_this_content(
    jobs: list[tuple[str, str]], *, in_sync: bool
) -> None:
    bucket = listing(a=("1", 0))
    descriptions = {"same": bucket.description, "other": "content 123", "by hand": "a test"}
    made = [
        IngestionJob(status=status, started_at=NOON - timedelta(minutes=age), description=descriptions[description])
        for age, (status, description) in enumerate(jobs)
    ]
    assert compare_with_bucket(IndexState(jobs=tuple(made), indexed=1, failed=0), bucket).in_sync is in_sync

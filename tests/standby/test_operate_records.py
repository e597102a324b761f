"""What is read from buckets: written by people, by other versions, or by nobody."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from standby.errors import StandbyError
from standby.manifest import parse_manifest
from standby.operate.documents import Document, Listing, differences
from standby.operate.journal import (
    PREFIX,
    RESULTS,
    Event,
    StepTaken,
    Unwritten,
    by_config,
    generation_of,
    last_switch,
    merged,
    parse_event,
    render_event,
)
from standby.operate.knowledge import Indexed, Job, compare
from standby.operate.serving import Config, parse_config, render_config
from tests.standby.manifests import manifest_text
from tests.standby.operate_support import MANIFEST, NOON

NAMES = st.sampled_from(("apiUrl", "generation", "region", "id", "command", "startedAt", "steps")) | st.text(max_size=5)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.just(float("inf")) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=6),
    max_leaves=12,
)
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2030, 1, 1)).map(lambda m: f"{m:%Y-%m-%dT%H:%M:%S.%f}Z")  # noqa: DTZ001 - hypothesis wants naive limits
TEXTS = st.text(max_size=5)
EVENT = partial(
    st.builds,
    Event,
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
    unwritten=st.lists(st.builds(Unwritten, region=TEXTS, what=TEXTS, why=TEXTS), max_size=2).map(tuple),
)
SAID = dict.fromkeys(("actor", "reason", "source", "target"), st.just("x"))  # what the order of events has no use for
LISTED = EVENT(**SAID)
CONFIGS = st.builds(
    Config,
    api_url=st.text(min_size=1),
    fallback_api_url=st.none() | TEXTS,
    region=TEXTS,
    role=TEXTS,
    generation=st.integers(1, 10**9),
    updated_at=TEXTS,
)


@given(CONFIGS)
def test_a_config_that_is_written_is_read_again(config: Config) -> None:
    assert parse_config(render_config(config)) == config


@given(JSON)
def test_whatever_json_is_there_is_a_config_or_a_value_error(value: object) -> None:
    try:
        config = parse_config(json.dumps(value))
    except ValueError:
        return
    assert config.hand_made or config.generation


@pytest.mark.parametrize("generation", ["3", 0, -1, True, None, 1.5, [3]])
def test_a_generation_that_is_no_positive_whole_number_is_none(generation: object) -> None:
    assert parse_config(json.dumps({"apiUrl": "u", "generation": generation})).hand_made


def test_the_guide_s_config_is_hand_made() -> None:
    assert parse_config('{"apiUrl":"https://api.example/prod/"}\n') == Config(api_url="https://api.example/prod/")


@given(EVENTS)
def test_an_event_that_is_written_is_read_again(event: Event) -> None:
    assert parse_event(render_event(event)) == event
    assert generation_of(event.key) == event.generation


@given(JSON)
@example({"id": "x", "generation": float("inf"), "startedAt": "2026-01-01T00:00:00Z", "result": "done"})
def test_whatever_json_is_there_is_an_event_or_a_value_error(value: object) -> None:
    with pytest.raises(ValueError, match="not an event"):
        parse_event(json.dumps(value))


@given(st.lists(LISTED, max_size=6))
def test_a_listing_of_events_is_ordered_by_generation_then_time(events: list[Event]) -> None:
    ordered = merged([events])
    assert [(e.generation, e.started_at) for e in ordered] == sorted((e.generation, e.started_at) for e in ordered)


@given(LISTED, st.permutations(RESULTS))
def test_of_two_states_of_one_event_the_one_that_ended_is_kept(event: Event, results: list[str]) -> None:
    states = [replace(event, result=result) for result in results]  # type: ignore[arg-type]  # each is one of RESULTS
    assert [kept.result for kept in merged([states[:2], states[2:]])] == ["done"]


@given(st.lists(LISTED, max_size=6))
def test_the_last_switch_is_never_a_reconciliation_nor_one_that_lost(events: list[Event]) -> None:
    last = last_switch(events)
    assert last is None or (last.command != "reconcile" and last.result != "lost")


@given(LISTED)
def test_a_config_names_the_event_that_wrote_it_by_generation_and_moment(event: Event) -> None:
    assert by_config([event], generation=event.generation, updated_at=event.started_at) == event
    assert by_config([event], generation=event.generation + 1, updated_at=event.started_at) is None


@pytest.mark.parametrize("key", ["standby/journal/x.json", "config.json", f"{PREFIX}1-20260101T000000000000Z-a.json"])
def test_other_objects_under_the_prefix_have_no_generation(key: str) -> None:
    assert generation_of(key) == 0


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"schemaVersion": 2}', manifest_text().replace('"frontendBucket"', '"x"')]
)
def test_a_manifest_that_is_not_one_is_told_in_one_line(text: str) -> None:
    with pytest.raises(StandbyError, match="The manifest is not as expected"):
        parse_manifest(text)


def test_an_older_manifest_says_what_to_do() -> None:
    with pytest.raises(StandbyError, match="schema version 1"):
        parse_manifest(manifest_text().replace('"schemaVersion": 2', '"schemaVersion": 1'))


def test_an_api_is_recognised_with_and_without_its_last_slash() -> None:
    url = MANIFEST.regions["failover"].api_url
    assert MANIFEST.role_of(url) == MANIFEST.role_of(url.rstrip("/")) == "failover"
    assert MANIFEST.role_of("https://elsewhere/") is None


def listing(**found: tuple[str, int]) -> Listing:
    """Return a listing: each key with its ETag and the second in which it was written."""
    documents = {
        key: Document(key=key, etag=etag, size=1, modified=NOON + timedelta(seconds=second))
        for key, (etag, second) in sorted(found.items())
    }
    return Listing(documents=documents)


LISTINGS = st.dictionaries(st.sampled_from("abcd"), st.tuples(st.sampled_from("12"), st.integers(0, 3))).map(
    lambda found: listing(**found)
)


@given(LISTINGS, LISTINGS)
def test_nothing_older_is_ever_to_overwrite_something_newer(here: Listing, there: Listing) -> None:
    for document, beside in differences(here, there):
        assert beside is None or (beside.etag != document.etag and beside.modified <= document.modified)


@given(LISTINGS, LISTINGS)
def test_what_differs_is_found_from_one_side_at_least(here: Listing, there: Listing) -> None:
    found = {document.key for document, _ in (*differences(here, there), *differences(there, here))}
    keys = here.documents.keys() | there.documents.keys()
    etags = {key: {side.documents[key].etag for side in (here, there) if key in side.documents} for key in keys}
    same = {key for key in keys if key in here.documents and key in there.documents and len(etags[key]) == 1}
    assert found == keys - same


@pytest.mark.parametrize(
    "jobs,in_step",
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
def test_a_knowledge_base_is_in_step_when_its_last_good_job_saw_this_content(
    jobs: list[tuple[str, str]], *, in_step: bool
) -> None:
    bucket = listing(a=("1", 0))
    descriptions = {"same": bucket.description, "other": "content 123", "by hand": "a test"}
    made = [
        Job(status=status, started_at=NOON - timedelta(minutes=age), description=descriptions[description])
        for age, (status, description) in enumerate(jobs)
    ]
    assert compare(Indexed(jobs=tuple(made), indexed=1, failed=0), bucket).in_step is in_step

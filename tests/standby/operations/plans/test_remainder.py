"""What a plan leaves to the next run, and the notes on a long copy: each with its region, what, and why."""

from dataclasses import replace

import pytest

from standby.deployment.concurrency import Unavailable
from standby.deployment.routing_config import RoutingConfig
from standby.operations.facts.documents import MissingDocument, Replication
from standby.operations.facts.journal import Event, PendingWrite, new_event
from standby.operations.facts.reconcile_facts import ReconcileFacts
from standby.operations.facts.state import Queues, State
from standby.operations.plans.batch_replication import FROM_DOCUMENTS, describe_batch
from standby.operations.plans.failback_preconditions import settles_by_itself
from standby.operations.plans.plan import manifest_refusals
from standby.operations.plans.reconcile import plan_config, plan_documents
from standby.operations.plans.remainder import (
    pending_changes,
    pending_comparisons,
    pending_copies,
    pending_reads,
)
from standby.operations.plans.switch import plan_switch
from tests.standby.helpers import DOWN, EAST, MANIFEST, NOON, WEST, both, changed, config, copy_of, facts
from tests.standby.states import BEHIND, dead, left, missing, moved, region, state

SLOW = Unavailable("answers SlowDown")


def known(found: State, *events: object, **said: object) -> ReconcileFacts:
    journals = {"primary": (), "failover": events}
    made = ReconcileFacts(state=replace(found, events=events), journals=journals, journal_generation=4, actor="a")  # type: ignore[arg-type]  # events
    return replace(made, **said)  # type: ignore[arg-type]  # a test says which part differs


def test_a_copy_that_cannot_be_read_is_pending_in_its_region() -> None:
    assert list(pending_copies(state(primary=dead("primary")))) == [
        PendingWrite(region=WEST, what="config.json", why=f"{WEST} {DOWN}")
    ]
    assert list(pending_copies(state())) == []


def test_a_copy_that_differs_from_the_authoritative_one_is_pending_in_its_region() -> None:
    found = moved(primary={"copy": copy_of("primary", config("primary", 3))})
    assert list(pending_changes(found)) == [
        PendingWrite(region=WEST, what="config.json", why="it differs from the other region's copy")
    ]
    assert list(pending_changes(moved())) == []
    assert list(pending_changes(state(primary=dead("primary")))) == []


def test_documents_that_could_not_be_compared_are_pending_in_the_region_that_they_would_be_copied_to() -> None:
    unread = state(region("primary", replication=SLOW))
    assert list(pending_comparisons(unread)) == [
        PendingWrite(region=EAST, what="documents", why=f"the documents of {WEST} cannot be compared: {SLOW}")
    ]
    some = state(failover=region("failover", replication=Replication(source="failover", configured=True)))
    assert list(pending_comparisons(some)) == []
    rest = Replication(source="failover", configured=True, not_inspected=2)
    assert list(pending_comparisons(state(failover=region("failover", replication=rest)))) == [
        PendingWrite(region=WEST, what="documents", why=f"of {EAST}, 2 more were not inspected")
    ]


def test_a_journal_and_a_knowledge_base_that_could_not_be_read_are_pending_in_their_region() -> None:
    found = known(state(region("primary", knowledge_base=SLOW)), unread_journals={"failover": DOWN})
    assert list(pending_reads(found)) == [
        PendingWrite(region=WEST, what="Knowledge Base", why=f"{WEST} {SLOW}"),
        PendingWrite(region=EAST, what="journal", why=f"{EAST} {DOWN}"),
    ]


def test_a_plan_for_config_json_has_pending_writes_only_if_it_writes() -> None:
    lost = replace(state(primary=dead("primary")))
    assert plan_config(known(lost)).pending_writes == ()
    changed_copy = copy_of("failover", config("primary", None))
    edited = state(dead("primary"), region("failover", copy=changed_copy))
    assert [one.region for one in plan_config(known(edited)).pending_writes] == [WEST]


def copies(number: int) -> tuple[MissingDocument, ...]:
    one = missing("never")
    return tuple(replace(one, document=replace(one.document, key=f"{index}.txt")) for index in range(number))


@pytest.mark.parametrize(
    "here,not_inspected,configured,noted",
    [(FROM_DOCUMENTS - 1, 0, True, 0), (1, FROM_DOCUMENTS - 1, True, 1), (1, FROM_DOCUMENTS - 1, False, 0)],
)
def test_s3_batch_replication_is_noted_from_50000_documents_if_s3_replicates(
    here: int, not_inspected: int, *, configured: bool, noted: int
) -> None:
    found = Replication(source="primary", configured=configured, differences=copies(here), not_inspected=not_inspected)
    assert len(list(describe_batch(found))) == noted


def test_the_note_names_both_prices() -> None:
    found = Replication(source="primary", configured=True, differences=copies(1), not_inspected=999_999)
    (note,) = describe_batch(found)
    assert note == (
        "S3 Batch Replication can copy these 1000000 documents without this machine: about USD 1.25 for the job, "
        "beside the USD 5.00 for writes and the transfer that a copy costs either way; docs/runbook.md says how"
    )


def test_manifests_that_differ_are_named_with_the_one_in_use() -> None:
    (refusal,) = manifest_refusals(changed(MANIFEST, differences=("edge_url",), read_from=EAST))
    assert refusal.reason.endswith(f", and this command uses that of {EAST}: apply the stack again")
    assert "edge_url" in refusal.reason
    assert refusal.overridable


def event(result: str) -> Event:
    made = new_event(generation=4, command="failover", actor="a", reason="", source=WEST, target=EAST, now=NOON)
    return changed(made, result=result)


QUIET = Queues(waiting=0, in_flight=0, dead_letters=0)


@pytest.mark.parametrize(
    "found,settles",
    [
        (moved(), True),
        (moved(primary={"knowledge_base": BEHIND}), False),
        (moved(primary={"knowledge_base": changed(BEHIND, running=True)}), True),
        (moved(primary={"knowledge_base": BEHIND, "queues": changed(QUIET, waiting=1)}), True),
        (moved(primary={"knowledge_base": BEHIND, "queues": changed(QUIET, in_flight=1)}), True),
        (moved(primary={"knowledge_base": BEHIND, "queues": DOWN}), False),
        (moved(primary={"knowledge_base": DOWN}), False),
        (moved(failover={"replication": left(missing("pending"), source="failover")}), True),
        (moved(failover={"replication": left(missing("never"), source="failover")}), False),
        (moved(failover={"replication": left(missing("pending"), missing("never"), source="failover")}), False),
        (moved(failover={"replication": DOWN}), True),
        (state(primary=dead("primary")), False),
        (state(failover=dead("failover")), False),
        (replace(moved(), events=(event("incomplete"),)), False),
        (replace(moved(), events=(event("done"),)), True),
    ],
)
def test_only_what_is_in_progress_settles_by_itself(found: State, *, settles: bool) -> None:
    assert settles_by_itself(found) == settles


def test_events_that_may_come_are_in_progress() -> None:
    assert settles_by_itself(moved(primary={"knowledge_base": BEHIND}), events_may_come=True)
    assert not settles_by_itself(moved(primary={"knowledge_base": DOWN}), events_may_come=True)


def test_an_api_of_neither_region_is_noted_only_if_a_person_wrote_it() -> None:
    elsewhere = RoutingConfig(api_url="https://elsewhere.example/")
    found = state(
        region("primary", copy=copy_of("primary", elsewhere)), region("failover", copy=copy_of("failover", elsewhere))
    )
    note = "config.json names an API of neither region (https://elsewhere.example/): it is left unchanged"
    assert note in plan_documents(known(found)).notes
    edited = state(region("primary", "primary", None), region("failover", "primary", None))
    assert plan_documents(known(edited)).notes == ()


def test_an_interrupted_switch_is_finished_with_its_event_and_a_finished_one_has_none() -> None:
    config_ = config("failover", 4, moment=NOON.isoformat())
    copies_ = both(primary=config_, failover=config_)
    begun = changed(event("started"), started_at=config_.updated_at)
    plan = plan_switch(facts(copies=copies_, events=(begun,)), command="failover", reason="r")
    assert plan.event == begun
    done = changed(begun, result="done")
    assert plan_switch(facts(copies=copies_, events=(done,)), command="failover", reason="r").event is None

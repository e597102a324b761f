"""Reconcile: a separate plan for config.json, documents before Knowledge Bases, and no pending event in the journal."""

from dataclasses import replace
from datetime import timedelta
from typing import Literal

import pytest

from standby.deployment.concurrency import Unavailable
from standby.deployment.manifest import ROLES, Role
from standby.deployment.routing_config import ConfigCopy, RoutingConfig
from standby.operations.facts.documents import Replication
from standby.operations.facts.journal import Event, PendingWrite, new_event
from standby.operations.facts.reconcile_facts import ReconcileFacts
from standby.operations.facts.state import State, region_state_of_copy
from standby.operations.plans.plan import (
    CloseEvent,
    CopyDocuments,
    CopyEvents,
    Ingest,
    PutConfig,
    Refusal,
    VerifyEdge,
    WriteIntent,
)
from standby.operations.plans.reconcile import plan_config, plan_documents
from standby.operations.views.verdict import assess_state
from tests.standby.helpers import DOWN, EAST, MANIFEST, NOON, WEST, changed, config, copy_of, invalid_copy, puts
from tests.standby.manifests import REGIONS
from tests.standby.states import BEHIND, dead, left, missing, moved, region, state


def reconcile_facts(found: State, **journals: tuple[object, ...]) -> ReconcileFacts:
    known = {role: journals.get(role, ()) for role in ROLES}
    return ReconcileFacts(state=found, journals=known, journal_generation=4, actor="somebody")  # type: ignore[arg-type]  # events


def test_documents_are_reconciled_before_knowledge_bases() -> None:
    found = moved(
        primary={"knowledge_base": BEHIND},
        failover={"replication": left(missing("never"), missing("deleted"), source="failover")},
    )
    plan = plan_documents(reconcile_facts(found))
    assert [type(step.action) for step in plan.steps] == [WriteIntent, CopyDocuments, Ingest, CloseEvent]
    (copies,) = [step.action for step in plan.steps if isinstance(step.action, CopyDocuments)]
    assert [one.why for one in copies.documents] == ["never"]
    assert plan.notes == (f"not copied from {EAST}, because it was deleted in the other region: deleted.txt",)


def test_copied_documents_are_ingested_even_if_the_knowledge_base_was_in_sync() -> None:
    found = moved(failover={"replication": left(missing("never"), source="failover")})
    plan = plan_documents(reconcile_facts(found))
    assert [step.action.role for step in plan.steps if isinstance(step.action, Ingest)] == ["primary"]


def test_a_knowledge_base_that_could_not_be_read_is_noted_unless_its_region_is_down() -> None:
    unread = moved(primary={"knowledge_base": Unavailable("answers AccessDenied")})
    named = f"whether the Knowledge Base of {WEST} is in sync is unavailable: answers AccessDenied"
    assert plan_documents(reconcile_facts(unread)).notes == (named,)
    assert plan_documents(reconcile_facts(state(primary=dead("primary")))).notes == ()


def test_config_json_has_a_separate_plan_without_a_comparison() -> None:
    copies = {
        "primary": copy_of("primary", config("primary", 3)),
        "failover": copy_of("failover", config("failover", 4)),
    }
    regions = {role: region_state_of_copy(MANIFEST, role, copies[role]) for role in ROLES}
    plan = plan_config(reconcile_facts(replace(state(), regions=regions)))
    assert [type(step.action) for step in plan.steps] == [WriteIntent, PutConfig, VerifyEdge, CloseEvent]
    assert (plan.steps[1].region, plan.generation) == (WEST, 4)


def test_a_deployment_in_sync_has_nothing_to_reconcile() -> None:
    for plan in (plan_config(reconcile_facts(moved())), plan_documents(reconcile_facts(moved()))):
        assert (plan.steps, plan.refusals, plan.pending_writes) == ((), (), ())


def test_with_a_region_down_reconcile_is_refused_unless_forced() -> None:
    plan = plan_config(reconcile_facts(state(primary=dead("primary"))))
    assert plan.standing_refusals(force=False)
    assert not plan.standing_refusals(force=True)


def test_without_a_readable_copy_of_config_json_reconcile_is_refused_even_with_force() -> None:
    assert plan_config(reconcile_facts(state(dead("primary"), dead("failover")))).standing_refusals(force=True)


@pytest.mark.parametrize(
    "replication,why",
    [
        (Unavailable("answers SlowDown"), f"the documents of {WEST} cannot be compared: answers SlowDown"),
        (Replication(source="primary", configured=True, not_inspected=37), f"of {WEST}, 37 more were not inspected"),
    ],
)
def test_documents_that_cannot_be_compared_are_pending_and_the_rest_is_done(
    replication: Replication | Unavailable, why: str
) -> None:
    arriving = left(missing("never"), source="failover")
    found = moved(primary={"replication": replication}, failover={"replication": arriving})
    assert not plan_config(reconcile_facts(found)).refusals
    plan = plan_documents(reconcile_facts(found))
    assert plan.refusals == ()
    assert plan.pending_writes == (PendingWrite(region=EAST, what="documents", why=why),)
    assert [step.action.source for step in plan.steps if isinstance(step.action, CopyDocuments)] == ["failover"]
    alone = plan_documents(reconcile_facts(moved(primary={"replication": replication})))
    assert [type(step.action) for step in alone.steps] == [WriteIntent, CloseEvent]  # the event is pending
    assert alone.summary == "bring both regions into sync"


def test_what_could_not_be_read_is_pending_and_never_reported_as_in_sync() -> None:
    denied = Unavailable("answers AccessDenied")
    journal = replace(reconcile_facts(moved()), unread_journals={"failover": denied})
    knowledge_base = reconcile_facts(moved(primary={"knowledge_base": denied}))
    for facts, region_name, what in ((journal, EAST, "journal"), (knowledge_base, WEST, "Knowledge Base")):
        plan = plan_documents(facts)
        assert plan.summary != "both regions are in sync"
        assert [(part.region, part.what) for part in plan.pending_writes] == [(region_name, what)]
        assert [type(step.action) for step in plan.steps] == [WriteIntent, CloseEvent]


def test_no_generation_is_made_while_the_last_one_is_not_known() -> None:
    by_hand = {role: region(role, "failover", None) for role in ROLES}
    found = replace(
        reconcile_facts(state(by_hand["primary"], by_hand["failover"])),
        unread_journals=dict.fromkeys(ROLES, Unavailable("answers AccessDenied")),
    )
    (refusal,) = plan_config(found).standing_refusals(force=False)
    assert refusal.reason.startswith(f"the last generation is not known (the journal of {WEST} answers AccessDenied; ")
    written = {put.config.generation for put in puts(plan_config(found))}
    assert written == {int(NOON.timestamp())}


def test_a_manually_edited_config_gets_the_next_generation() -> None:
    by_hand = {role: region(role, "failover", None) for role in ROLES}
    plan = plan_config(reconcile_facts(state(by_hand["primary"], by_hand["failover"])))
    written = [step.action.config for step in plan.steps if isinstance(step.action, PutConfig)]
    assert [(made.role, made.generation) for made in written] == [("failover", 6), ("failover", 6)]


def begun(generation: int, moment: str) -> Event:
    made = new_event(
        generation=generation, command="failback", actor="a", reason="", source=EAST, target=WEST, now=NOON
    )
    return changed(made, started_at=moment)


def switched(command: Literal["failover", "failback"]) -> Event:
    target = EAST if command == "failover" else WEST
    made = new_event(generation=4, command=command, actor="a", reason="", source="", target=target, now=NOON)
    return changed(made, result="done")


def test_of_two_switches_the_one_with_the_higher_generation_is_the_last() -> None:
    events = (changed(switched("failover"), generation=6), changed(switched("failback"), generation=5))
    gone = {role: replace(region(role, "primary", 4), copy=copy_of(role, None)) for role in ROLES}
    for order in (events, events[::-1]):
        found = replace(state(gone["primary"], gone["failover"]), events=order)
        assert {put.config.role for put in puts(plan_config(reconcile_facts(found)))} == {"failover"}


def test_the_other_copy_gets_the_exact_text_of_the_authoritative_copy() -> None:
    ahead = copy_of("failover", config("failover", 4))
    found = moved(primary={"copy": copy_of("primary", None)}, failover={"copy": replace(ahead, text=f" {ahead.text} ")})
    assert [put.text for put in puts(plan_config(reconcile_facts(found)))] == [f" {ahead.text} "]


@pytest.mark.parametrize("number,more", [(10, ()), (12, ("... and 2 more",))])
def test_ten_conflicts_are_named_and_the_rest_counted(number: int, more: tuple[str, ...]) -> None:
    found = moved(failover={"replication": left(*[missing("deleted")] * number, source="failover")})
    notes = plan_documents(reconcile_facts(found)).notes
    assert (len(notes), notes[10:]) == (10 + len(more), more)


def test_a_switch_that_failed_or_lost_moved_no_user() -> None:
    events = tuple(
        changed(switched("failback"), id=result, result=result, generation=9) for result in ("failed", "lost")
    )
    gone = {role: replace(region(role, "primary", 4), copy=copy_of(role, None)) for role in ROLES}
    found = replace(state(gone["primary"], gone["failover"]), events=(switched("failover"), *events))
    assert {put.config.role for put in puts(plan_config(reconcile_facts(found)))} == {"failover"}


@pytest.mark.parametrize("last,serves", [(None, "primary"), ("failover", "failover"), ("failback", "primary")])
def test_a_config_that_is_missing_in_both_regions_is_written_for_the_last_serving_region(
    last: Literal["failover", "failback"] | None, serves: Role
) -> None:
    gone = {role: replace(region(role, "primary", 4), copy=copy_of(role, None)) for role in ROLES}
    found = replace(state(gone["primary"], gone["failover"]), events=() if last is None else (switched(last),))
    plan = plan_config(reconcile_facts(found))
    written = [step.action.config for step in plan.steps if isinstance(step.action, PutConfig)]
    assert [(made.role, made.generation) for made in written] == [(serves, 5 if serves == "primary" else 6)] * 2
    assert f"{REGIONS[serves]} served last" in plan.notes[0]
    assert any("run `standby reconcile`" in reason for reason in assess_state(found).reasons)


def with_copies(primary: ConfigCopy | Unavailable, failover: ConfigCopy | Unavailable) -> State:
    return moved(primary={"copy": primary}, failover={"copy": failover})


@pytest.mark.parametrize("role", ROLES)
def test_an_invalid_config_is_replaced_only_with_force(role: Role) -> None:
    other: Role = "failover" if role == "primary" else "primary"
    copies: dict[Role, ConfigCopy] = {role: invalid_copy(role), other: copy_of(other, config("failover", 4))}
    plan = plan_config(reconcile_facts(with_copies(copies["primary"], copies["failover"])))
    reason = f"config.json in {REGIONS[role]} exists and is invalid: correct it, or --force replaces it"
    assert plan.refusals == (Refusal(reason=reason),)
    assert [(put.seen.role, put.config.role, put.config.generation) for put in puts(plan)] == [(role, "failover", 4)]


@pytest.mark.parametrize(
    "primary,failover,refused,note",
    [
        (invalid_copy("primary"), invalid_copy("failover"), [EAST, WEST], "is valid in neither region"),
        (copy_of("primary", None), invalid_copy("failover"), [EAST], "is valid in neither region"),
        (copy_of("primary", None), copy_of("failover", None), [], "is missing from both regions"),
    ],
)
def test_an_existing_invalid_config_is_never_reported_as_missing(
    primary: ConfigCopy, failover: ConfigCopy, refused: list[str], note: str
) -> None:
    found = replace(with_copies(primary, failover), events=(switched("failover"),))
    plan = plan_config(reconcile_facts(found))
    assert [refusal.reason.split()[2] for refusal in plan.refusals] == refused
    assert not plan.standing_refusals(force=True)
    assert plan.notes == (f"config.json {note}: {EAST} served last and is written again",)
    assert [(put.seen.role, put.config.role, put.config.generation) for put in puts(plan)] == [
        ("failover", "failover", 6),
        ("primary", "failover", 6),
    ]


def test_an_invalid_config_that_is_not_replaced_is_not_a_refusal() -> None:
    elsewhere = copy_of("failover", RoutingConfig(api_url="https://elsewhere.example/"))
    plan = plan_config(reconcile_facts(with_copies(invalid_copy("primary"), elsewhere)))
    assert (plan.refusals, plan.steps) == ((), ())
    down = plan_config(reconcile_facts(with_copies(invalid_copy("primary"), DOWN)))
    assert [refusal.reason for refusal in down.refusals] == [f"{EAST} {DOWN}: nothing can be reconciled with it"]


def test_no_new_config_is_written_while_a_copy_cannot_be_read() -> None:
    gone = replace(region("failover", "primary", 4), copy=copy_of("failover", None))
    found = state(primary=dead("primary"), failover=gone)
    assert not [step for step in plan_config(reconcile_facts(found)).steps if isinstance(step.action, PutConfig)]


@pytest.mark.parametrize("generation,void", [(3, True), (4, True), (5, False)])
def test_a_superseded_event_is_not_reported_and_is_closed(generation: int, *, void: bool) -> None:
    event = begun(generation, f"{NOON:%Y-%m-%dT%H:%M:%SZ}")
    found = replace(moved(), events=(event,))
    assert (assess_state(found).reasons == ()) is void
    plan = plan_documents(reconcile_facts(found, primary=(event,), failover=(event,)))
    assert any(isinstance(step.action, CopyEvents) for step in plan.steps) is void


def test_a_killed_reconcile_is_not_reported_after_a_later_one_is_done() -> None:
    killed = changed(begun(4, "2026-11-24T12:00:00.000000Z"), command="reconcile", id="1")
    later = changed(begun(4, "2026-11-24T12:00:05.000000Z"), command="reconcile", id="2", result="done")
    assert assess_state(replace(moved(), events=(killed,))).reasons
    assert assess_state(replace(moved(), events=(killed, later))).reasons == ()
    assert assess_state(
        replace(moved(), events=(changed(later, result="started"), changed(killed, result="done")))
    ).reasons


@pytest.mark.parametrize(
    "result,minutes,closed", [("incomplete", 0, "done"), ("started", 1, ""), ("started", 9, "done")]
)
def test_an_open_event_is_closed_if_nothing_of_it_is_pending(result: str, minutes: int, closed: str) -> None:
    moment = NOON - timedelta(minutes=minutes)
    event = changed(
        new_event(generation=4, command="failover", actor="a", reason="", source=WEST, target=EAST, now=moment),
        result=result,
    )
    both = dict.fromkeys(ROLES, (event,))
    copies = {role: copy_of(role, config("failover", 4, moment=event.started_at)) for role in ROLES}
    found = moved(primary={"copy": copies["primary"]}, failover={"copy": copies["failover"]})
    plan = plan_documents(reconcile_facts(replace(found, events=(event,)), **both))
    written = [one.result for step in plan.steps if isinstance(step.action, CopyEvents) for one in step.action.events]
    assert written == ([closed] * 2 if closed else [])


@pytest.mark.parametrize(
    "what,replication,closed",
    [
        ("config.json", Unavailable("answers SlowDown"), True),
        ("documents", Unavailable("answers SlowDown"), False),
        ("documents", Replication(source="primary", configured=True), True),
    ],
)
def test_an_event_is_closed_only_after_its_pending_writes_are_done(
    what: str, replication: Replication | Unavailable, *, closed: bool
) -> None:
    left_over = (PendingWrite(region=EAST, what=what, why="down"),)
    event = changed(begun(4, "2026-11-24T12:00:00.000000Z"), result="incomplete", pending_writes=left_over)
    found = replace(moved(primary={"replication": replication}), events=(event,))
    plan = plan_documents(reconcile_facts(found, primary=(event,), failover=(event,)))
    assert any(isinstance(step.action, CopyEvents) for step in plan.steps) is closed


def test_a_failed_event_is_reported_until_its_pending_writes_are_done_and_stays_failed() -> None:
    left_over = (PendingWrite(region=EAST, what="config.json", why="down"),)
    event = changed(begun(4, "2026-11-24T12:00:00.000000Z"), result="failed", pending_writes=left_over)
    found = replace(moved(), events=(event,))
    assert assess_state(found).reasons
    plan = plan_documents(reconcile_facts(found, primary=(event,), failover=(event,)))
    written = [one for step in plan.steps if isinstance(step.action, CopyEvents) for one in step.action.events]
    assert [(one.result, one.pending_writes) for one in written] == [("failed", ())] * 2
    assert assess_state(replace(moved(), events=(written[0],))).reasons == ()


def test_the_plan_notes_that_reconcile_moves_users() -> None:
    killed = state(primary=region("primary", "primary", 5), failover=region("failover", "failover", 4))
    notes = plan_config(reconcile_facts(killed)).notes
    assert notes == ("new visitors go to us-east-1 until then: this moves them to us-west-2",)
    returned = state(primary=region("primary", "primary", 3), failover=region("failover", "failover", 4))
    assert plan_config(reconcile_facts(returned)).notes == ()


def test_the_plan_for_config_json_closes_only_events_with_a_pending_config_json() -> None:
    parts = {what: (PendingWrite(region=WEST, what=what, why="down"),) for what in ("config.json", "documents")}
    events = tuple(
        changed(begun(4, "2026-11-24T12:00:00.000000Z"), id=what[:1], result="incomplete", pending_writes=part)
        for what, part in parts.items()
    )
    found = replace(moved(primary={"copy": copy_of("primary", config("primary", 3))}), events=events)
    plan = plan_config(reconcile_facts(found, primary=events, failover=events))
    written = [step.action.events for step in plan.steps if isinstance(step.action, CopyEvents)]
    assert [[(event.id, event.result) for event in each] for each in written] == [[("c", "done")]] * 2


def test_a_pending_write_in_a_region_that_is_still_down_is_not_closed_with_config_json() -> None:
    part = (PendingWrite(region=WEST, what="config.json", why="down"),)
    event = changed(begun(4, "2026-11-24T12:00:00.000000Z"), result="incomplete", pending_writes=part)
    by_hand = copy_of("failover", config("failover", None))
    found = replace(moved(primary={"copy": DOWN}, failover={"copy": by_hand}), events=(event,))
    plan = plan_config(reconcile_facts(found, primary=(event,), failover=(event,)))
    assert [type(step.action) for step in plan.steps] == [WriteIntent, PutConfig, VerifyEdge, CloseEvent]


@pytest.mark.parametrize("generation,closed", [(4, True), (3, False)])
def test_a_pending_config_json_is_closed_with_the_documents_only_when_both_copies_agree(
    generation: int, *, closed: bool
) -> None:
    part = (PendingWrite(region=WEST, what="config.json", why="down"),)
    event = changed(begun(4, "2026-11-24T12:00:00.000000Z"), result="incomplete", pending_writes=part)
    copy = copy_of("primary", config("failover" if closed else "primary", generation))
    found = replace(moved(primary={"copy": copy}), events=(event,))
    plan = plan_documents(reconcile_facts(found, primary=(event,), failover=(event,)))
    assert any(isinstance(step.action, CopyEvents) for step in plan.steps) is closed


def test_copies_that_differ_after_the_plan_for_them_are_pending_and_not_in_sync() -> None:
    found = with_copies(copy_of("primary", config("primary", 3)), copy_of("failover", config("failover", 4)))
    plan = plan_documents(reconcile_facts(found))
    assert [(part.region, part.what) for part in plan.pending_writes] == [(WEST, "config.json")]
    assert plan.summary == "bring both regions into sync"


def test_documents_are_not_called_in_sync_while_no_copy_of_config_json_can_be_read() -> None:
    plan = plan_documents(reconcile_facts(with_copies(DOWN, DOWN)))
    assert plan.standing_refusals(force=True)


@pytest.mark.parametrize("own", [copy_of("primary", config("primary", None)), copy_of("primary", None)])
def test_a_copy_that_may_hide_a_later_generation_gets_a_higher_one(own: ConfigCopy) -> None:
    found = state(region("primary", copy=own), region("failover", copy=copy_of("failover", config("failover", 4))))
    seen = reconcile_facts(found)
    assert [(put.seen.region, put.config.generation) for put in puts(plan_config(seen))] == [(WEST, 4)]
    later = plan_config(replace(seen, journal_generation=5))
    assert [(put.seen.region, put.config.role, put.config.generation) for put in puts(later)] == [
        (EAST, "failover", 6),
        (WEST, "failover", 6),
    ]
    assert "a copy without a generation may have had a later one: this writes the next one" in later.notes

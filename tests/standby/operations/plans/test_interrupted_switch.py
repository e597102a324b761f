"""The next run finishes an interrupted command, under the preconditions of that command."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from standby.deployment.concurrency import Unavailable
from standby.deployment.manifest import ROLES, Role
from standby.deployment.routing_config import RoutingConfig, moves_users
from standby.operations.facts.journal import Event, PendingWrite, new_event
from standby.operations.plans.plan import CloseEvent, PutConfig, Refusal, VerifyEdge, VerifyHealth
from standby.operations.plans.switch import plan_switch
from tests.standby.helpers import (
    DOWN,
    EAST,
    MANIFEST,
    NOON,
    WEST,
    both,
    changed,
    config,
    copy_of,
    facts,
    invalid_copy,
    puts,
)

NUMBERED = st.builds(config, st.sampled_from(ROLES), st.integers(1, 9))
"""A config.json that Terraform or this tool wrote."""


def event(result: str, *, moment: str = "then") -> Event:
    made = new_event(generation=4, command="failover", actor="a", reason="", source=WEST, target=EAST, now=NOON)
    left = (PendingWrite(region=WEST, what="config.json", why="down"),) if result == "incomplete" else ()
    return changed(made, result=result, started_at=moment, pending_writes=left)


def test_an_interrupted_run_is_finished() -> None:
    copies = both(failover=config("failover", 4), primary=config("primary", 3))
    plan = plan_switch(facts(copies=copies, events=(event("started"),)), command="failover", reason="")
    assert [type(step.action).__name__ for step in plan.steps] == [
        "PutConfig",
        "VerifyEdge",
        "VerifyHealth",
        "CloseEvent",
    ]
    assert [put.config.generation for put in puts(plan)] == [4]
    assert (plan.source, plan.target, plan.generation) == (WEST, EAST, 4)


def test_a_finished_failover_with_the_other_region_still_down_has_nothing_to_do() -> None:
    copies = {"failover": copy_of("failover", config("failover", 4)), "primary": DOWN}
    plan = plan_switch(facts(copies=copies, events=(event("incomplete"),)), command="failover", reason="")
    assert (plan.steps, plan.pending_writes, plan.event) == ((), (), None)


def test_a_completed_copy_is_verified_through_the_edge_even_without_an_event_in_a_journal() -> None:
    copies = both(failover=config("failover", 4), primary=config("primary", 3))
    plan = plan_switch(facts(copies=copies), command="failover", reason="")
    assert [type(step.action) for step in plan.steps] == [PutConfig, VerifyEdge, VerifyHealth]


def test_a_failover_that_could_not_verify_its_result_is_verified_again() -> None:
    copies = {role: copy_of(role, config("failover", 4)) for role in ROLES}
    plan = plan_switch(facts(copies=copies, events=(event("failed"),)), command="failover", reason="")
    assert [type(step.action) for step in plan.steps] == [VerifyEdge, VerifyHealth, CloseEvent]


@given(st.sampled_from(ROLES), st.fixed_dictionaries(dict.fromkeys(ROLES, NUMBERED)))
def test_no_user_moves_without_every_precondition_even_after_a_killed_command(
    target: Role, said: dict[Role, RoutingConfig]
) -> None:
    copies = {role: copy_of(role, said[role]) for role in ROLES}
    behind = Refusal(reason="one document is missing")
    plan = plan_switch(facts(target, copies=copies), command="failback", reason="", preconditions=(behind,))
    assert behind in plan.refusals or not moves_users(MANIFEST, copies, target)


def test_a_failback_killed_before_it_moved_users_still_needs_a_healthy_region_in_sync() -> None:
    behind = Refusal(reason="one document is missing")
    copies = both(primary=config("primary", 5), failover=config("failover", 4))
    known = facts("primary", copies=copies, health=DOWN)
    plan = plan_switch(known, command="failback", reason="", preconditions=(behind,))
    reasons = [refusal.reason for refusal in plan.refusals]
    assert reasons == ["the API of us-west-2 does not answer (connection refused)", behind.reason]


def test_a_failover_killed_after_it_moved_users_is_finished_without_preconditions() -> None:
    copies = both(primary=config("primary", 3), failover=config("failover", 4))
    assert plan_switch(facts(copies=copies, health=DOWN), command="failover", reason="").refusals == ()


def test_only_the_journal_is_finished_when_both_copies_agree() -> None:
    copies = {role: copy_of(role, config("failover", 4)) for role in ROLES}
    plan = plan_switch(facts(copies=copies, events=(event("started"),)), command="failover", reason="")
    assert [type(step.action) for step in plan.steps] == [VerifyEdge, VerifyHealth, CloseEvent]


def test_an_interrupted_run_says_that_it_replaces_an_invalid_copy() -> None:
    copies = {"failover": copy_of("failover", config("failover", 4)), "primary": invalid_copy("primary")}
    plan = plan_switch(facts(copies=copies, events=(event("started"),)), command="failover", reason="")
    assert [put.seen.role for put in puts(plan)] == ["primary"]
    assert plan.notes == (f"config.json in {WEST} is invalid: this replaces it",)


@pytest.mark.parametrize("later,unread", [(5, {}), (4, {"primary": DOWN})], ids=["known", "unread"])
def test_a_copy_without_a_generation_is_left_if_it_may_hide_a_later_one(
    later: int, unread: dict[Role, Unavailable]
) -> None:
    copies = both(failover=config("failover", 4), primary=config("failover", None))
    known = facts(copies=copies, journal_generation=later, unread_journals=unread)
    plan = plan_switch(known, command="failover", reason="")
    assert puts(plan) == []
    left = f"config.json in {WEST} has no generation and may have had a later one: run `standby reconcile`"
    assert plan.notes == (left,)


def test_a_copy_without_a_generation_is_replaced_if_the_journals_have_no_later_one() -> None:
    copies = both(failover=config("failover", 4), primary=config("failover", None))
    plan = plan_switch(facts(copies=copies, journal_generation=4), command="failover", reason="")
    assert [(put.seen.region, put.config.generation) for put in puts(plan)] == [(WEST, 4)]
    assert plan.notes == ()

"""The planners: no plan does harm, whatever the facts are."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from standby.deployment.concurrency import Unavailable
from standby.deployment.manifest import ROLES, Role
from standby.deployment.routing_config import ConfigCopy, authoritative_copy, copies_agree
from standby.operations.facts.health import Health
from standby.operations.facts.switch_facts import SwitchFacts
from standby.operations.plans.plan import WriteIntent
from standby.operations.plans.switch import plan_switch
from tests.standby.helpers import (
    DOWN,
    EAST,
    FACTS,
    MANIFEST,
    WEST,
    both,
    config,
    copy_of,
    facts,
    invalid_copy,
    puts,
)


@given(FACTS)
def test_no_write_lowers_a_generation(known: SwitchFacts) -> None:
    for put in puts(plan_switch(known, command="failover", reason="")):
        assert put.config.generation is not None
        assert put.config.generation >= put.seen.generation


@given(FACTS)
def test_a_new_generation_is_above_every_known_one(known: SwitchFacts) -> None:
    plan = plan_switch(known, command="failover", reason="")
    copies = [copy for copy in known.copies.values() if isinstance(copy, ConfigCopy)]
    if any(isinstance(step.action, WriteIntent) for step in plan.steps):
        assert plan.generation > max([known.journal_generation, *(copy.generation for copy in copies)])


@given(FACTS)
def test_the_target_s_own_bucket_is_written_first(known: SwitchFacts) -> None:
    plan = plan_switch(known, command="failover", reason="")
    if any(isinstance(step.action, WriteIntent) for step in plan.steps):
        assert puts(plan)[0].seen.role == known.target
        assert plan.steps[0].action == WriteIntent(role=known.target)


@given(FACTS)
def test_nothing_is_written_to_a_region_that_is_down(known: SwitchFacts) -> None:
    written = {put.seen.role for put in puts(plan_switch(known, command="failover", reason=""))}
    assert not any(isinstance(known.copies[role], Unavailable) for role in written)


@given(FACTS)
def test_writes_that_cannot_be_done_now_are_pending(known: SwitchFacts) -> None:
    plan = plan_switch(known, command="failover", reason="")
    if plan.event is not None and plan.event.result == "started" and puts(plan):
        down = {MANIFEST.regions[role].region for role, copy in known.copies.items() if isinstance(copy, Unavailable)}
        assert {part.region for part in plan.pending_writes} == down


@given(FACTS)
def test_force_never_overrides_an_unreadable_bucket_of_the_target(known: SwitchFacts) -> None:
    plan = plan_switch(known, command="failover", reason="")
    if isinstance(known.copies[known.target], Unavailable):
        assert plan.standing_refusals(force=True)
        assert not plan.steps
    else:
        assert not plan.standing_refusals(force=True)


@given(FACTS)
def test_an_unhealthy_region_takes_over_only_with_force(known: SwitchFacts) -> None:
    plan = plan_switch(known, command="failover", reason="")
    sick = isinstance(known.health, Unavailable) or not known.health.healthy
    if any(isinstance(step.action, WriteIntent) for step in plan.steps):
        others = [part for part in plan.standing_refusals(force=False) if "generation is not known" not in part.reason]
        assert bool(others) == sick


@given(FACTS)
def test_after_the_plan_every_reachable_bucket_names_the_target(known: SwitchFacts) -> None:
    plan = plan_switch(known, command="failover", reason="")
    after = dict(known.copies)
    for put in puts(plan):
        assert known.copies[put.seen.role] == put.seen
        after[put.seen.role] = replace(put.seen, config=put.config, text=put.text, etag="new")
    authoritative = authoritative_copy(after)
    if plan.steps:
        assert authoritative is not None
        assert authoritative.config is not None
        assert MANIFEST.role_of(authoritative.config.api_url) == known.target
        assert copies_agree(after) or any(isinstance(copy, Unavailable) for copy in after.values())


@given(FACTS)
def test_a_second_run_changes_nothing(known: SwitchFacts) -> None:
    plan = plan_switch(known, command="failover", reason="")
    after = dict(known.copies)
    for put in puts(plan):
        after[put.seen.role] = replace(put.seen, config=put.config, text=put.text, etag="new")
    if puts(plan):
        again = plan_switch(replace(known, copies=after), command="failover", reason="")
        assert not again.steps


def test_a_failover_of_a_healthy_deployment_has_seven_steps_in_this_order() -> None:
    plan = plan_switch(facts(), command="failover", reason="drill")
    assert [f"{step.title} {step.region}".strip() for step in plan.steps] == [
        f"Write the intent into the journal {EAST}",
        f"Write config.json {EAST}",
        f"Write config.json {WEST}",
        "Create a CloudFront invalidation us-east-1",
        "Verify config.json through the edge",
        f"Call /health and ask a question {EAST}",
        "Write the result into the journal",
    ]
    assert (plan.generation, plan.source, plan.target) == (4, WEST, EAST)


def test_a_degraded_target_is_refused_with_the_check_that_failed() -> None:
    sick = Health(status="degraded", checks={"retrieve": "AccessDenied", "documentsBucket": "ok"})
    plan = plan_switch(facts(health=sick), command="failover", reason="")
    assert [refusal.reason for refusal in plan.refusals] == [
        "the API of us-east-1 is degraded: retrieve (AccessDenied)"
    ]


@given(st.sampled_from(ROLES), st.integers(1, 9))
def test_with_equal_generations_the_failover_bucket_s_copy_is_authoritative(role: Role, generation: int) -> None:
    other: Role = "primary" if role == "failover" else "failover"
    copies = both(failover=config(role, generation), primary=config(other, generation))
    assert authoritative_copy(copies) == copies["failover"]


def test_a_manually_edited_config_in_the_failover_bucket_is_authoritative() -> None:
    copies = both(failover=config("failover", None), primary=config("primary", 9))
    assert authoritative_copy(copies) == copies["failover"]


def test_a_failback_from_a_manually_edited_config_continues_from_the_highest_generation() -> None:
    copies = {role: copy_of(role, config("failover", None)) for role in ROLES}
    plan = plan_switch(facts("primary", copies=copies, journal_generation=7), command="failback", reason="")
    assert plan.generation == 9  # the next odd one
    assert plan.notes == ("config.json in us-east-1 is manually edited: this replaces it",)


def replaced(region: str) -> str:
    return f"config.json in {region} is invalid: this replaces it"


NEW = "no valid config.json was found: this writes a new one"


@pytest.mark.parametrize(
    "primary,failover,notes",
    [
        (copy_of("primary", config("primary", 3)), invalid_copy("failover"), (replaced(EAST),)),
        (invalid_copy("primary"), copy_of("failover", config("primary", 3)), (replaced(WEST),)),
        (invalid_copy("primary"), invalid_copy("failover"), (replaced(WEST), replaced(EAST), NEW)),
        (copy_of("primary", None), copy_of("failover", None), (NEW,)),
        (copy_of("primary", config("primary", 3)), copy_of("failover", None), ()),
    ],
)
def test_an_invalid_config_that_a_switch_replaces_is_noted(
    primary: ConfigCopy, failover: ConfigCopy, notes: tuple[str, ...]
) -> None:
    plan = plan_switch(facts(copies={"primary": primary, "failover": failover}), command="failover", reason="")
    assert plan.notes == notes
    assert [put.seen.state for put in puts(plan)] == [failover.state, primary.state]


def blind(target: Role) -> dict[Role, ConfigCopy | Unavailable]:
    return {role: copy_of(role, config(target, 3)) if role == target else DOWN for role in ROLES}


@pytest.mark.parametrize("target,own,other", [("primary", WEST, EAST), ("failover", EAST, WEST)])
def test_a_serving_region_according_to_one_copy_only_is_noted(target: Role, own: str, other: str) -> None:
    plan = plan_switch(facts(target, copies=blind(target)), command="failback", reason="")
    assert not plan.steps
    told = f"{own} serves according to its own copy of config.json; {other} may have a higher generation"
    assert plan.notes == (f"{told}: --force writes a higher one",)


def test_a_region_that_serves_by_a_manual_edit_keeps_it() -> None:
    edited = config("failover", None)
    note = "config.json is manually edited: `standby reconcile` gives it a generation"
    copies: dict[Role, ConfigCopy | Unavailable] = {
        "failover": copy_of("failover", edited),
        "primary": copy_of("primary", config("primary", 3)),
    }
    plan = plan_switch(facts(copies=copies), command="failover", reason="")
    assert (plan.steps, plan.refusals, plan.notes) == ((), (), (note,))
    alone = plan_switch(facts(copies={**copies, "primary": DOWN}), command="failover", reason="")
    assert (alone.steps, alone.notes[0], len(alone.notes)) == ((), note, 2)
    assert "--force writes a higher one" in alone.notes[1]


def test_an_api_of_neither_region_that_a_switch_replaces_is_named() -> None:
    elsewhere = replace(config("primary", 3), api_url="https://elsewhere.example/")
    copies = {role: copy_of(role, elsewhere) for role in ROLES}
    plan = plan_switch(facts(copies=copies), command="failover", reason="")
    assert plan.notes == ("config.json names an API of neither region: https://elsewhere.example/",)
    assert plan.source == ""


def test_with_both_copies_read_there_is_no_note_on_a_higher_generation() -> None:
    plan = plan_switch(facts("primary"), command="failback", reason="", force=True)
    assert (plan.steps, plan.notes) == ((), ())


@given(st.sampled_from(ROLES), st.none() | st.integers(1, 9), st.integers(0, 9))
def test_force_writes_above_the_next_generation_that_an_unread_copy_may_have(
    target: Role, generation: int | None, journal: int
) -> None:
    copies = blind(target) | {target: copy_of(target, config(target, generation))}
    known = facts(target, copies=copies, journal_generation=journal)
    plan = plan_switch(known, command="failback", reason="", force=True)
    next_one = max(1, generation or 0, journal) + 1
    (put,) = puts(plan)
    assert plan.source == ""  # the other region may serve
    assert plan.event is not None
    assert plan.event.source == ""
    assert (put.seen.role, put.config.role) == (target, target)
    assert put.config.generation == plan.generation > next_one
    returned = {**copies, target: replace(put.seen, config=put.config)}
    other: Role = "failover" if target == "primary" else "primary"
    authoritative = authoritative_copy({**returned, other: copy_of(other, config(other, next_one))})
    assert authoritative is not None
    assert authoritative.role == target

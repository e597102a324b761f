"""A generation is higher than any that a page may have seen, or the command refuses and says why."""

import re
import time

import pytest
from hypothesis import given

from standby.deployment.concurrency import Unavailable
from standby.deployment.manifest import ROLES, Role
from standby.deployment.routing_config import MAX_GENERATION, ConfigCopy
from standby.operations.facts.switch_facts import SwitchFacts
from standby.operations.plans.switch import plan_switch
from standby_protocol.generation import KnownGenerations
from standby_protocol.journal import event_key, format_time, new_event_document, parse_start
from tests.standby.helpers import DOWN, FACTS, MANIFEST, NOON, config, copy_of, facts, invalid_copy, puts

DENIED = Unavailable("answers AccessDenied")
NOW = int(NOON.timestamp())


@pytest.mark.parametrize(
    "own",
    [copy_of("failover", None), invalid_copy("failover"), copy_of("failover", config("primary", None))],
    ids=["absent", "invalid", "manually edited"],
)
def test_with_an_unread_journal_and_a_lost_region_no_generation_is_taken_from_what_is_readable(own: ConfigCopy) -> None:
    # Pages had seen generation 87: the lost region has it, and the journal that could say so is denied.
    known = facts(
        copies={"primary": DOWN, "failover": own},
        journal_generation=0,
        unread_journals={"primary": DOWN, "failover": DENIED},
    )
    plan = plan_switch(known, command="failover", reason="")
    (refusal,) = plan.standing_refusals(force=False)
    assert "the journal of us-east-1 answers AccessDenied" in refusal.reason
    assert not plan.standing_refusals(force=True)
    assert {put.config.generation for put in puts(plan)} == {NOW}


def test_an_empty_bucket_has_lost_its_memory() -> None:
    known = facts(
        copies={"primary": DOWN, "failover": copy_of("failover", None)},
        journal_generation=0,
        unread_journals={"primary": DOWN},
    )
    (refusal,) = plan_switch(known, command="failover", reason="").standing_refusals(force=False)
    assert "the last generation is not known (the journal of us-west-2 " in refusal.reason


def test_the_target_s_own_journal_is_enough_when_the_other_region_is_lost() -> None:
    known = facts(
        copies={"primary": DOWN, "failover": invalid_copy("failover")},
        journal_generation=87,
        unread_journals={"primary": DOWN},
    )
    plan = plan_switch(known, command="failover", reason="")
    assert not plan.standing_refusals(force=False)
    assert plan.generation == 88


def test_the_other_region_s_copy_and_journal_are_enough_when_the_own_journal_is_denied() -> None:
    known = facts(journal_generation=87, unread_journals={"failover": DENIED})
    plan = plan_switch(known, command="failover", reason="")
    assert not plan.standing_refusals(force=False)
    assert plan.generation == 88


def test_the_same_holds_for_a_failback() -> None:
    known = facts(
        "primary",
        copies={"failover": DOWN, "primary": invalid_copy("primary")},
        journal_generation=0,
        unread_journals={"primary": DENIED},
    )
    plan = plan_switch(known, command="failback", reason="", force=True)
    assert plan.generation == NOW + 1  # odd, because it sends users to the primary region


@given(FACTS)
def test_a_command_writes_an_odd_generation_to_serve_from_the_primary_region_and_an_even_one_for_the_other(
    known: SwitchFacts,
) -> None:
    plan = plan_switch(known, command="failback" if known.target == "primary" else "failover", reason="", force=True)
    for put in puts(plan):
        if plan.event is not None and put.config.updated_at == plan.event.started_at:
            assert plan.generation % 2 == (1 if known.target == "primary" else 0)


@pytest.mark.parametrize(
    "target,highest,written",
    [
        ("primary", 1, 3),
        ("primary", 2, 3),
        ("failover", 1, 2),
        ("failover", 2, 4),
    ],
)
def test_generations_of_the_primary_region_are_odd_and_of_the_failover_region_even(
    target: Role, highest: int, written: int
) -> None:
    known = KnownGenerations(
        copies={role: copy_of(role, config("primary", highest)) for role in ROLES},
        journal_generation=0,
        unread_journals={},
    )
    assert known.next(target, now=NOON) == written


@pytest.mark.parametrize(
    "target,highest,refused",
    [
        ("primary", MAX_GENERATION - 1, False),
        ("failover", MAX_GENERATION - 1, True),
        ("failover", MAX_GENERATION - 2, False),
    ],
)
def test_a_switch_is_refused_if_no_generation_of_its_target_is_left(
    target: Role, highest: int, *, refused: bool
) -> None:
    copies = {role: copy_of(role, config("primary", highest)) for role in ROLES}
    known = KnownGenerations(copies=copies, journal_generation=0, unread_journals={})
    found = known.refusals(MANIFEST, target)
    assert [f"has the generation {highest}" in refusal.reason for refusal in found] == [True] * refused
    assert known.next(target, now=NOON) <= MAX_GENERATION


@given(FACTS)
def test_a_new_generation_is_above_everything_known(known: SwitchFacts) -> None:
    plan = plan_switch(known, command="failover", reason="", force=True)
    if plan.event is None or plan.event.result != "started":
        return
    highest = max(
        [known.journal_generation, *(c.generation for c in known.copies.values() if isinstance(c, ConfigCopy))]
    )
    for put in puts(plan):
        if put.config.updated_at == plan.event.started_at:
            assert (put.config.generation or 0) > highest


def test_a_journal_with_the_last_generation_is_refused_with_the_two_commands_that_repair_it() -> None:
    plan = plan_switch(facts(journal_generation=MAX_GENERATION), command="failover", reason="", force=True)
    (refusal,) = plan.standing_refusals(force=True)
    remedy = "`standby journal` names it, and `standby journal --remove KEY --force` removes it"
    what = f"the journal has an object with the generation {MAX_GENERATION}, and there is no higher one"
    assert refusal.reason == f"{what}: {remedy}"


def test_a_copy_with_the_last_generation_is_named_with_its_repair() -> None:
    last = copy_of("primary", config("primary", MAX_GENERATION))
    plan = plan_switch(facts(copies={**facts().copies, "primary": last}), command="failover", reason="", force=True)
    (refusal,) = plan.standing_refusals(force=True)
    assert refusal.reason == (
        f"config.json in us-west-2 has the generation {MAX_GENERATION}, and there is no higher one: correct it by hand"
    )


@pytest.mark.parametrize(
    "unread,said",
    [
        ({"primary": DOWN, "failover": DENIED}, f"the journal of us-west-2 {DOWN}; the journal of us-east-1 {DENIED}"),
        ({}, "config.json and the journal are empty"),
    ],
)
def test_an_unknown_generation_is_refused_with_what_was_not_read(unread: dict[Role, Unavailable], said: str) -> None:
    copies = {"primary": DOWN, "failover": copy_of("failover", None)}
    plan = plan_switch(
        facts(copies=copies, journal_generation=0, unread_journals=unread), command="failover", reason=""
    )
    assert [refusal.reason for refusal in plan.refusals] == [
        f"the last generation is not known ({said}): --force writes one from the time, which is higher than any"
    ]
    assert plan.standing_refusals(force=True) == ()


def test_the_identity_of_an_event_has_eight_digits_and_a_new_one_each_time() -> None:
    made = [
        new_event_document(generation=4, command="failover", actor="a", reason="r", source="s", target="t", now=NOON)
        for _ in range(2)
    ]
    assert all(re.fullmatch("[0-9a-f]{8}", str(one["id"])) for one in made)
    assert made[0]["id"] != made[1]["id"]
    assert {**made[0], "id": ""} == {
        "schemaVersion": 2,
        "id": "",
        "generation": 4,
        "command": "failover",
        "actor": "a",
        "reason": "r",
        "startedAt": "2026-11-24T12:00:00.000000Z",
        "from": "s",
        "to": "t",
    }


def test_a_time_is_written_in_utc_wherever_the_machine_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        assert format_time(NOON) == "2026-11-24T12:00:00.000000Z"
    finally:
        monkeypatch.undo()
        time.tzset()


def test_the_key_of_an_event_tells_when_it_began() -> None:
    key = event_key(generation=4, started_at=format_time(NOON), id_="0a")
    assert parse_start(key) == NOON
    assert parse_start("standby/journal/other.json") is None

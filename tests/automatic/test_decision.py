from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from standby.deployment.manifest import ROLES, Role
from standby_protocol.automatic import Decision, Facts, Look, Rules, Verdict, add_look, decide, needs_more

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
RULES = Rules()


def looks(*pairs: tuple[Verdict, Verdict]) -> tuple[Look, ...]:
    last = len(pairs) - 1
    return tuple(
        Look(at=NOW - timedelta(minutes=last - number), here=here, there=there)
        for number, (here, there) in enumerate(pairs)
    )


LOST: tuple[Verdict, Verdict] = ("failed", "failed")
WELL: tuple[Verdict, Verdict] = ("healthy", "unknown")
FACTS = Facts(
    now=NOW,
    looks=looks(WELL, LOST, LOST, LOST, LOST),
    serving="primary",
    switches={"primary": True, "failover": True},
    unhealthy="",
    behind="",
    journal_read=True,
    drill_known=True,
)


def test_users_are_moved_when_every_condition_holds() -> None:
    assert decide(FACTS, RULES).action == "move"


def test_users_are_moved_while_the_lost_region_does_not_say_its_switch() -> None:
    assert decide(replace(FACTS, switches={"failover": True}), RULES).action == "move"


@pytest.mark.parametrize(
    "pairs",
    [
        (WELL, WELL, LOST, LOST, LOST),
        (LOST, LOST, LOST, LOST, WELL),
        (("failed", "healthy"),) * 5,
        (("failed", "unknown"),) * 5,
        (LOST, LOST, LOST),
    ],
)
def test_fewer_failed_looks_than_the_rules_need_move_nobody(pairs: tuple[tuple[Verdict, Verdict], ...]) -> None:
    assert decide(replace(FACTS, looks=looks(*pairs)), RULES).action == "watch"


def test_looks_of_an_hour_ago_do_not_count() -> None:
    old = tuple(replace(look, at=look.at - timedelta(hours=1)) for look in FACTS.looks[:-1])
    assert decide(replace(FACTS, looks=(*old, FACTS.looks[-1])), RULES).action == "watch"


def test_a_second_look_in_the_same_minute_takes_the_place_of_the_first() -> None:
    again = replace(FACTS.looks[-1], at=NOW + timedelta(seconds=10))
    assert add_look(FACTS.looks, again, RULES) == (*FACTS.looks[:-1], again)


def test_the_dwell_ends_to_the_second() -> None:
    moved = NOW - RULES.dwell
    assert decide(replace(FACTS, last_move=moved), RULES).action == "move"
    assert decide(replace(FACTS, last_move=moved + timedelta(seconds=1)), RULES).action == "wait"


def test_a_drill_whose_mark_has_expired_stops_nothing() -> None:
    assert decide(replace(FACTS, drill_until=NOW - timedelta(seconds=1)), RULES).action == "move"


def test_a_knowledge_base_that_is_behind_stops_nothing_where_the_settings_say_so() -> None:
    behind = replace(FACTS, behind="a document is not indexed")
    assert decide(behind, RULES).action == "wait"
    assert decide(behind, replace(RULES, when_behind="move")).action == "move"


def test_the_costly_facts_are_read_only_after_a_loss() -> None:
    assert needs_more(FACTS, RULES)
    assert not needs_more(replace(FACTS, looks=looks(WELL)), RULES)
    assert not needs_more(replace(FACTS, serving="failover"), RULES)


@pytest.mark.parametrize(
    "off,named",
    [(("failover",), "failover"), (("primary",), "primary"), (("primary", "failover"), "failover and the primary")],
)
def test_a_switch_that_is_off_in_one_region_stops_every_move_and_is_named(off: tuple[Role, ...], named: str) -> None:
    decision = decide(replace(FACTS, switches={role: role not in off for role in ROLES}), RULES)
    assert (decision.action, decision.reason) == ("off", f"it is switched off in the {named} region")


@pytest.mark.parametrize(
    "said,reason",
    [
        ({"serving": None}, "config.json does not say that the primary region serves"),
        ({"manually_edited": True}, "config.json is manually edited, and a person decided that"),
    ],
)
def test_the_controller_waits_if_config_json_does_not_clearly_name_the_primary_region(
    said: dict[str, Any], reason: str
) -> None:
    assert decide(replace(FACTS, **said), RULES) == Decision(action="wait", reason=reason)


LOOKS = "4 of the last 5 looks failed from both vantage points; 4 are needed"


@pytest.mark.parametrize(
    "said,decision",
    [
        ({}, Decision(action="move", reason=LOOKS)),
        (
            {"looks": looks(LOST, WELL)},
            Decision(action="watch", reason=LOOKS.replace("4 of the last 5", "1 of the last 2")),
        ),
        (
            {"looks": looks(*[LOST] * 9, WELL)},
            Decision(action="watch", reason=LOOKS),
        ),
        (
            {"switches": {"primary": True}},
            Decision(action="wait", reason="its switch in the failover region cannot be read"),
        ),
        (
            {"serving": "failover"},
            Decision(action="done", reason="the failover region serves, and the controller never moves users back"),
        ),
        *(
            (said, Decision(action="wait", reason=f"the primary region is lost, but {obstacle}"))
            for said, obstacle in (
                ({"drill_known": False}, "the bucket of the failover region does not say what others do"),
                ({"journal_read": False}, "the bucket of the failover region does not say what others do"),
                ({"drill_until": NOW + timedelta(seconds=61)}, "a drill is on until 12:01:01 UTC"),
                (
                    {"last_move": NOW - timedelta(minutes=5)},
                    "the last command was at 11:55 UTC: it waits until 12:55 UTC",
                ),
                ({"unhealthy": None}, "the failover region is not healthy: it was not asked"),
                ({"unhealthy": "degraded"}, "the failover region is not healthy: degraded"),
                ({"behind": None}, "the Knowledge Base of the failover region is behind: it was not asked"),
                ({"behind": "2 documents"}, "the Knowledge Base of the failover region is behind: 2 documents"),
            )
        ),
    ],
)
def test_each_decision_tells_its_reason(said: dict[str, Any], decision: Decision) -> None:
    assert decide(replace(FACTS, **said), RULES) == decision


def test_a_drill_ends_at_its_second() -> None:
    assert decide(replace(FACTS, drill_until=NOW), RULES).action == "move"


def test_looks_of_exactly_ten_minutes_count_and_older_ones_and_later_ones_do_not() -> None:
    oldest = NOW - timedelta(minutes=10)
    at = [oldest, *(NOW - timedelta(minutes=minutes) for minutes in (3, 2, 0))]
    assert (
        decide(replace(FACTS, looks=tuple(Look(at=one, here="failed", there="failed") for one in at)), RULES).action
        == "move"
    )
    at[0] = oldest - timedelta(seconds=1)
    assert (
        decide(replace(FACTS, looks=tuple(Look(at=one, here="failed", there="failed") for one in at)), RULES).action
        == "watch"
    )
    at[0], at[-1] = oldest, NOW + timedelta(seconds=1)
    assert (
        decide(replace(FACTS, looks=tuple(Look(at=one, here="failed", there="failed") for one in at)), RULES).action
        == "watch"
    )


@pytest.mark.parametrize("minute,seconds,kept", [(60, 30, True), (60, 29, False), (6, 3, True), (6, 2, False)])
def test_a_look_counts_as_another_one_after_half_a_minute_of_the_rules(
    minute: int, seconds: int, *, kept: bool
) -> None:
    rules = replace(RULES, minute=timedelta(seconds=minute))
    one = Look(at=NOW, here="failed", there="failed")
    two = replace(one, at=NOW + timedelta(seconds=seconds))
    assert add_look((one,), two, rules) == ((one, two) if kept else (two,))

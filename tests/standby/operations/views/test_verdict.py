"""The verdict: one of four names, and all reasons."""

from dataclasses import replace
from typing import Any

import pytest

from standby.cli.output.status_view import render_status
from standby.deployment.concurrency import Unavailable
from standby.deployment.manifest import ROLES
from standby.operations.facts.health import Health
from standby.operations.facts.journal import Event, new_event
from standby.operations.facts.state import Alarms, Queues, State
from standby.operations.plans.failback_preconditions import settles_by_itself, unmet_preconditions
from standby.operations.views.status_json import status_json
from standby.operations.views.verdict import assess_state
from tests.standby.helpers import DOWN, EAST, HEALTHY, NOON, WEST, changed, config, copy_of, invalid_copy
from tests.standby.states import BEHIND, SICK, dead, left, missing, moved, region, state

DISAGREEMENT = (
    "the copies of config.json disagree: us-west-2 says us-west-2 generation 3,"
    " us-east-1 says us-east-1 generation 4: run `standby reconcile`"
)


@pytest.mark.parametrize(
    "found,name,reasons",
    [
        (state(), "ready", []),
        (moved(), "failed over", []),
        (state(primary=dead("primary")), "degraded", [f"{WEST} does not answer (connection refused)"]),
        (
            state(failover=dead("failover")),
            "not ready to fail over",
            [f"{EAST} does not answer (connection refused)"],
        ),
        (
            state(failover=region("failover", health=SICK)),
            "not ready to fail over",
            [f"the API of {EAST} is degraded: retrieve (AccessDenied)"],
        ),
        (
            state(region("primary", alarms=Alarms(in_alarm=("x",), total=8)), region("failover", health=SICK)),
            "not ready to fail over",
            [f"the API of {EAST} is degraded: retrieve (AccessDenied)", f"alarms in {WEST}: x"],
        ),
        (
            state(failover=region("failover", copy=Unavailable("answers AccessDenied"))),
            "not ready to fail over",
            [f"config.json of {EAST} answers AccessDenied"],
        ),
        (
            state(primary=region("primary", queues=DOWN, alarms=DOWN, health=DOWN)),
            "degraded",
            [f"the {what} of {WEST}{sep} {DOWN}" for what, sep in (("API", ""), ("queues", ":"), ("alarms", ":"))],
        ),
        (
            state(primary=region("primary", health=SICK)),
            "degraded",
            [f"the API of {WEST} is degraded: retrieve (AccessDenied)"],
        ),
        (
            state(failover=region("failover", knowledge_base=BEHIND)),
            "degraded",
            [f"the Knowledge Base of {EAST} is behind its bucket (no job has run)"],
        ),
        (state(primary=region("primary", replication=left(missing("pending")))), "ready", []),
        (
            state(primary=region("primary", replication=left(missing("pending", age=1000)))),
            "degraded",
            [f"1 document of {WEST} is missing in {EAST} (1 pending; the oldest is 1000 s old)"],
        ),
        (
            state(primary=region("primary", replication=left(missing("failed"), missing("never")))),
            "degraded",
            [f"2 documents of {WEST} are missing in {EAST} (1 failed, 1 never; the oldest is 60 s old)"],
        ),
        (state(primary=region("primary", replication=left(missing("deleted")))), "ready", []),
        (
            state(primary=region("primary", queues=Queues(waiting=1, in_flight=0, dead_letters=2))),
            "degraded",
            [f"2 dead letters in {WEST}"],
        ),
        (
            state(primary=region("primary", alarms=Alarms(in_alarm=("chatbot-health",), total=8))),
            "degraded",
            [f"alarms in {WEST}: chatbot-health"],
        ),
        (
            state(failover=region("failover", "failover", 4)),
            "failed over",
            [DISAGREEMENT],
        ),
        (moved(failover={"health": SICK}), "degraded", [f"the API of {EAST} is degraded: retrieve (AccessDenied)"]),
    ],
)
def test_each_state_has_its_verdict_and_its_reasons(found: State, name: str, reasons: list[str]) -> None:
    verdict = assess_state(found)
    assert (verdict.name, list(verdict.reasons)) == (name, reasons)


def test_a_manually_edited_config_is_reported_in_each_bucket() -> None:
    by_hand = {role: region(role, "failover", None) for role in ROLES}
    verdict = assess_state(state(by_hand["primary"], by_hand["failover"]))
    assert verdict.name == "failed over"
    assert verdict.reasons == tuple(
        f"config.json in {region} is manually edited: run `standby reconcile`" for region in (WEST, EAST)
    )


def test_an_invalid_or_missing_config_is_reported_in_each_bucket() -> None:
    copies = {"primary": copy_of("primary", None), "failover": invalid_copy("failover")}
    found = state(region("primary", copy=copies["primary"]), region("failover", copy=copies["failover"]))
    assert assess_state(found).reasons == (
        "no valid config.json is known, so pages cannot find an API",
        f"{WEST} has no config.json",
        f"config.json in {EAST} is invalid: correct it, or run `standby reconcile --force`",
    )
    assert {role: row["config"]["state"] for role, row in shown(found)["regions"].items()} == {
        "primary": "absent",
        "failover": "invalid",
    }


def shown(found: State) -> dict[str, Any]:
    """Return the status as JSON."""
    return status_json(found, assess_state(found)).as_json()


def test_an_api_of_neither_region_is_named() -> None:
    copy = copy_of("failover", replace(config("failover", 5), api_url="https://elsewhere/"))
    found = state(failover=region("failover", copy=copy))
    assert "config.json names an API of neither region: https://elsewhere/" in assess_state(found).reasons


@pytest.mark.parametrize("found", [state(), moved(), state(primary=dead("primary")), state(failover=dead("failover"))])
def test_every_state_can_be_shown_and_printed(found: State) -> None:
    verdict = assess_state(found)
    assert status_json(found, verdict).as_json()["verdict"] == verdict.name
    assert render_status(found, verdict).renderables


@pytest.mark.parametrize(
    "found",
    [
        moved(primary={"replication": left(missing("never"))}),
        moved(failover={"replication": left(missing("pending"), source="failover")}),
        moved(primary={"knowledge_base": BEHIND}),
        moved(primary={"knowledge_base": Unavailable("answers AccessDenied")}),
        moved(primary={"copy": copy_of("primary", config("primary", 3))}),
        moved(failover={"replication": Unavailable("not known")}),
        replace(moved(), regions={"primary": dead("primary"), "failover": region("failover", "failover", 4)}),
    ],
)
def test_a_failback_is_refused_while_something_is_out_of_sync(found: State) -> None:
    assert unmet_preconditions(found, [HEALTHY, HEALTHY])


@pytest.mark.parametrize("checks", [[HEALTHY, SICK], [HEALTHY, Unavailable("does not answer")]])
def test_a_failback_is_refused_unless_every_health_check_passes(checks: list[Health | Unavailable]) -> None:
    assert "(check 2 of 2)" in unmet_preconditions(moved(), checks)[0].reason


def test_a_failback_to_a_region_in_sync_is_allowed() -> None:
    assert unmet_preconditions(moved(), [HEALTHY] * 3) == ()
    assert unmet_preconditions(moved(failover={"replication": left(missing("deleted"))}), [HEALTHY]) == ()


def test_a_failback_continues_from_a_manual_edit_on_which_both_copies_agree() -> None:
    primary, failover = ({"copy": copy_of(role, config("failover", None))} for role in ROLES)
    assert unmet_preconditions(moved(primary=primary, failover=failover), [HEALTHY]) == ()


def test_a_failback_is_refused_while_a_manual_edit_and_the_other_copy_disagree() -> None:
    elsewhere = copy_of("primary", config("primary", None))
    assert unmet_preconditions(moved(primary={"copy": elsewhere}), [HEALTHY])


def test_a_killed_failback_can_be_finished_although_the_copies_differ() -> None:
    killed = state(primary=region("primary", "primary", 5), failover=region("failover", "failover", 4))
    assert unmet_preconditions(killed, [HEALTHY]) == ()


def reasons_against(found: State) -> list[str]:
    """Return the preconditions of a failback that do not hold, apart from the primary region's health."""
    return [refusal.reason for refusal in unmet_preconditions(found, [HEALTHY])]


def test_each_unmet_precondition_is_named_once() -> None:
    refused = Unavailable("answers AccessDenied")
    unread = moved(failover={"copy": refused, "replication": refused})
    assert reasons_against(unread) == [
        f"config.json of {EAST} answers AccessDenied",
        f"replication from {EAST}: answers AccessDenied",
    ]
    down = replace(moved(), regions={"primary": region("primary", "failover", 4), "failover": dead("failover")})
    lost = replace(down, regions={**down.regions, "primary": region("primary", "failover", 4, replication=refused)})
    assert reasons_against(lost) == [f"{EAST} does not answer (connection refused): the regions cannot be compared"]
    pending = replace(moved(), events=(incomplete(),))
    assert reasons_against(pending) == ["the journal has pending writes: run `standby reconcile`"]


def incomplete() -> Event:
    made = new_event(generation=4, command="failover", actor="a", reason="", source=WEST, target=EAST, now=NOON)
    return changed(made, result="incomplete")


RUNNING = changed(BEHIND, running=True)


@pytest.mark.parametrize(
    "found,passes",
    [
        (moved(failover={"replication": left(missing("pending"), source="failover")}), True),
        (moved(primary={"knowledge_base": RUNNING}), True),
        (moved(primary={"knowledge_base": BEHIND, "queues": Queues(waiting=3, in_flight=0, dead_letters=0)}), True),
        (moved(primary={"knowledge_base": BEHIND, "queues": Queues(waiting=0, in_flight=3, dead_letters=0)}), True),
        (moved(primary={"knowledge_base": BEHIND}), False),
        (moved(primary={"replication": left(missing("failed"))}), False),
        (moved(primary={"copy": copy_of("primary", config("primary", 3))}), False),
        (state(primary=dead("primary")), False),
        (state(failover=dead("failover")), False),
        (replace(moved(), events=(incomplete(),)), False),
    ],
)
def test_a_failback_waits_only_for_conditions_that_settle_by_themselves(found: State, *, passes: bool) -> None:
    assert settles_by_itself(found) is passes


@pytest.mark.parametrize("may_come", [True, False])
def test_a_document_whose_event_may_still_come_is_waited_for(*, may_come: bool) -> None:
    behind = moved(primary={"knowledge_base": BEHIND})
    assert settles_by_itself(behind, events_may_come=may_come) is may_come
    failed = moved(primary={"knowledge_base": BEHIND, "replication": left(missing("failed"))})
    assert not settles_by_itself(failed, events_may_come=may_come)

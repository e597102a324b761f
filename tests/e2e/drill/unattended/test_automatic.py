"""The controller of the automatic failover: its scenarios, and what it decides without one of its grants."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import pytest

from standby.drill.measure.records import Outcome
from standby.rehearsal.rehearsal import Rehearsal
from tests.constructs.grants import Grant
from tests.e2e.drill.helpers import report_of
from tests.e2e.drill.unattended.grants import HOLDER, MOVE_USERS, READ_CONFIGS, READ_STATE, WHEN_LOST, WRITE_STATE
from tests.e2e.helpers import wait_for
from tests.e2e.test_permissions import without

PLAYED: Final = ("nobody-awake", "partition", "flapping", "controller-against-operator")
SECONDS: Final = 60.0


@pytest.mark.parametrize("name", PLAYED)
def test_a_scenario_of_the_controller_meets_every_objective(named: Rehearsal, name: str) -> None:
    report = report_of(named, name)
    (scenario,) = report.scenarios
    missed = [result for result in scenario.objectives if not result.met and result.unit != "s"]
    assert scenario.reason == ""
    assert (scenario.result is Outcome.SKIPPED, missed) == (False, [])
    assert any("takes 3 s here" in limitation for limitation in report.limitations)


def test_without_its_state_it_says_so_and_decides_from_its_own_looks(named: Rehearsal) -> None:
    with lacking(named, READ_STATE):
        since = time.time()
        assert decide(named)["action"] == "watch"
        wait_for(lambda: "state_not_read" in logged(named, since), what="state_not_read in its log", seconds=SECONDS)
    with lacking(named, WRITE_STATE):
        before = state_version(named)
        assert decide(named)["action"] == "watch"
        assert state_version(named) == before
    decide(named)
    assert state_version(named) > before


def test_without_reading_the_objects_it_waits(named: Rehearsal) -> None:
    with lacking(named, READ_CONFIGS):
        assert decide(named) == {
            "action": "wait",
            "reason": "its switch in the failover region cannot be read",
        }
    assert decide(named)["action"] == "watch"


def test_without_a_grant_it_moves_nobody_although_the_primary_region_is_lost(named: Rehearsal) -> None:
    with lacking(named, MOVE_USERS):
        named.faults.set("region-down", "primary")
        try:
            cannot_move = "the move ended as failed: the journal cannot be written"
            # The schedule's own looks: those of tests that ask more often than each minute count as one.
            wait_for(lambda: last_reason(named) == cannot_move, what=cannot_move, seconds=SECONDS)
            for grant, reason in WHEN_LOST.items():
                with lacking(named, grant):
                    assert reason in decide(named)["reason"], grant
            assert decide(named)["reason"] == cannot_move
        finally:
            named.faults.heal()
            wait_for(lambda: decide(named)["action"] == "watch", what="a healthy look", seconds=SECONDS)


@contextmanager
def lacking(rehearsal: Rehearsal, grant: Grant) -> Iterator[None]:
    with without(rehearsal, HOLDER, [grant], role="failover"):
        yield


def decide(rehearsal: Rehearsal) -> dict[str, str]:
    """Let the controller make a round now, and return its decision."""
    name = f"{rehearsal.deployment.name}-controller"
    answer = rehearsal.session("failover").client("lambda").invoke(FunctionName=name)
    decision: dict[str, str] = json.loads(answer["Payload"].read())
    return decision


def last_reason(rehearsal: Rehearsal) -> str:
    """Return the reason of the last decision in the controller's state."""
    name = rehearsal.deployment.controller_parameter
    value = rehearsal.session("failover").client("ssm").get_parameter(Name=name)["Parameter"].get("Value", "")
    return str(json.loads(value)["reason"])


def state_version(rehearsal: Rehearsal) -> int:
    name = rehearsal.deployment.controller_parameter
    return rehearsal.session("failover").client("ssm").get_parameter(Name=name)["Parameter"]["Version"]


def logged(rehearsal: Rehearsal, since: float) -> str:
    logs: Any = rehearsal.session("failover").client("logs")
    group = f"/aws/lambda/{rehearsal.deployment.name}-controller"
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group, startTime=int(since * 1000))
    return "\n".join(event["message"] for page in pages for event in page["events"])

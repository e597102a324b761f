"""The controller of the automatic failover: its scenarios, and what it decides without one of its grants."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import pytest

from standby.drill.measure.records import Outcome
from standby.drill.operator_process import run_command
from standby.rehearsal.rehearsal import Rehearsal
from tests.constructs.grants import Grant
from tests.e2e.drill.helpers import missed_except_times, report_of
from tests.e2e.drill.unattended.grants import (
    HOLDER,
    MOVE_USERS,
    READ_CHECKERS,
    READ_CONFIGS,
    READ_STATE,
    WHEN_LOST,
    WRITE_STATE,
)
from tests.e2e.helpers import wait_for
from tests.e2e.test_permissions import without

PLAYED: Final = ("nobody-awake", "partition", "flapping", "controller-against-operator")
SECONDS: Final = 60.0


@pytest.mark.parametrize("name", PLAYED)
def test_a_scenario_of_the_controller_meets_every_objective_except_times(named: Rehearsal, name: str) -> None:
    report = report_of(named, name)
    (scenario,) = report.scenarios
    assert scenario.reason == ""
    assert (scenario.result is Outcome.SKIPPED, missed_except_times(scenario)) == (False, {})
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


def test_without_a_grant_it_moves_nobody_although_the_primary_regions_api_is_lost(named: Rehearsal) -> None:
    with lacking(named, MOVE_USERS):
        named.faults.set("api-errors", "primary")
        try:
            cannot_move = "the move ended as failed: the journal cannot be written"
            # The schedule's own looks: those of tests that ask more often than each minute count as one.
            wait_for(lambda: last_reason(named) == cannot_move, what=cannot_move, seconds=SECONDS)
            for grant, reason in WHEN_LOST.items():
                with lacking(named, grant):
                    assert reason in decide(named)["reason"], grant
            assert decide(named)["reason"] == cannot_move
            with lacking(named, READ_CHECKERS):
                assert decide(named)["action"] == "watch"
                assert last_look(named) == {"here": "failed", "there": "unknown"}
        finally:
            named.faults.heal()
            wait_for(lambda: decide(named)["action"] == "watch", what="a healthy look", seconds=SECONDS)


def test_the_loss_of_the_api_alone_moves_users_by_route_53s_checkers_and_not_by_the_edge(named: Rehearsal) -> None:
    named.faults.set("api-errors", "primary")
    try:
        with by_the_edge(named):
            wait_for(
                lambda: decide(named) and last_look(named)["here"] == "failed", what="a failed look", seconds=SECONDS
            )
            assert last_look(named)["there"] == "healthy"
        wait_for(lambda: serving(named) == "failover", what="users in the failover region", seconds=SECONDS)
    finally:
        named.faults.heal()
        options = ("--directory", str(named.paths.directory))
        for command in ("reconcile", "failback"):
            run_command(command, "--yes", options=options, seconds=120)
    assert serving(named) == "primary"


def test_the_edge_sees_a_lost_region_where_it_is_the_second_vantage_point(named: Rehearsal) -> None:
    named.faults.set("region-down", "primary")
    try:
        with by_the_edge(named):
            assert decide(named)["action"] == "watch"
            assert last_look(named) == {"here": "failed", "there": "failed"}
    finally:
        named.faults.heal()


@contextmanager
def by_the_edge(rehearsal: Rehearsal) -> Iterator[None]:
    """Let the controller have no health check during this block, as outside of us-east-1."""
    functions: Any = rehearsal.session("failover").client("lambda")
    name = f"{rehearsal.deployment.name}-controller"
    before = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    rest = {key: value for key, value in before.items() if key != "HEALTH_CHECK_ID"}
    assert len(rest) == len(before) - 1
    functions.update_function_configuration(FunctionName=name, Environment={"Variables": rest})
    try:
        yield
    finally:
        functions.update_function_configuration(FunctionName=name, Environment={"Variables": before})


def serving(rehearsal: Rehearsal) -> str:
    """Return the role that the failover region's config.json names."""
    region = rehearsal.deployment.regions["failover"]
    s3 = rehearsal.session("failover").client("s3")
    body = s3.get_object(Bucket=region.frontend_bucket, Key="config.json")["Body"].read()
    return str(json.loads(body)["role"])


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
    return str(state(rehearsal)["reason"])


def last_look(rehearsal: Rehearsal) -> dict[str, str]:
    """Return what both vantage points saw in the last look."""
    look = state(rehearsal)["looks"][-1]
    return {"here": look["here"], "there": look["there"]}


def state(rehearsal: Rehearsal) -> Any:  # noqa: ANN401 - JSON
    name = rehearsal.deployment.controller_parameter
    value = rehearsal.session("failover").client("ssm").get_parameter(Name=name)["Parameter"].get("Value", "")
    return json.loads(value)


def state_version(rehearsal: Rehearsal) -> int:
    name = rehearsal.deployment.controller_parameter
    return rehearsal.session("failover").client("ssm").get_parameter(Name=name)["Parameter"]["Version"]


def logged(rehearsal: Rehearsal, since: float) -> str:
    logs: Any = rehearsal.session("failover").client("logs")
    group = f"/aws/lambda/{rehearsal.deployment.name}-controller"
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group, startTime=int(since * 1000))
    return "\n".join(event["message"] for page in pages for event in page["events"])

"""The scenarios of the automatic failover fail when the controller does what it must not do."""

import itertools
import json
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from standby.drill.operator_process import CommandResult
from standby.drill.scenarios import automatic
from standby.errors import StandbyError
from tests.standby.drill.scenarios.helpers import CRASHED, HEALTHY, FakeContext, run_scenario

SEEN, UNSEEN = {"here": "healthy", "there": "unknown"}, {"here": "failed", "there": "healthy"}
LOST = replace(CRASHED, document={"result": "lost", "winner": {"actor": "controller"}})
LOST_WITHOUT_REASON = replace(CRASHED, document={"result": "lost"})


@pytest.fixture(autouse=True)
def short_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ROUND_SECONDS", "PAUSE_SECONDS"):
        monkeypatch.setattr(automatic, name, 0.01)


def context_of(
    *roles: str,
    looks: tuple[dict[str, str], ...] = (SEEN,),
    contents: tuple[str, ...] = ("first",),
    minute_seconds: float = 0.001,
    looking: bool = True,
) -> FakeContext:
    """Return a context in which these regions serve, one after the other; the last one stays.

    `looking`: the controller looks each time that its state is read.
    `contents`: those of config.json, of which one more has been written each time that it is listed.
    """
    serving = itertools.chain(roles, itertools.repeat(roles[-1]))
    listed = itertools.chain(range(1, len(contents) + 1), itertools.repeat(len(contents)))
    times = itertools.count() if looking else itertools.repeat(0)

    def get_parameter(**_: object) -> dict[str, dict[str, str]]:
        at = str(next(times))
        state = {"looks": [{**look, "at": at} for look in looks], "reason": "the last command was at 10:00 UTC"}
        return {"Parameter": {"Value": json.dumps(state)}}

    ssm = SimpleNamespace(get_parameter=get_parameter)
    context = FakeContext({})
    deployment: Any = context.deployment
    deployment.controller_parameter = "/automatic"
    fakes: dict[str, object] = {
        "observer": SimpleNamespace(
            serving_role=lambda: next(serving),
            config_etags=lambda: frozenset(contents[: next(listed)]),
            clients=SimpleNamespace(ssm=lambda _: ssm),
            deployment=deployment,
        ),
        "minute_seconds": minute_seconds,
        "dns_client": None,
        "clock": SimpleNamespace(now=itertools.count().__next__),
    }
    for name, fake in fakes.items():
        setattr(context, name, fake)
    return context


def test_a_loss_that_the_controller_does_not_answer_fails() -> None:
    with pytest.raises(StandbyError, match="the controller had not moved users: the last command"):
        run_scenario("nobody-awake", context_of("primary"))


def test_users_that_are_moved_back_without_a_command_fail_the_scenario() -> None:
    with pytest.raises(StandbyError, match="does not serve after the primary region returned"):
        run_scenario("nobody-awake", context_of("failover", "primary"))
    with pytest.raises(StandbyError, match="does not serve after `standby reconcile`"):
        run_scenario("nobody-awake", context_of("failover", "failover", "primary"))


def test_a_move_is_measured_in_minutes_of_the_controller() -> None:
    context = context_of("failover")
    run_scenario("nobody-awake", context)
    assert (context.measures["automatic_move_seconds"], context.measures["automatic_move_minutes"]) == (1, 1000)


def test_a_controller_that_does_not_look_any_more_fails_the_partition() -> None:
    with pytest.raises(StandbyError, match="The controller did not look within"):
        run_scenario("partition", context_of("primary", looks=(UNSEEN,), looking=False))


def test_a_partition_that_the_controller_does_not_notice_fails() -> None:
    with pytest.raises(StandbyError, match="no partition"):
        run_scenario("partition", context_of("primary", looks=(UNSEEN, SEEN)))


def test_a_partition_counts_the_controller_s_writes() -> None:
    context = context_of("primary", looks=(UNSEEN, UNSEEN), contents=("first", "second"))
    run_scenario("partition", context)
    assert context.measures["config_writes"] == 1


def test_users_that_are_moved_and_moved_back_by_flapping_fail_the_scenario() -> None:
    context = context_of("primary", "failover", "primary", minute_seconds=1)
    with pytest.raises(StandbyError, match="moved back"):
        run_scenario("flapping", context)


@pytest.mark.parametrize("command, unnamed", [(HEALTHY, 0), (LOST, 0), (LOST_WITHOUT_REASON, 1)])
def test_an_operator_who_lost_and_is_not_told_the_winner_is_counted(
    monkeypatch: pytest.MonkeyPatch, command: CommandResult, unnamed: int
) -> None:
    def run_suspended(_context: object, _command: str, meanwhile: Callable[[], str]) -> tuple[str, CommandResult]:
        return meanwhile(), command

    monkeypatch.setattr(automatic, "run_suspended", run_suspended)
    context = context_of("primary", "failover", contents=("first", "second"))
    run_scenario("controller-against-operator", context)
    assert (context.measures["winners_not_named"], context.measures["config_writes"]) == (unnamed, 1)

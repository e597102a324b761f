"""Scenarios of the automatic failover: nobody runs a command until users were moved, or until nobody needs to be.

Times are in the controller's minutes, which a rehearsal can shorten (`standby/rehearsal/emulator/fast_minutes.py`).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from standby.deadline import poll
from standby.drill.context import ScenarioContext
from standby.drill.measure.objectives import (
    API_RPO,
    DOCUMENTS,
    PAGES,
    PAGES_FAILED,
    QUESTIONS_FAILED,
    UPLOADS_FAILED,
    at_most,
    zero,
)
from standby.drill.observe.controller_state import read_controller_state
from standby.drill.observe.dns_client import DnsClient
from standby.drill.operator_process import CommandResult
from standby.drill.scenario import STANDARD_LOAD, Scenario
from standby.drill.scenarios.operators import names_winner, run_suspended
from standby.errors import StandbyError

MOVE_MINUTES: Final = 9.0
"""The longest time from the loss to the move: five looks, the first a minute after the loss, and a minute to act. Route
53's checkers see a loss up to two minutes later than the controller: three checks, and the next whole minute."""
ROUND_SECONDS: Final = 15.0
"""A round's own requests, which are not faster in a rehearsal."""
STAY_MINUTES: Final = 5.0
"""How long the drill looks for a move that must not happen: as many looks as the controller counts."""
MORE_ROUNDS: Final = 2
"""After these, the controller has decided on what is so now: the first one may have begun before."""
FLAP_MINUTES: Final = 10.0
FLAP_PERIOD_MINUTES: Final = 1 / 3
"""The primary region is up for 20 s, and down for 20 s."""
PAUSE_SECONDS: Final = 0.2
DNS_SECONDS: Final = 20.0
"""How long the drill waits for DNS to answer the primary region, after an earlier scenario moved users."""
LAST_COMMAND: Final = "the last command was at"
"""The controller's reason while an operator's command is in the journal."""


def _run_nobody_awake(context: ScenarioContext) -> None:
    with _client_by_dns(context) as client:
        _lose_primary(context)
        _measure_move(context)
        context.wait_until_answered("failover")
        context.load.set_rate("upload", 0)
        context.heal()
        returned = context.clock.now()
        _wait_minutes(context, STAY_MINUTES)
        _require_failover(context, "after the primary region returned, without a command")
        if client is not None:
            _measure_dns(context, client, returned=returned)
        context.run_with_retries("reconcile")
        _require_failover(context, "after `standby reconcile`")


def _measure_move(context: ScenarioContext) -> None:
    """Wait until the controller has moved users. Raises `StandbyError` if it does not."""
    started = context.clock.now()
    if not _wait_for_move(context):
        reason = read_controller_state(context.observer).reason
        raise StandbyError(f"{MOVE_MINUTES:g} minutes after the loss, the controller had not moved users: {reason}")
    seconds = context.clock.now() - started
    context.measures["automatic_move_seconds"] = round(seconds, 1)
    context.measures["automatic_move_minutes"] = round(seconds / context.minute_seconds, 1)
    context.note(f"the controller moved users {seconds:.0f} s after the loss was detected{_describe_minutes(context)}")


@contextmanager
def _client_by_dns(context: ScenarioContext) -> Iterator[DnsClient | None]:
    """Let a client that finds the API by DNS ask during this block; none where the API has no name."""
    if context.dns_client is None:
        yield None
        return
    client = context.dns_client()
    client.start()
    try:
        client.wait_for(context.deployment.regions["primary"].region, seconds=DNS_SECONDS)
        yield client
    finally:
        client.stop()


def _measure_dns(context: ScenarioContext, client: DnsClient, *, returned: float) -> None:
    """Measure the client's gap. Raises `StandbyError` if the returned region answered it."""
    region = context.deployment.regions["primary"].region
    answers = client.count(region, since=returned)
    context.measures["dns_gap_seconds"] = round(client.longest_gap(), 2)
    context.measures["dns_answers_after_return"] = answers
    if answers:
        raise StandbyError(f"Clients of {client.name} got {answers} answers of {region}, which had returned")


def _run_partition(context: ScenarioContext) -> None:
    """Let the controller alone not see the primary region, until each of its looks has failed, and two rounds more."""
    before = context.observer.config_etags()
    context.inject("partition", "primary")
    seconds = MOVE_MINUTES * context.minute_seconds + ROUND_SECONDS
    if not poll(lambda: _is_blind(context), seconds=seconds, pause=PAUSE_SECONDS):
        raise StandbyError(f"The controller still saw the primary region after {seconds:.0f} s: no partition")
    _wait_for_rounds(context)
    context.note(f"the controller: {read_controller_state(context.observer).reason}")
    _count_writes(context, before)


def _run_flapping(context: ScenarioContext) -> None:
    before = context.observer.config_etags()
    half = FLAP_PERIOD_MINUTES * context.minute_seconds
    end = context.clock.now() + FLAP_MINUTES * context.minute_seconds
    moved = False
    while context.clock.now() < end:
        context.inject("region-down", "primary")
        context.wait(half)
        context.heal()
        context.wait(half)
        serves = context.observer.serving_role() == "failover"
        if moved and not serves:
            raise StandbyError("Users were moved, and moved back")
        moved = serves
    context.note(f"the controller {'moved users once' if moved else 'moved nobody'}{_describe_minutes(context)}")
    _count_writes(context, before)


def _run_controller_against_operator(context: ScenarioContext) -> None:
    """Let the controller decide while an operator's `failover` has begun and is asleep."""
    before = context.observer.config_etags()
    _lose_primary(context)
    seconds = MOVE_MINUTES * context.minute_seconds + ROUND_SECONDS
    decided, command = run_suspended(
        context, "failover", lambda: poll(lambda: _decision(context), seconds=seconds, pause=PAUSE_SECONDS)
    )
    if not decided:
        raise StandbyError(f"Within {seconds:.0f} s, the controller neither moved users nor waited for the operator")
    _wait_for_rounds(context)
    _require_failover(context, "by neither the controller nor the operator")
    context.measures["winners_not_named"] = 0 if command.code == 0 or names_winner(command) else 1
    context.note(f"the controller: {decided}; the operator's command: {_describe_end(command)}")
    _count_writes(context, before)


def _lose_primary(context: ScenarioContext) -> None:
    context.inject("region-down", "primary")
    context.detect_outage("primary")


def _wait_for_move(context: ScenarioContext) -> bool:
    seconds = MOVE_MINUTES * context.minute_seconds + ROUND_SECONDS
    return poll(lambda: context.observer.serving_role() == "failover", seconds=seconds, pause=PAUSE_SECONDS)


def _is_blind(context: ScenarioContext) -> bool:
    """Return whether every look that the controller counts has failed from itself."""
    state = read_controller_state(context.observer)
    return bool(state.looks) and state.blind_looks == len(state.looks)


def _decision(context: ScenarioContext) -> str:
    """Return what the controller decided on the lost region, "" if it has not decided."""
    if context.observer.serving_role() == "failover":
        return "moved users"
    reason = read_controller_state(context.observer).reason
    return reason if LAST_COMMAND in reason else ""


def _describe_end(command: CommandResult) -> str:
    return str(command.document.get("result") or command.summary)


def _require_failover(context: ScenarioContext, when: str) -> None:
    if context.observer.serving_role() != "failover":
        raise StandbyError(f"The failover region does not serve {when}")


def _count_writes(context: ScenarioContext, before: frozenset[str]) -> None:
    context.measures["config_writes"] = len(context.observer.config_etags() - before)


def _wait_minutes(context: ScenarioContext, minutes: float) -> None:
    context.wait(minutes * context.minute_seconds)


def _wait_for_rounds(context: ScenarioContext) -> None:
    """Wait until the controller has ended `MORE_ROUNDS` more rounds. Raises `StandbyError` if it does not."""
    for _ in range(MORE_ROUNDS):
        _wait_for_look(context, after=read_controller_state(context.observer).looked_at)


def _wait_for_look(context: ScenarioContext, *, after: str) -> None:
    seconds = 2 * context.minute_seconds + ROUND_SECONDS
    if not poll(
        lambda: read_controller_state(context.observer).looked_at != after, seconds=seconds, pause=PAUSE_SECONDS
    ):
        raise StandbyError(f"The controller did not look within {seconds:.0f} s")


def _describe_minutes(context: ScenarioContext) -> str:
    return f" (its minute takes {context.minute_seconds:g} s here)"


AUTOMATIC_SCENARIOS: Final = (
    Scenario(
        name="nobody-awake",
        summary="The primary region is lost, and nobody runs a command. The controller makes the other region serve, "
        "and users stay there when the primary region returns, until an operator fails back. DNS does the same.",
        run=_run_nobody_awake,
        objectives=(
            at_most("automatic move, minutes of the controller", "automatic_move_minutes", MOVE_MINUTES),
            *PAGES,
            *DOCUMENTS,
        ),
        needs_automatic=True,
    ),
    Scenario(
        name="partition",
        summary="The controller does not reach the primary region, but users do. The second vantage point sees the "
        "region, so the controller moves nobody.",
        run=_run_partition,
        objectives=(
            zero("config.json writes", "config_writes"),
            *PAGES,
            QUESTIONS_FAILED,
            API_RPO,
            UPLOADS_FAILED,
            *DOCUMENTS,
        ),
        needs_automatic=True,
    ),
    Scenario(
        name="flapping",
        summary="The primary region is up for 20 s and down for 20 s, for ten minutes. The controller moves nobody, or "
        "moves users once and never back.",
        run=_run_flapping,
        objectives=(at_most("config.json writes", "config_writes", 1), *PAGES),
        load={**STANDARD_LOAD, "upload": 0.0},
        needs_automatic=True,
    ),
    Scenario(
        name="controller-against-operator",
        summary="The primary region is lost, and an operator's failover has begun when the controller decides. One "
        "of the two moves users, and the other one names it or waits.",
        run=_run_controller_against_operator,
        objectives=(
            at_most("config.json writes", "config_writes", 1),
            zero("winners not named to the loser", "winners_not_named"),
            PAGES_FAILED,
        ),
        load={**STANDARD_LOAD, "upload": 0.0},
        needs_automatic=True,
    ),
)

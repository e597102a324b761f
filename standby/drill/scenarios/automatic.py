"""Scenarios of the automatic failover: nobody runs a command until users were moved, or until nobody needs to be."""

from typing import Final

from standby.deadline import poll
from standby.drill.context import ScenarioContext
from standby.drill.measure.objectives import DOCUMENTS, PAGES
from standby.drill.scenario import Scenario
from standby.errors import StandbyError

MOVE_SECONDS: Final = 420.0
"""The longest wait for the controller: seven of its minutes, also where they have 60 s."""
STAY_SECONDS: Final = 20.0
PAUSE_SECONDS: Final = 0.5


def _run_nobody_awake(context: ScenarioContext) -> None:
    context.inject("region-down", "primary")
    context.detect_outage("primary")
    started = context.clock.now()
    moved = poll(lambda: context.observer.serving_role() == "failover", seconds=MOVE_SECONDS, pause=PAUSE_SECONDS)
    if not moved:
        raise StandbyError(f"{MOVE_SECONDS:.0f} s after the loss, no controller had moved users")
    context.measures["automatic_move_seconds"] = round(context.clock.now() - started, 1)
    context.note(f"the controller moved users {context.clock.now() - started:.0f} s after the loss was detected")
    context.wait_until_answered("failover")
    context.heal()
    context.wait(STAY_SECONDS)
    if context.observer.serving_role() != "failover":
        raise StandbyError("Users were moved back without a command")
    context.run_with_retries("reconcile")
    if context.observer.serving_role() != "failover":
        raise StandbyError("`standby reconcile` moved users back")


AUTOMATIC_SCENARIOS: Final = (
    Scenario(
        name="nobody-awake",
        summary="The primary region is lost, and nobody runs a command. The controller makes the other region serve, "
        "and users stay there when the primary region returns, until an operator fails back.",
        run=_run_nobody_awake,
        objectives=(*PAGES, *DOCUMENTS),
        needs_automatic=True,
    ),
)

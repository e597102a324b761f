"""The automatic failover as lines of text: the switch, the last looks, and the controller's decision.

Its second vantage point is Route 53's checkers or the edge (record 122).
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Final

from standby.deployment.manifest import ROLES, Manifest
from standby.operations.facts.automatic import AutomaticState, ControllerState

_SECOND: Final[Mapping[str | None, str]] = {
    "checkers": "Route 53's checkers of the primary region's API",
    "edge": "the edge's read of the primary region's bucket",
    None: "not known: the controller has not looked",
}
_SAW: Final[Mapping[str | None, str]] = {
    "checkers": "Route 53's checkers",
    "edge": "the edge",
    None: "from the second vantage point",
}


def automatic_lines(manifest: Manifest, state: AutomaticState, *, now: datetime) -> Iterator[str]:
    """Yield the lines of `standby automatic status`."""
    for role in ROLES:
        value = state.switches[role]
        word = "not known" if value is None else "on" if value else "off"
        yield f"switch in {manifest.regions[role].region} ({role}): {word}"
    if state.controller is None:
        yield "controller: its state could not be read"
        return
    second = state.controller.second_vantage_point
    yield f"second vantage point: {_SECOND[second]}"
    for look in state.controller.looks:
        yield f"look at {look.at[:19]}Z: from here {look.here}, {_SAW[second]} {look.there}"
    yield f"decision: {describe_decision(state, now=now)}"


def describe_automatic(state: AutomaticState, *, now: datetime) -> str:
    """Return the decision, and what the second vantage point saw last."""
    decision = describe_decision(state, now=now)
    controller = state.controller
    if state.is_off or controller is None or controller.second_vantage_point is None or state.is_stale(now):
        return decision
    saw = controller.looks[-1].there if controller.looks else "unknown"
    return f"{decision} (second vantage point: {_SAW[controller.second_vantage_point]}, {saw})"


def describe_decision(state: AutomaticState, *, now: datetime) -> str:
    """Return what the controller would do now and why, in one sentence."""
    if state.is_off:
        return "off: it moves nobody"
    if state.controller is None:
        return "not known: its state could not be read"
    looked = state.controller.looked_at
    if looked is not None and state.is_stale(now):
        return f"not known: the controller has not looked since {looked.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
    return f"{state.controller.action}: {state.controller.reason}{_describe_blindness(state.controller)}"


def _describe_blindness(controller: ControllerState) -> str:
    """Return a warning if the checkers' result could not be read in the last look. It is read in every one."""
    if controller.second_vantage_point != "checkers" or not controller.looks:
        return ""
    return "; Route 53's checkers say nothing, so it moves nobody" if controller.looks[-1].there == "unknown" else ""

"""The automatic failover as lines of text: the switch, the last looks, and the controller's decision."""

from collections.abc import Iterator
from datetime import UTC, datetime

from standby.deployment.manifest import ROLES, Manifest
from standby.operations.facts.automatic import AutomaticState


def automatic_lines(manifest: Manifest, state: AutomaticState, *, now: datetime) -> Iterator[str]:
    """Yield the lines of `standby automatic status`."""
    for role in ROLES:
        value = state.switches[role]
        word = "not known" if value is None else "on" if value else "off"
        yield f"switch in {manifest.regions[role].region} ({role}): {word}"
    if state.controller is None:
        yield "controller: its state could not be read"
        return
    for look in state.controller.looks:
        yield f"look at {look.at[:19]}Z: from the failover region {look.here}, through the edge {look.there}"
    yield f"decision: {describe_decision(state, now=now)}"


def describe_decision(state: AutomaticState, *, now: datetime) -> str:
    """Return what the controller would do now and why, in one sentence."""
    if state.is_off:
        return "off: it moves nobody"
    if state.controller is None:
        return "not known: its state could not be read"
    looked = state.controller.looked_at
    if looked is not None and state.is_stale(now):
        return f"not known: the controller has not looked since {looked.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
    return f"{state.controller.action}: {state.controller.reason}"

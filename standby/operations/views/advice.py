"""The next command, for whoever is woken by a status. Pure."""

from collections.abc import Iterator
from typing import Final

from standby.deployment.concurrency import Unavailable
from standby.deployment.manifest import Role
from standby.deployment.routing_config import ConfigCopy
from standby.operations.facts.knowledge_base import KnowledgeBaseState
from standby.operations.facts.replication import Replication
from standby.operations.facts.state import RegionState, State
from standby.operations.plans.switch import health_refusals
from standby.operations.views.verdict import Verdict, disagreement

NEITHER: Final = "neither region can be made to serve: docs/runbook.md"


def next_command(state: State, verdict: Verdict) -> str:
    """Say what to type next; "" where there is nothing to do, or nothing that a command could do."""
    return next(_by_urgency(state, verdict), "")


def _by_urgency(state: State, verdict: Verdict) -> Iterator[str]:
    # Users first: a region that serves and cannot is left before anything is reconciled.
    if state.serving is not None and not _can_serve(state.regions[state.serving]):
        yield _leave(state, state.serving)
    if all(isinstance(copy, Unavailable) for copy in state.copies.values()):
        yield NEITHER
    for region in state.regions.values():
        if region.down:
            yield f"nothing now; when {region.region} is back: `standby reconcile`"
    for event in state.unfinished:
        if event.target and event.result == "started":
            yield f"`standby {event.command}` again, from any machine: it finishes what was begun"
    if _out_of_step(state):
        yield "`standby reconcile` brings both regions into step"
    if verdict.name == "failed over":
        yield f"`standby failback` has {state.regions['primary'].region} serve again, when you want it to"


def _leave(state: State, serving: Role) -> str:
    target = state.regions["primary" if serving == "failover" else "failover"]
    if not _can_serve(target):
        return NEITHER
    if serving == "primary":
        return f"`standby failover` has {target.region} serve"
    return f"`standby failback` has {target.region} serve; with `--force` where the documents are not in step"


def _can_serve(region: RegionState) -> bool:
    return not region.down and isinstance(region.copy, ConfigCopy) and not health_refusals(region.region, region.health)


def _out_of_step(state: State) -> bool:
    return bool(
        state.held is None or state.unfinished or any(disagreement(state)) or any(map(_behind, state.regions.values()))
    )


def _behind(region: RegionState) -> bool:
    knowledge, replication = region.knowledge, region.replication
    waits = isinstance(replication, Replication) and (
        replication.more > 0 or any(one.why != "pending" for one in replication.left)
    )
    return waits or (isinstance(knowledge, KnowledgeBaseState) and not (knowledge.in_sync or knowledge.running))

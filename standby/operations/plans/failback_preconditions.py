"""What has to hold before the primary region may serve again. Pure, but for the asking."""

import time
from collections.abc import Iterator, Sequence
from typing import Final

from standby.console import print_progress
from standby.deployment.concurrency import Unavailable, attempt
from standby.deployment.connection import Connection
from standby.deployment.manifest import Manifest
from standby.deployment.routing_config import ConfigCopies, moves_users
from standby.operations.facts.collect import collect_state
from standby.operations.facts.collect_switch import read_copies
from standby.operations.facts.health import DEEP_SECONDS, Health, ask_health
from standby.operations.facts.knowledge_base import KnowledgeBaseState
from standby.operations.facts.replication import FAILBACK_DEPTH, Replication
from standby.operations.facts.state import Queues, RegionState, State
from standby.operations.plans.plan import Refusal
from standby.operations.plans.switch import SwitchFacts, health_refusals
from standby.operations.views.verdict import disagreement
from standby.text import missing_documents, not_inspected

PAUSE_SECONDS: Final = 1.0
NOT_ASKED: Final = Refusal(reason="whether both regions are in step was not looked at")
CHANGED: Final = Refusal(
    reason="somebody moved users while both regions were compared: run `standby failback` again", overridable=False
)


def check_preconditions(
    connection: Connection, manifest: Manifest, *, checks: int, wait_seconds: float
) -> tuple[Refusal, ...] | None:
    """Learn what speaks against failing back now; None where nobody would be moved: then nothing has to hold.

    With a region down that is known at once.
    """
    unread = _unread(manifest, read_copies(connection, manifest))
    if unread:
        return unread
    print_progress("Comparing both regions")
    state = settled_state(connection, manifest, wait_seconds=wait_seconds)
    if not moves_users(manifest, state.copies, "primary"):
        return None
    return failback_preconditions(state, check_primary(connection, manifest, checks=checks))


def recheck_preconditions(learnt: tuple[Refusal, ...] | None, facts: SwitchFacts) -> tuple[Refusal, ...]:
    """Return what was learnt, held against the copies as they are by now: comparing takes a quarter of an hour."""
    if learnt is None and moves_users(facts.manifest, facts.copies, "primary"):
        return (CHANGED,)
    return learnt or ()


def overridden_preconditions(manifest: Manifest, copies: ConfigCopies) -> tuple[Refusal, ...]:
    """Return what `--force` overrides, without having looked at it.

    It is the way out of a region that is lost while it serves, and waits for nothing that it would override.
    """
    return _unread(manifest, copies) or (NOT_ASKED,)


def _unread(manifest: Manifest, copies: ConfigCopies) -> tuple[Refusal, ...]:
    unread = [(manifest.regions[role].region, copy) for role, copy in copies.items() if isinstance(copy, Unavailable)]
    return tuple(Refusal(reason=_incomparable(region, why)) for region, why in unread)


def failback_preconditions(state: State, checks: Sequence[Health | Unavailable]) -> tuple[Refusal, ...]:
    """Return what speaks against failing back now."""
    primary = state.regions["primary"]
    return (*_unhealthy(primary, checks), *(Refusal(reason=reason) for reason in _not_in_step(state)))


def settles_by_itself(state: State) -> bool:
    """Tell whether all that stands against failing back is on its way: documents that S3 is replicating, a running job.

    While users upload there is always something on its way; a failback waits for a moment without.
    """
    regions = [region for region in state.regions.values() if not region.down]
    knowledge, replications = state.regions["primary"].knowledge, [region.replication for region in regions]
    known = [found for found in replications if isinstance(found, Replication)]
    late = [one for found in known for one in found.left if one.why != "pending"] + [
        found for found in known if found.more
    ]
    waiting = [
        region.queues.waiting + region.queues.in_flight for region in regions if isinstance(region.queues, Queues)
    ]
    follows = isinstance(knowledge, KnowledgeBaseState) and (knowledge.in_sync or knowledge.running or any(waiting))
    settled = not any(_disagreement(state)) and not any(event.result == "incomplete" for event in state.events)
    return len(regions) == len(state.regions) and not late and follows and settled


def _unhealthy(primary: RegionState, checks: Sequence[Health | Unavailable]) -> tuple[Refusal, ...]:
    for number, health in enumerate(checks, start=1):
        found = health_refusals(primary.region, health)
        if found:
            return (Refusal(reason=f"{found[0].reason} (check {number} of {len(checks)})"),)
    return ()


def _not_in_step(state: State) -> Iterator[str]:
    yield from _disagreement(state)
    for region in state.regions.values():
        if region.down:
            yield _incomparable(region.region, region.down)
            continue
        if isinstance(region.copy, Unavailable):
            yield f"config.json of {region.region} {region.copy}"
        yield from _documents(state, region)
    knowledge = state.regions["primary"].knowledge
    if not isinstance(knowledge, KnowledgeBaseState):
        yield f"the Knowledge Base of {state.regions['primary'].region}: {knowledge}"
    elif not knowledge.in_sync:
        yield f"the Knowledge Base of {state.regions['primary'].region} is behind its bucket: run `standby reconcile`"
    if any(event.result == "incomplete" for event in state.events):
        yield "the journal has something left: run `standby reconcile`"


def _disagreement(state: State) -> Iterator[str]:
    """Say how the copies differ, but for what an interrupted failback left: that is what this one finishes."""
    if state.serving != "primary":
        yield from disagreement(state)


def _incomparable(region: str, why: object) -> str:
    return f"{region} {why}: what it has cannot be compared"


def _documents(state: State, region: RegionState) -> Iterator[str]:
    other = state.manifest.other(region.role).region
    if not isinstance(region.replication, Replication):
        if any(known.down for known in state.regions.values()):
            return  # told already
        yield f"replication from {region.region}: {region.replication}"
    elif not region.replication.in_sync:
        left, more = len(region.replication.left), region.replication.more
        told = missing_documents(left + more, "document", of=region.region, there=other)
        yield f"{told}{f' ({not_inspected(more)})' if more else ''}: run `standby reconcile`"


def settled_state(connection: Connection, manifest: Manifest, *, wait_seconds: float) -> State:
    """Return the state, as soon as nothing is on its way any more, or after so many seconds."""
    began = time.monotonic()
    while True:
        state = collect_state(connection, manifest, depth=FAILBACK_DEPTH)
        reasons = [refusal.reason for refusal in failback_preconditions(state, ())]
        passing = moves_users(manifest, state.copies, "primary") and reasons and settles_by_itself(state)
        if not passing or time.monotonic() - began > wait_seconds:
            return state
        print_progress(f"waiting for what is on its way: {'; '.join(reasons)}")
        time.sleep(PAUSE_SECONDS)


def check_primary(connection: Connection, manifest: Manifest, *, checks: int) -> tuple[Health | Unavailable, ...]:
    """Ask the primary's API for its deep health so many times, a second apart, until one is not good.

    Deep, for a shallow answer may be five seconds old.
    """
    region, found = manifest.regions["primary"], []
    for number in range(1, checks + 1):
        if number > 1:
            time.sleep(PAUSE_SECONDS)
        health = attempt(lambda: ask_health(connection, region, deep=True, seconds=DEEP_SECONDS))
        found.append(health)
        good = isinstance(health, Health) and health.healthy
        print_progress(
            f"check {number} of {checks}: {region.region} {health.status if isinstance(health, Health) else health}"
        )
        if not good:
            break
    return tuple(found)

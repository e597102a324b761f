"""The preconditions of a failback: the primary region is healthy, and both regions are in sync. Pure."""

from collections.abc import Iterator, Sequence
from typing import Final

from standby.deployment.concurrency import Unavailable
from standby.deployment.manifest import Manifest
from standby.deployment.routing_config import ConfigCopies
from standby.operations.facts.comparisons.comparison_record import PastReplication
from standby.operations.facts.documents import Replication
from standby.operations.facts.health import Health, describe_unhealthy
from standby.operations.facts.knowledge_base import KnowledgeBaseState
from standby.operations.facts.state import Queues, RegionState, State, find_config_conflicts
from standby.operations.plans.plan import Refusal
from standby.text import describe_missing, describe_not_inspected, pluralize

NOT_COMPARED: Final = Refusal(reason="the regions were not compared")
USERS_MOVED: Final = Refusal(
    reason="another command moved users while the regions were compared: run `standby failback` again",
    overridable=False,
)


def unmet_preconditions(state: State, checks: Sequence[Health | Unavailable]) -> tuple[Refusal, ...]:
    """Return the preconditions that do not hold. `checks` are the primary's health checks, one after the other."""
    primary = state.regions["primary"]
    return (*_unhealthy(primary, checks), *(Refusal(reason=reason) for reason in _not_in_sync(state)))


def unreadable_regions(manifest: Manifest, copies: ConfigCopies) -> tuple[Refusal, ...]:
    """Return a refusal for each region whose copy of config.json cannot be read."""
    unread = [(manifest.regions[role].region, copy) for role, copy in copies.items() if isinstance(copy, Unavailable)]
    return tuple(Refusal(reason=_not_comparable(region, why)) for region, why in unread)


def settles_by_itself(state: State, *, events_may_come: bool = False) -> bool:
    """Return whether everything that is not in sync is in progress: documents that S3 is replicating, or a running job.

    While users upload, something is always in progress; a failback waits for a moment without it. `events_may_come`:
    the event of a document that was just seen may still be on its way to the queue, so that no message waits yet.
    """
    regions = [region for region in state.regions.values() if not region.down]
    knowledge_base, replications = state.regions["primary"].knowledge_base, [region.replication for region in regions]
    known = [found for found in replications if isinstance(found, Replication)]
    late = any(found.not_inspected or any(one.why != "pending" for one in found.missing) for found in known)
    waiting = [
        region.queues.waiting + region.queues.in_flight for region in regions if isinstance(region.queues, Queues)
    ]
    follows = isinstance(knowledge_base, KnowledgeBaseState) and (
        knowledge_base.in_sync or knowledge_base.running or any(waiting) or events_may_come
    )
    settled = not any(_config_faults(state)) and not any(event.result == "incomplete" for event in state.events)
    return len(regions) == len(state.regions) and not late and follows and settled


def _unhealthy(primary: RegionState, checks: Sequence[Health | Unavailable]) -> tuple[Refusal, ...]:
    for number, health in enumerate(checks, start=1):
        if reason := describe_unhealthy(primary.region, health):
            return (Refusal(reason=f"{reason} (check {number} of {len(checks)})"),)
    return ()


def _not_in_sync(state: State) -> Iterator[str]:
    yield from _config_faults(state)
    for region in state.regions.values():
        if region.down:
            yield _not_comparable(region.region, region.down)
            continue
        if isinstance(region.copy, Unavailable):
            yield f"config.json of {region.region} {region.copy}"
        yield from _missing_documents(state, region)
    primary = state.regions["primary"]
    if isinstance(primary.knowledge_base, Unavailable):
        yield f"the Knowledge Base of {primary.region}: {primary.knowledge_base}"
    elif not primary.knowledge_base.in_sync:
        yield f"the Knowledge Base of {primary.region} is behind its bucket: run `standby reconcile`"
    if any(event.result == "incomplete" for event in state.events):
        yield "the journal has pending writes: run `standby reconcile`"


def _config_faults(state: State) -> Iterator[str]:
    """Yield the conflicts of the copies, except after an interrupted failback, because this failback finishes it.

    A manual edit is a deliberate act, and copies that agree are no conflict: the failback continues from the highest
    generation that is known.
    """
    if state.serving != "primary":
        yield from find_config_conflicts(state)


def _not_comparable(region: str, why: object) -> str:
    return f"{region} {why}: the regions cannot be compared"


def _missing_documents(state: State, region: RegionState) -> Iterator[str]:
    other, replication = state.manifest.other(region.role).region, region.replication
    if isinstance(replication, Unavailable):
        if not any(known.down for known in state.regions.values()):  # otherwise this is reported already
            yield f"replication from {region.region}: {replication}"
    elif isinstance(replication, PastReplication):  # what was true then vouches for nothing now
        yield f"the documents of {region.region} were not compared"
    elif not replication.in_sync:
        deletions, not_inspected = len(replication.deletions), replication.not_inspected
        missing = len(replication.missing) - deletions
        if missing or not_inspected:
            found = describe_missing(missing + not_inspected, "document", of=region.region, there=other)
            more = f" ({describe_not_inspected(not_inspected)})" if not_inspected else ""
            yield f"{found}{more}: run `standby reconcile`"
        if deletions:
            found = describe_missing(deletions, "deletion", of=region.region, there=other)
            yield f"{found}: run `standby reconcile`"
        if undeleted := len(replication.undeleted):
            found = f"{pluralize(undeleted, 'document')} that users deleted {'is' if undeleted == 1 else 'are'} still"
            yield f"{found} in {region.region}: run `standby reconcile`"

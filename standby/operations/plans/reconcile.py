"""Plan a reconciliation: config.json first, and on its own; then documents, Knowledge Bases and journals. Pure.

Two plans, for what misleads users must not wait until a million documents are compared.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from standby.deployment.concurrency import Unavailable
from standby.deployment.manifest import ROLES, Role
from standby.deployment.routing_config import (
    KEY,
    ConfigCopy,
    RoutingConfig,
    config_for_role,
    copies_agree,
    moves_users,
    render_config,
)
from standby.operations.facts.journal import Event, PendingWrite, format_time, new_event
from standby.operations.facts.knowledge_base import KnowledgeBaseState
from standby.operations.facts.replication import Replication
from standby.operations.facts.state import State
from standby.operations.plans.journal_closure import closing_steps
from standby.operations.plans.plan import (
    CloseEvent,
    CopyDocuments,
    Ingest,
    Plan,
    PutConfig,
    Refusal,
    Step,
    VerifyEdge,
    WriteIntent,
)
from standby.operations.plans.switch import next_generation
from standby.text import not_inspected, pluralize

DOCUMENTS: Final = "documents"
"""What an event says that it left, where two regions' documents could not be compared."""

SHOWN: Final = 10
_WHY: Final = {
    "deleted": "for it was deleted in the other region",
    "undecided": "for both regions wrote it in the same second",
}


@dataclass(frozen=True, kw_only=True)
class ReconcileFacts:
    """A state and every event of each region's journal that answered.

    To plan for config.json the state has to tell of its copies alone; for documents, of every missing one.
    """

    state: State
    journals: Mapping[Role, tuple[Event, ...]]
    journal_generation: int
    actor: str


def plan_config(facts: ReconcileFacts, *, reason: str = "") -> Plan:
    """Return the plan that has every copy of config.json that can be read say what holds; no steps where it does."""
    state = facts.state
    config = _config_to_hold(facts)
    mending = tuple(_config_steps(state, config))
    left = frozenset({DOCUMENTS, *(KEY for copy in state.copies.values() if isinstance(copy, Unavailable))})
    return _plan(
        facts,
        summary=f"config.json first, generation {config.generation}"
        if config and mending
        else "config.json is in step",
        generation=(config.generation if config else None) or facts.journal_generation,
        steps=(*mending, *closing_steps(state, facts.journals, left=left)) if mending else (),
        refusals=tuple(_unread(state)),
        notes=tuple(_rewritten(state)),
        reason=reason,
    )


def plan_documents(facts: ReconcileFacts, *, reason: str = "") -> Plan:
    """Return the plan that leaves nothing to reconcile between the regions that are up, config.json apart.

    A direction whose documents could not be compared keeps nothing else from being done: it is left for the next run.
    """
    state = facts.state
    pending_writes = tuple(_uncompared(state))
    left = frozenset({*(part.what for part in pending_writes), *(() if copies_agree(state.copies) else (KEY,))})
    mending = (*_document_steps(state), *_ingest_steps(state), *closing_steps(state, facts.journals, left=left))
    nothing = not mending and not pending_writes
    return _plan(
        facts,
        summary="both regions are in step" if nothing else "bring both regions into step",
        generation=(state.held.generation if state.held else 0) or facts.journal_generation,
        steps=mending,
        notes=tuple(_notes(state)),
        reason=reason,
        pending_writes=pending_writes,
    )


def _plan(
    facts: ReconcileFacts,
    *,
    summary: str,
    generation: int,
    steps: tuple[Step, ...],
    notes: tuple[str, ...],
    reason: str,
    refusals: tuple[Refusal, ...] = (),
    pending_writes: tuple[PendingWrite, ...] = (),
) -> Plan:
    state = facts.state
    up = next((role for role in ROLES if isinstance(state.copies[role], ConfigCopy)), None)
    region = state.regions[up].region if up else ""
    event = None
    if up is not None and (steps or pending_writes):
        event = new_event(
            generation=generation,
            command="reconcile",
            actor=facts.actor,
            reason=reason,
            source="",
            target="",
            now=state.now,
        )
        first = Step(title="Write the intent into the journal", region=region, action=WriteIntent(role=up))
        steps = (first, *steps, Step(title="Write the result into the journal", region="", action=CloseEvent()))
    return Plan(
        command="reconcile",
        summary=summary,
        target=region,
        generation=generation,
        steps=steps if event else (),
        refusals=refusals,
        notes=notes,
        event=event,
        pending_writes=pending_writes,
    )


def _unread(state: State) -> Iterator[Refusal]:
    """Say what stands against reconciling: it needs both regions, but with `--force` does what can be done with one."""
    one = any(isinstance(copy, ConfigCopy) for copy in state.copies.values())
    for region in state.regions.values():
        if isinstance(region.copy, Unavailable):
            reason = f"{region.region} {region.copy}: nothing can be reconciled with it"
            yield Refusal(reason=reason, overridable=one)


def _uncompared(state: State) -> Iterator[PendingWrite]:
    for role, region in state.regions.items():
        found, there = region.replication, state.manifest.other(role).region
        if isinstance(found, Unavailable):
            why = f"what {region.region} has cannot be compared: {found}"
            yield PendingWrite(region=there, what=DOCUMENTS, why=why)
        elif found.more:
            yield PendingWrite(region=there, what=DOCUMENTS, why=f"of {region.region}, {not_inspected(found.more)}")


def _config_to_hold(facts: ReconcileFacts) -> RoutingConfig | None:
    """Return the config that both copies shall say: what holds; a hand-made or lost one with the next generation."""
    state, held = facts.state, facts.state.held
    if held is not None and held.config is not None and not held.config.manually_edited:
        return held.config
    role = state.serving if held is not None and held.config is not None else _served_last(state)
    if role is None:
        return None
    generation = next_generation(state.copies, facts.journal_generation)
    return config_for_role(state.manifest, role, generation=generation, updated_at=format_time(state.now))


def _served_last(state: State) -> Role | None:
    """Return the role that the last switch had serve, the primary where there was none; None while a copy is unread."""
    if any(isinstance(copy, Unavailable) for copy in state.copies.values()):
        return None
    switches = [event for event in state.events if event.target and event.result in {"done", "incomplete"}]
    last = max(switches, key=lambda event: event.generation, default=None)
    served = [role for role in ROLES if last is not None and state.regions[role].region == last.target]
    return served[0] if served else "primary"


def _config_steps(state: State, config: RoutingConfig | None) -> Iterator[Step]:
    if config is None:
        return
    held = state.held
    text = held.text if held is not None and held.config == config else render_config(config)
    stale = [copy for copy in state.copies.values() if isinstance(copy, ConfigCopy) and copy.config != config]
    for copy in stale:
        yield Step(
            title=f"Bring config.json to generation {config.generation}",
            region=copy.region,
            action=PutConfig(seen=copy, config=config, text=text),
        )
    if stale:
        yield Step(title="See config.json through the edge", region="", action=VerifyEdge(config=config))


def _document_steps(state: State) -> Iterator[Step]:
    for role in ROLES:
        replication = state.regions[role].replication
        if isinstance(replication, Replication) and replication.left:
            other = state.manifest.other(role)
            many = pluralize(len(replication.left), "document")
            yield Step(
                title=f"Copy {many} from {state.regions[role].region} into the bucket",
                region=other.region,
                action=CopyDocuments(source=role, destination=other.role, documents=replication.left),
            )


def _ingest_steps(state: State) -> Iterator[Step]:
    for role in ROLES:
        region, arriving = state.regions[role], state.regions[state.manifest.other(role).role].replication
        behind = isinstance(region.knowledge, KnowledgeBaseState) and not region.knowledge.in_sync
        if behind or (isinstance(arriving, Replication) and arriving.left):
            title = "Bring the KnowledgeBaseState Base into step"
            yield Step(title=title, region=region.region, action=Ingest(role=role))


def _rewritten(state: State) -> Iterator[str]:
    held = state.held
    role = state.serving
    if held is not None and role is not None and moves_users(state.manifest, state.copies, role):
        here, there = state.manifest.other(role).region, state.manifest.regions[role].region
        yield f"new visitors are sent to {here} until then: this moves them to {there}"
    if held is None and (role := _served_last(state)):
        yield f"config.json is gone from both regions: {state.regions[role].region} served last and is written again"


def _notes(state: State) -> Iterator[str]:
    held = state.held
    if held is not None and held.config is not None and held.config.manually_edited and state.serving is None:
        yield f"config.json names an API of neither region ({held.config.api_url}): it is left as it is"
    for region in state.regions.values():
        if isinstance(region.knowledge, Unavailable) and not region.down:
            yield f"whether the Knowledge Base of {region.region} is in step is not known: {region.knowledge}"
        if isinstance(region.replication, Replication):
            for missing in region.replication.conflicts[:SHOWN]:
                yield f"left alone in {region.region}, {_WHY[missing.why]}: {missing.document.key}"
            if len(region.replication.conflicts) > SHOWN:
                yield f"... and {len(region.replication.conflicts) - SHOWN} more"

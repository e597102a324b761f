"""Plan a reconciliation: config.json first, then documents, then Knowledge Bases, then journals. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from standby.manifest import ROLES, Role
from standby.operate.journal import Event, ended, iso, new_event
from standby.operate.knowledge import Knowledge
from standby.operate.plan import (
    CloseEvent,
    CopyDocuments,
    CopyEvents,
    Ingest,
    Plan,
    PutConfig,
    Refusal,
    Step,
    VerifyEdge,
    WriteIntent,
)
from standby.operate.replication import Replication
from standby.operate.serving import Config, Copy, render_config, serving_config
from standby.operate.state import State
from standby.operate.switching import next_generation
from standby.operate.together import Unknown
from standby.operate.words import counted

ABANDONED: Final = timedelta(minutes=5)
"""After so long an event that never ended is one whose operator's machine is gone: no command changes things longer
without writing it down."""

SHOWN: Final = 10
_WHY: Final = {
    "deleted": "for it was deleted in the other region",
    "undecided": "for both regions wrote it in the same second",
}


@dataclass(frozen=True, kw_only=True)
class ReconcileFacts:
    """A state, with every missing document looked at, and every event of each region's journal that answered."""

    state: State
    journals: Mapping[Role, tuple[Event, ...]]
    journal_generation: int
    actor: str


def plan_reconcile(facts: ReconcileFacts, *, reason: str = "") -> Plan:
    """Return the plan that leaves nothing to reconcile between the regions that are up."""
    state = facts.state
    config = _config_to_hold(facts)
    event = new_event(
        generation=(config.generation if config else None) or facts.journal_generation,
        command="reconcile",
        actor=facts.actor,
        reason=reason,
        source="",
        target="",
        now=state.now,
    )
    mending = [*_config_steps(state, config), *_document_steps(state), *_ingest_steps(state)]
    closing = tuple(_journal_steps(facts, nothing_left=not tuple(refusals(state))))
    up = next((role for role in ROLES if isinstance(state.copies[role], Copy)), None)
    steps: list[Step] = []
    if (mending or closing) and up is not None:
        region = state.regions[up].region
        steps.append(Step(title="Write the intent into the journal", region=region, action=WriteIntent(role=up)))
        steps += [*mending, *closing, Step(title="Write the result into the journal", region="", action=CloseEvent())]
    return Plan(
        command="reconcile",
        summary="both regions are in step" if not steps else "bring both regions into step",
        target=state.regions[up].region if up else "",
        generation=(config.generation if config else None) or 0,
        steps=tuple(steps),
        refusals=tuple(refusals(state)),
        notes=tuple(_notes(state)),
        event=event if steps else None,
    )


def refusals(state: State) -> Iterator[Refusal]:
    """Say what stands against reconciling: it needs both regions, but with `--force` does what can be done with one."""
    for region in state.regions.values():
        if region.down or isinstance(region.copy, Unknown):
            why = region.down or str(region.copy)
            yield Refusal(reason=f"{region.region} {why}: nothing can be reconciled with it")
        elif isinstance(region.replication, Unknown) and not any(known.down for known in state.regions.values()):
            yield Refusal(reason=f"the documents of {region.region} cannot be compared: {region.replication}")


def _config_to_hold(facts: ReconcileFacts) -> Config | None:
    """Return the config that both copies shall say: what holds; a hand-made or lost one with the next generation."""
    state, held = facts.state, facts.state.held
    if held is not None and held.config is not None and not held.config.hand_made:
        return held.config
    role = state.serving if held is not None and held.config is not None else _served_last(state)
    if role is None:
        return None
    generation = next_generation(state.copies, facts.journal_generation)
    return serving_config(state.manifest, role, generation=generation, updated_at=iso(state.now))


def _served_last(state: State) -> Role | None:
    """Return the role that the last switch had serve, the primary where there was none; None while a copy is unread."""
    if any(isinstance(copy, Unknown) for copy in state.copies.values()):
        return None
    switches = [event for event in state.events if event.target and event.result in {"done", "incomplete"}]
    last = max(switches, key=lambda event: event.generation, default=None)
    served = [role for role in ROLES if last is not None and state.regions[role].region == last.target]
    return served[0] if served else "primary"


def _config_steps(state: State, config: Config | None) -> Iterator[Step]:
    if config is None:
        return
    held = state.held
    text = held.text if held is not None and held.config == config else render_config(config)
    stale = [copy for copy in state.copies.values() if isinstance(copy, Copy) and copy.config != config]
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
            many = counted(len(replication.left), "document")
            yield Step(
                title=f"Copy {many} from {state.regions[role].region} into the bucket",
                region=other.region,
                action=CopyDocuments(source=role, destination=other.role, documents=replication.left),
            )


def _ingest_steps(state: State) -> Iterator[Step]:
    for role in ROLES:
        region, arriving = state.regions[role], state.regions[state.manifest.other(role).role].replication
        behind = isinstance(region.knowledge, Knowledge) and not region.knowledge.in_step
        if behind or (isinstance(arriving, Replication) and arriving.left):
            title = "Bring the Knowledge Base into step"
            yield Step(title=title, region=region.region, action=Ingest(role=role))


def _journal_steps(facts: ReconcileFacts, *, nothing_left: bool) -> Iterator[Step]:
    merged = {event.key: event for event in facts.state.events}
    working = {event.key for event in facts.state.unfinished}
    for role, known in facts.journals.items():
        have = {event.key: event for event in known}
        wanted = [
            _closed(event, facts.state.now, void=event.key not in working, nothing_left=nothing_left)
            for event in merged.values()
        ]
        write = tuple(event for event in wanted if have.get(event.key) != event)
        if write:
            region = facts.state.regions[role].region
            title = f"Complete the journal ({counted(len(write), 'event')})"
            yield Step(title=title, region=region, action=CopyEvents(role=role, events=write))


def _closed(event: Event, now: datetime, *, void: bool, nothing_left: bool) -> Event:
    if event.result == "incomplete" and nothing_left:
        return replace(event, result="done", unwritten=())
    if event.result == "started" and (void or now - datetime.fromisoformat(event.started_at) > ABANDONED):
        return ended(event, "failed", now=now)
    return event


def _notes(state: State) -> Iterator[str]:
    held = state.held
    if held is None and (role := _served_last(state)):
        yield f"config.json is gone from both regions: {state.regions[role].region} served last and is written again"
    if held is not None and held.config is not None and held.config.hand_made and state.serving is None:
        yield f"config.json names an API of neither region ({held.config.api_url}): it is left as it is"
    for region in state.regions.values():
        if isinstance(region.knowledge, Unknown) and not region.down:
            yield f"whether the Knowledge Base of {region.region} is in step is not known: {region.knowledge}"
        if isinstance(region.replication, Replication):
            for missing in region.replication.left_alone[:SHOWN]:
                yield f"left alone in {region.region}, {_WHY[missing.why]}: {missing.document.key}"
            if len(region.replication.left_alone) > SHOWN:
                yield f"... and {len(region.replication.left_alone) - SHOWN} more"

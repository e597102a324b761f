"""Plan a reconciliation: first config.json, in a separate plan; then documents, Knowledge Bases and journals. Pure.

There are two plans, because a stale config.json misleads users, and comparing documents may take long.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final

from standby.deployment.concurrency import Unavailable
from standby.deployment.manifest import ROLES, Role
from standby.deployment.routing_config import (
    KEY,
    READ_ORDER,
    ConfigCopy,
    RoutingConfig,
    config_for_role,
    copies_agree,
    moves_users,
    render_config,
)
from standby.operations.facts.config_differences import describe_differences, find_differences
from standby.operations.facts.documents import MissingDocument, MissingReason, Replication
from standby.operations.facts.journal import (
    Event,
    PendingWrite,
    describe_invalid,
    end_event,
    format_time,
    has_landed,
    new_event,
)
from standby.operations.facts.knowledge_base import KnowledgeBaseState
from standby.operations.facts.reconcile_facts import ReconcileFacts
from standby.operations.facts.state import State
from standby.operations.plans.batch_replication import describe_batch
from standby.operations.plans.plan import (
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
    manifest_refusals,
)
from standby.operations.plans.remainder import (
    DOCUMENTS,
    JOURNAL,
    KNOWLEDGE_BASE,
    pending_changes,
    pending_comparisons,
    pending_copies,
    pending_reads,
)
from standby.text import pluralize
from standby_protocol.generation import KnownGenerations

SHOWN_CONFLICTS: Final = 10
ABANDONED: Final = timedelta(minutes=5)
"""After this time an event that never ended counts as failed, because its operator's machine has stopped. A running
command writes to the journal more often."""

_CONFLICT_REASONS: Final[Mapping[MissingReason, str]] = {
    "deleted": "because it was deleted in the other region",
    "undecided": "because both regions wrote it in the same second",
}
_MOVED_USERS: Final = frozenset({"done", "incomplete", "not verified"})
"""The results of a switch after which its target serves."""


def plan_config(facts: ReconcileFacts, *, reason: str = "") -> Plan:
    """Return the plan that makes all readable copies of config.json equal; it has no steps if they are equal."""
    state = facts.state
    config = _config_to_write(facts)
    steps = tuple(_config_steps(state, config))
    impossible = frozenset(
        {DOCUMENTS, JOURNAL, KNOWLEDGE_BASE, *(KEY for copy in state.copies.values() if isinstance(copy, Unavailable))}
    )
    return _plan(
        facts,
        summary=f"config.json first, generation {config.generation}" if config and steps else "config.json is in sync",
        generation=(config.generation if config else None) or facts.journal_generation,
        steps=(*steps, *_journal_steps(facts, impossible=impossible)) if steps else (),
        refusals=(
            *manifest_refusals(state.manifest),
            *_unreadable_refusals(state),
            *_invalid_refusals(steps),
            *_generation_refusals(facts, config),
        ),
        notes=tuple(_config_notes(facts)),
        reason=reason,
        pending_writes=tuple(pending_copies(state)) if steps else (),
    )


def plan_documents(facts: ReconcileFacts, *, reason: str = "") -> Plan:
    """Return the plan that brings both regions into sync, except for config.json.

    If the documents of one direction could not be compared, that direction is pending for the next run and the rest
    continues.
    """
    state = facts.state
    pending = (*pending_changes(state), *pending_comparisons(state), *pending_reads(facts))
    impossible = frozenset({*(part.what for part in pending), *(() if copies_agree(state.copies) else (KEY,))})
    steps = (*_document_steps(state), *_ingest_steps(state), *_journal_steps(facts, impossible=impossible))
    in_sync = not steps and not pending
    return _plan(
        facts,
        summary="both regions are in sync" if in_sync else "bring both regions into sync",
        generation=(state.config.generation if state.config else None) or facts.journal_generation,
        steps=steps,
        refusals=tuple(one for one in _unreadable_refusals(state) if not one.overridable),
        notes=(*_document_notes(state), *describe_invalid(one for of in facts.invalid_events.values() for one in of)),
        reason=reason,
        pending_writes=pending,
    )


def plan_rest(facts: ReconcileFacts, left: Mapping[Role, tuple[MissingDocument, ...]], *, reason: str = "") -> Plan:
    """Return the plan that copies what an interrupted copy has left; it has no steps if a region cannot be read."""
    up = all(isinstance(copy, ConfigCopy) for copy in facts.state.copies.values())
    steps = [
        _copy_step(facts.state, Replication(source=role, configured=True, differences=documents))
        for role, documents in left.items()
        if up and documents
    ]
    return _plan(
        facts,
        summary="continue an interrupted copy, and compare both regions afterwards",
        generation=(facts.state.config.generation if facts.state.config else None) or facts.journal_generation,
        steps=tuple(steps),
        notes=(),
        reason=reason,
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


def _unreadable_refusals(state: State) -> Iterator[Refusal]:
    """Refuse while a region does not answer, because reconciling needs both. `--force` reconciles one region alone."""
    overridable = any(isinstance(copy, ConfigCopy) for copy in state.copies.values())
    for region in state.regions.values():
        if isinstance(region.copy, Unavailable):
            reason = f"{region.region} {region.copy}: nothing can be reconciled with it"
            yield Refusal(reason=reason, overridable=overridable)


def _invalid_refusals(steps: Iterable[Step]) -> Iterator[Refusal]:
    """Refuse to replace an invalid copy: it may be a manual edit with a mistake, and may have meant either region."""
    for step in steps:
        if isinstance(step.action, PutConfig) and step.action.seen.state == "invalid":
            reason = f"config.json in {step.region} exists and is invalid: correct it, or --force replaces it"
            yield Refusal(reason=reason)


def _config_to_write(facts: ReconcileFacts) -> RoutingConfig | None:
    """Return the config for both copies: the authoritative one, or the next generation of one that must be replaced.

    Return None if it is not known.
    """
    state, config = facts.state, facts.state.config
    if config is not None and not _must_replace(facts, config):
        return config
    role = state.serving if config is not None else _last_serving_role(state)
    if role is None:
        return None
    generation = _known_generations(facts).next(role, now=state.now)
    return config_for_role(state.manifest, role, generation=generation, updated_at=format_time(state.now))


def _must_replace(facts: ReconcileFacts, config: RoutingConfig) -> bool:
    """Return whether the authoritative config needs a new generation.

    No command wrote it, an older file has replaced a later one, a later one may be hidden by a copy without a
    generation, or it differs from what the manifest says.
    """
    state = facts.state
    is_stale = state.is_unexplained or state.last_config_event is not None
    is_stale = is_stale or _may_be_hidden_from(facts, config)
    return config.manually_edited or is_stale or bool(find_differences(state.manifest, config))


def _may_be_hidden_from(facts: ReconcileFacts, config: RoutingConfig) -> bool:
    return not config.manually_edited and _known_generations(facts).may_be_hidden_from(config)


def _known_generations(facts: ReconcileFacts) -> KnownGenerations:
    return KnownGenerations(
        copies=facts.state.copies,
        journal_generation=facts.journal_generation,
        unread_journals=facts.unread_journals,
    )


def _generation_refusals(facts: ReconcileFacts, config: RoutingConfig | None) -> Iterator[Refusal]:
    """Refuse a new generation while the last one is not known."""
    authoritative = facts.state.config
    if config is not None and (authoritative is None or _must_replace(facts, authoritative)):
        role = facts.state.manifest.role_of(config.api_url)
        yield from _known_generations(facts).refusals(facts.state.manifest, role) if role is not None else ()


def _last_serving_role(state: State) -> Role | None:
    """Return the role of the last switch's target, or the primary. Return None if a copy cannot be read."""
    if any(isinstance(copy, Unavailable) for copy in state.copies.values()):
        return None
    switches = [event for event in state.events if event.target and event.result in _MOVED_USERS]
    last = max(switches, key=lambda event: event.generation, default=None)
    served = [role for role in ROLES if last is not None and state.regions[role].region == last.target]
    return served[0] if served else "primary"


def _config_steps(state: State, config: RoutingConfig | None) -> Iterator[Step]:
    if config is None:
        return
    authoritative = state.authoritative
    unchanged = authoritative is not None and authoritative.config == config
    text = authoritative.text if authoritative is not None and unchanged else render_config(config)
    # New users read the failover bucket first. A command that moved them since has changed this copy, and so it wins.
    copies = [state.copies[role] for role in READ_ORDER]
    stale = [copy for copy in copies if isinstance(copy, ConfigCopy) and copy.config != config]
    for copy in stale:
        yield Step(
            title=f"Bring config.json to generation {config.generation}",
            region=copy.region,
            action=PutConfig(seen=copy, config=config, text=text),
        )
    if stale:
        yield Step(title="Verify config.json through the edge", region="", action=VerifyEdge(config=config))


def _document_steps(state: State) -> Iterator[Step]:
    for role in ROLES:
        replication = state.regions[role].replication
        if isinstance(replication, Replication) and replication.missing:
            yield _copy_step(state, replication)


def _copy_step(state: State, replication: Replication) -> Step:
    role, other = replication.source, state.manifest.other(replication.source)
    return Step(
        title=f"Copy {_describe_copies(replication)} from {state.regions[role].region} into the bucket",
        region=other.region,
        action=CopyDocuments(source=role, destination=other.role, documents=replication.missing),
    )


def _describe_copies(replication: Replication) -> str:
    deletions = len(replication.deletions)
    documents = len(replication.missing) - deletions
    parts = [pluralize(documents, "document")] if documents or not deletions else []
    return " and ".join([*parts, *([pluralize(deletions, "deletion")] if deletions else [])])


def _ingest_steps(state: State) -> Iterator[Step]:
    for role in ROLES:
        region, arriving = state.regions[role], state.regions[state.manifest.other(role).role].replication
        behind = isinstance(region.knowledge_base, KnowledgeBaseState) and not region.knowledge_base.in_sync
        undeleted = region.replication.undeleted if isinstance(region.replication, Replication) else ()
        if behind or undeleted or (isinstance(arriving, Replication) and arriving.missing):
            title = "Bring the Knowledge Base into sync"
            if undeleted or (isinstance(arriving, Replication) and arriving.deletions):
                title = "Delete what users deleted, and bring the Knowledge Base into sync"
            yield Step(title=title, region=region.region, action=Ingest(role=role))


def _journal_steps(facts: ReconcileFacts, *, impossible: frozenset[str]) -> Iterator[Step]:
    """Complete each journal that answered. `impossible` are the pending writes that cannot be done now."""
    state = facts.state
    unfinished = {event.key for event in state.unfinished}
    wanted = [
        _close_event(event, state, void=event.key not in unfinished, impossible=impossible) for event in state.events
    ]
    for role, known in facts.journals.items():
        have = {event.key: event for event in known}
        unreadable = {one.key for one in facts.invalid_events.get(role, ())}  # not absent: never overwritten
        write = tuple(event for event in wanted if event.key not in unreadable and have.get(event.key) != event)
        if write:
            title = f"Complete the journal ({pluralize(len(write), 'event')})"
            yield Step(title=title, region=state.regions[role].region, action=CopyEvents(role=role, events=write))


def _close_event(event: Event, state: State, *, void: bool, impossible: frozenset[str]) -> Event:
    finished = not any(part.what in impossible for part in event.pending_writes)
    if event.result in {"incomplete", "failed", "not verified"} and finished:
        result = "done" if event.result == "incomplete" else event.result
        return event.model_copy(update={"result": result, "pending_writes": ()})
    if event.result in {"started", "unknown"}:
        return _close_unended_event(event, state, void=void, impossible=impossible)
    return event


def _close_unended_event(event: Event, state: State, *, void: bool, impossible: frozenset[str]) -> Event:
    """Close an event whose command ended without a word, as the copies of config.json say, not the journal."""
    landed = has_landed(event, state.copies)
    abandoned = state.now - datetime.fromisoformat(event.started_at) > ABANDONED
    if not (void or abandoned or event.result == "unknown"):
        return event
    ended = event.model_copy(update={"pending_writes": ()})  # nothing of it remains to be done
    if landed:
        return event if KEY in impossible else end_event(ended, "done", now=state.now)
    if landed is False or event.command == "reconcile":
        return end_event(ended, "failed", now=state.now)
    return event if event.result == "unknown" else end_event(event, "unknown", now=state.now)


def _config_notes(facts: ReconcileFacts) -> Iterator[str]:
    state = facts.state
    yield from describe_differences(state.manifest, state.copies)
    if state.is_unexplained and state.config is not None:
        yield f"no command wrote the generation {state.config.generation} of config.json: this writes the next one"
    if event := state.last_config_event:
        seen = f"pages have seen generation {event.generation}, which `{event.command}` wrote, and obey no lower one"
        yield f"{seen}: this writes the next one"
    elif state.config is not None and _may_be_hidden_from(facts, state.config):
        yield "a copy without a generation may have had a later one: this writes the next one"
    role = state.serving
    if role is not None and moves_users(state.manifest, state.copies, role):
        here, there = state.manifest.other(role).region, state.manifest.regions[role].region
        yield f"new visitors go to {here} until then: this moves them to {there}"
    if state.authoritative is None and (role := _last_serving_role(state)):
        lost = "valid in neither region" if state.invalid_copies else "missing from both regions"
        yield f"config.json is {lost}: {state.regions[role].region} served last and is written again"


def _document_notes(state: State) -> Iterator[str]:
    config = state.config
    if config is not None and config.manually_edited and state.serving is None:
        yield f"config.json names an API of neither region ({config.api_url}): it is left unchanged"
    for region in state.regions.values():
        if isinstance(region.knowledge_base, Unavailable) and not region.down:
            yield f"whether the Knowledge Base of {region.region} is in sync is unavailable: {region.knowledge_base}"
        if isinstance(region.replication, Replication):
            yield from describe_batch(region.replication)
            conflicts = region.replication.conflicts
            for conflict in conflicts[:SHOWN_CONFLICTS]:
                why = _CONFLICT_REASONS[conflict.why]
                yield f"not copied from {region.region}, {why}: {conflict.document.key}"
            if len(conflicts) > SHOWN_CONFLICTS:
                yield f"... and {len(conflicts) - SHOWN_CONFLICTS} more"

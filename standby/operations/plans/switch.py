"""Plan a failover or failback: the target region's own copy first, then the other one if its region is up. Pure.

The preconditions of a failover apply to the target only, because the other region may be lost.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from standby.deployment.concurrency import Unavailable
from standby.deployment.manifest import Manifest
from standby.deployment.routing_config import (
    KEY,
    ConfigCopies,
    ConfigCopy,
    authoritative_copy,
    moves_users,
    serving_role,
)
from standby.operations.facts.health import describe_unhealthy
from standby.operations.facts.journal import PendingWrite, find_event_of_config, new_event
from standby.operations.facts.switch_facts import SwitchFacts
from standby.operations.plans.plan import (
    CloseEvent,
    Command,
    Invalidate,
    Plan,
    PutConfig,
    Step,
    VerifyEdge,
    VerifyHealth,
    WriteIntent,
    manifest_refusals,
)
from standby_protocol.generation import KnownGenerations, Refusal
from standby_protocol.switch import plan_writes

_TO_VERIFY: Final = frozenset({"started", "unknown", "failed", "not verified"})
"""The results of an event that wrote the authoritative config, and did not verify it."""

_VERIFY_EDGE: Final = "Verify config.json through the edge"
_VERIFY_HEALTH: Final = "Call /health and ask a question"
_CLOSE: Final = "Write the result into the journal"


def plan_switch(
    facts: SwitchFacts,
    *,
    command: Command,
    reason: str,
    force: bool = False,
    preconditions: Sequence[Refusal] = (),
) -> Plan:
    """Return the plan that makes the target serve; if it already serves, the rest of an interrupted command.

    If the other copy is unreadable, `force` writes a generation above any that it can have. `preconditions` are the
    refusals of a failback, in addition to the target's health.
    """
    own = facts.copies[facts.target]
    if isinstance(own, Unavailable):
        return _refuse_unreadable_target(facts, own, command=command)
    authoritative = authoritative_copy(facts.copies)
    if authoritative is not None and serving_role(facts.manifest, facts.copies) == facts.target:
        unreadable = isinstance(facts.copies[facts.manifest.other(facts.target).role], Unavailable)
        if not (force and unreadable):
            return _plan_interrupted_switch(facts, authoritative, command=command, preconditions=preconditions)
        plan = _plan_switch(facts, own, command=command, reason=reason, preconditions=preconditions, above_other=True)
        return replace(plan, notes=(*plan.notes, *_own_copy_note(facts)))
    return _plan_switch(facts, own, command=command, reason=reason, preconditions=preconditions)


def _refuse_unreadable_target(facts: SwitchFacts, own: Unavailable, *, command: Command) -> Plan:
    region = facts.manifest.regions[facts.target].region
    reason = f"config.json of {region} cannot be read ({own}), and the target's own bucket is written first"
    refusal = Refusal(reason=reason, overridable=False)
    return Plan(command=command, summary=f"{region} cannot take over", target=region, refusals=(refusal,))


def _plan_switch(
    facts: SwitchFacts,
    own: ConfigCopy,
    *,
    command: Command,
    reason: str,
    preconditions: Sequence[Refusal],
    above_other: bool = False,
) -> Plan:
    manifest, target = facts.manifest, facts.target
    region = manifest.regions[target].region
    writes = plan_writes(manifest, target, own, known=_known_generations(facts), now=facts.now, above_other=above_other)
    event = new_event(
        generation=writes.generation,
        command=command,
        actor=facts.actor,
        reason=reason,
        source=writes.source,
        target=region,
        now=facts.now,
    )
    config = writes.config
    steps = [Step(title="Write the intent into the journal", region=region, action=WriteIntent(role=target))]
    for copy in writes.copies:
        put = PutConfig(seen=copy, config=config, text=writes.text)
        steps.append(Step(title="Write config.json", region=copy.region, action=put))
    steps += [
        Step(title="Create a CloudFront invalidation", region="us-east-1", action=Invalidate()),
        Step(title=_VERIFY_EDGE, region="", action=VerifyEdge(config=config)),
        Step(title=_VERIFY_HEALTH, region=region, action=VerifyHealth(role=target)),
        Step(title=_CLOSE, region="", action=CloseEvent()),
    ]
    return Plan(
        command=command,
        summary=f"switch traffic to {region} ({target}), generation {writes.generation}",
        source=writes.source,
        target=region,
        generation=writes.generation,
        steps=tuple(steps),
        refusals=(*_refusals(facts, preconditions), *writes.refusals),
        notes=tuple(_config_notes(manifest, facts.copies)),
        event=event,
        pending_writes=tuple(_pending_writes(facts)),
    )


def _plan_interrupted_switch(
    facts: SwitchFacts, authoritative: ConfigCopy, *, command: Command, preconditions: Sequence[Refusal]
) -> Plan:
    """Return the plan for a target that already serves: the writes and checks that an interrupted command left out."""
    region = facts.manifest.regions[facts.target].region
    config = authoritative.config
    if config is None or config.manually_edited:
        note = "config.json is manually edited: `standby reconcile` gives it a generation"
        notes = (note, *_own_copy_note(facts))
        return Plan(command=command, summary=f"{region} already serves", target=region, notes=notes)
    stale = [copy for copy in facts.copies.values() if isinstance(copy, ConfigCopy) and copy.config != config]
    left: tuple[str, ...] = ()
    if _known_generations(facts).may_be_hidden_from(config):
        left = tuple(_hiding_note(copy) for copy in stale if not copy.generation)
        stale = [copy for copy in stale if copy.generation]
    event = find_event_of_config(facts.events, generation=config.generation, updated_at=config.updated_at)
    steps = [
        Step(
            title="Write config.json for an interrupted command",
            region=copy.region,
            action=PutConfig(seen=copy, config=config, text=authoritative.text),
        )
        for copy in stale
    ]
    pending = tuple(_pending_writes(facts))
    unfinished = event is not None and (event.result in _TO_VERIFY or (event.open and not pending))
    if steps or unfinished:
        steps += [
            Step(title=_VERIFY_EDGE, region="", action=VerifyEdge(config=config)),
            Step(title=_VERIFY_HEALTH, region=region, action=VerifyHealth(role=facts.target)),
        ]
    if unfinished:
        steps.append(Step(title=_CLOSE, region="", action=CloseEvent()))
    moves = moves_users(facts.manifest, facts.copies, facts.target)
    return Plan(
        command=command,
        summary=f"{region} already serves, generation {config.generation}",
        source=event.source if event else "",
        target=region,
        generation=config.generation or 0,
        steps=tuple(steps),
        event=event if unfinished else None,
        refusals=_refusals(facts, preconditions) if moves else (),
        notes=(*_invalid_notes(stale), *left, *_own_copy_note(facts)),
        pending_writes=pending if unfinished else (),
    )


def _known_generations(facts: SwitchFacts) -> KnownGenerations:
    return KnownGenerations(
        copies=facts.copies, journal_generation=facts.journal_generation, unread_journals=facts.unread_journals
    )


def _refusals(facts: SwitchFacts, preconditions: Sequence[Refusal]) -> tuple[Refusal, ...]:
    """Return the refusals that stop the command from moving users to the target."""
    region = facts.manifest.regions[facts.target].region
    unhealthy = describe_unhealthy(region, facts.health)
    return (*manifest_refusals(facts.manifest), *([Refusal(reason=unhealthy)] if unhealthy else []), *preconditions)


def _pending_writes(facts: SwitchFacts) -> Iterator[PendingWrite]:
    """Yield each copy of config.json that cannot be written now, because its region does not answer."""
    for role, copy in facts.copies.items():
        if isinstance(copy, Unavailable):
            region = facts.manifest.regions[role].region
            yield PendingWrite(region=region, what=KEY, why=f"{region} {copy}")


def _own_copy_note(facts: SwitchFacts) -> tuple[str, ...]:
    own, other = facts.manifest.regions[facts.target].region, facts.manifest.other(facts.target)
    if isinstance(facts.copies[other.role], ConfigCopy):
        return ()
    known = f"{own} serves according to its own copy of config.json; {other.region} may have a higher generation"
    return (f"{known}: --force writes a higher one",)


def _hiding_note(copy: ConfigCopy) -> str:
    """Return the note on a copy that is left as it is: the config that it replaced may have a higher generation."""
    return f"config.json in {copy.region} has no generation and may have had a later one: run `standby reconcile`"


def _invalid_notes(copies: Iterable[ConfigCopy]) -> Iterator[str]:
    for copy in copies:
        if copy.state == "invalid":
            yield f"config.json in {copy.region} is invalid: this replaces it"


def _config_notes(manifest: Manifest, copies: ConfigCopies) -> Iterator[str]:
    """Yield a note on each config that the switch replaces and that neither Terraform nor this tool wrote."""
    yield from _invalid_notes(copy for copy in copies.values() if isinstance(copy, ConfigCopy))
    authoritative = authoritative_copy(copies)
    if authoritative is None or authoritative.config is None:
        yield "no valid config.json was found: this writes a new one"
        return
    if authoritative.config.manually_edited:
        yield f"config.json in {authoritative.region} is manually edited: this replaces it"
    if manifest.role_of(authoritative.config.api_url) is None:
        yield f"config.json names an API of neither region: {authoritative.config.api_url}"

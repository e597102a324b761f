"""Plan a failover or a failback: the target's own region first, then the other one if it is up. Pure.

Preconditions are the target's alone when failing over: the region that is left may be gone.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from standby.deployment.concurrency import Unavailable
from standby.deployment.manifest import Manifest, Role
from standby.deployment.routing_config import (
    KEY,
    ConfigCopies,
    ConfigCopy,
    authoritative_copy,
    config_for_role,
    moves_users,
    render_config,
)
from standby.operations.facts.health import Health
from standby.operations.facts.journal import Event, PendingWrite, find_event_of_config, format_time, new_event
from standby.operations.plans.plan import (
    CloseEvent,
    Command,
    Invalidate,
    Plan,
    PutConfig,
    Refusal,
    Step,
    VerifyEdge,
    VerifyHealth,
    WriteIntent,
)

TERRAFORMS_GENERATION: Final = 1
FORCED_GENERATION_STEP: Final = 2
"""How far above what is known a generation is taken by force while the other copy cannot be read: that one may be the
next already, and must not be its equal."""


@dataclass(frozen=True, kw_only=True)
class SwitchFacts:
    """What is known when somebody wants the region with the role `target` to serve.

    `journal_generation` is the highest generation in any journal that answered, `events` what they say of it.
    """

    manifest: Manifest
    target: Role
    copies: ConfigCopies
    journal_generation: int
    health: Health | Unavailable
    actor: str
    now: datetime
    events: tuple[Event, ...] = ()
    preconditions: tuple[Refusal, ...] = field(default=())


def plan_switch(facts: SwitchFacts, *, command: Command, reason: str, force: bool = False) -> Plan:
    """Return the plan that has the target serve; what an interrupted run left, when it serves already.

    Whether it serves may be all that the target's own copy tells. Then `force` writes a generation above the one that
    the copy that cannot be read may hold.
    """
    own = facts.copies[facts.target]
    region = facts.manifest.regions[facts.target].region
    if isinstance(own, Unavailable):
        reason = f"config.json of {region} cannot be read ({own}): the target's own bucket is written first"
        return Plan(
            command=command,
            summary=f"{region} cannot take over",
            target=region,
            refusals=(Refusal(reason=reason, overridable=False),),
        )
    held = authoritative_copy(facts.copies)
    if held is not None and held.config is not None and facts.manifest.role_of(held.config.api_url) == facts.target:
        blind = isinstance(facts.copies[facts.manifest.other(facts.target).role], Unavailable)
        if not (force and blind):
            return _finish(facts, held, command=command)
        above = _switch(facts, own, held, command=command, reason=reason, step=FORCED_GENERATION_STEP)
        return replace(above, notes=(*above.notes, *_as_far_as_known(facts)))
    return _switch(facts, own, held, command=command, reason=reason)


def _switch(
    facts: SwitchFacts, own: ConfigCopy, held: ConfigCopy | None, *, command: Command, reason: str, step: int = 1
) -> Plan:
    manifest, target = facts.manifest, facts.target
    region, other = manifest.regions[target].region, manifest.other(target)
    generation = next_generation(facts.copies, facts.journal_generation) + step - 1
    source = _source(manifest, held) if step == 1 else ""
    event = new_event(
        generation=generation,
        command=command,
        actor=facts.actor,
        reason=reason,
        source=source,
        target=region,
        now=facts.now,
    )
    config = config_for_role(manifest, target, generation=generation, updated_at=format_time(facts.now))
    text = render_config(config)
    steps = [
        Step(title="Write the intent into the journal", region=region, action=WriteIntent(role=target)),
        Step(title="Write config.json", region=region, action=PutConfig(seen=own, config=config, text=text)),
    ]
    beside = facts.copies[other.role]
    if isinstance(beside, ConfigCopy):
        put = PutConfig(seen=beside, config=config, text=text)
        steps.append(Step(title="Write config.json", region=other.region, action=put))
    steps += [
        Step(title="Ask CloudFront to forget config.json", region="us-east-1", action=Invalidate()),
        Step(title="See config.json through the edge", region="", action=VerifyEdge(config=config)),
        Step(title="Ask /health", region=region, action=VerifyHealth(role=target)),
        Step(title="Write the result into the journal", region="", action=CloseEvent()),
    ]
    return Plan(
        command=command,
        summary=f"{region} ({target}) is to serve, generation {generation}",
        source=source,
        target=region,
        generation=generation,
        steps=tuple(steps),
        refusals=_refusals(facts),
        notes=_notes(manifest, held),
        event=event,
        pending_writes=tuple(_unwritten(facts)),
    )


def _finish(facts: SwitchFacts, held: ConfigCopy, *, command: Command) -> Plan:
    region = facts.manifest.regions[facts.target].region
    config = held.config
    if config is None or config.manually_edited:
        note = "config.json was written by hand: `standby reconcile` gives it a generation"
        notes = (note, *_as_far_as_known(facts))
        return Plan(command=command, summary=f"{region} serves already", target=region, notes=notes)
    stale = [copy for copy in facts.copies.values() if isinstance(copy, ConfigCopy) and copy.config != config]
    event = find_event_of_config(facts.events, generation=config.generation, updated_at=config.updated_at)
    steps = [
        Step(
            title="Write config.json, which an interrupted command left",
            region=copy.region,
            action=PutConfig(seen=copy, config=config, text=held.text),
        )
        for copy in stale
    ]
    lost = tuple(_unwritten(facts))
    # One that failed has written what holds, and could not see it: it is looked at again.
    unfinished = event is not None and (event.result in {"started", "failed"} or (event.open and not lost))
    if steps or unfinished:
        steps += [
            Step(title="See config.json through the edge", region="", action=VerifyEdge(config=config)),
            Step(title="Ask /health", region=region, action=VerifyHealth(role=facts.target)),
        ]
    if event is not None and unfinished:
        steps.append(Step(title="Write the result into the journal", region="", action=CloseEvent()))
    return Plan(
        command=command,
        summary=f"{region} serves already, generation {config.generation}",
        source=event.source if event else "",
        target=region,
        generation=config.generation or 0,
        steps=tuple(steps),
        event=event if unfinished else None,
        refusals=_refusals(facts) if moves_users(facts.manifest, facts.copies, facts.target) else (),
        notes=_as_far_as_known(facts),
        pending_writes=lost if unfinished else (),
    )


def _refusals(facts: SwitchFacts) -> tuple[Refusal, ...]:
    """Return what speaks against moving users to the target."""
    return (*health_refusals(facts.manifest.regions[facts.target].region, facts.health), *facts.preconditions)


def _unwritten(facts: SwitchFacts) -> Iterator[PendingWrite]:
    """Yield the copy of config.json that cannot be written now, for its region does not answer."""
    for role, copy in facts.copies.items():
        if isinstance(copy, Unavailable):
            region = facts.manifest.regions[role].region
            yield PendingWrite(region=region, what=KEY, why=f"{region} {copy}")


def _as_far_as_known(facts: SwitchFacts) -> tuple[str, ...]:
    own, other = facts.manifest.regions[facts.target].region, facts.manifest.other(facts.target)
    if isinstance(facts.copies[other.role], ConfigCopy):
        return ()
    told = f"{own} serves as far as its own copy of config.json tells; {other.region} may hold a higher generation"
    return (f"{told}: --force writes one above it",)


def next_generation(copies: ConfigCopies, journal_generation: int) -> int:
    """Return one more than the highest generation known anywhere; the first one is Terraform's."""
    known = [copy.generation for copy in copies.values() if isinstance(copy, ConfigCopy)]
    return max([TERRAFORMS_GENERATION, journal_generation, *known]) + 1


def health_refusals(region: str, health: Health | Unavailable) -> tuple[Refusal, ...]:
    """Return what speaks against a region taking over."""
    if isinstance(health, Unavailable):
        return (Refusal(reason=f"the API of {region} {health}"),)
    if health.healthy:
        return ()
    failed = ", ".join(f"{name} ({error})" for name, error in health.checks.items() if error)
    return (Refusal(reason=f"the API of {region} is {health.status}{': ' if failed else ''}{failed}"),)


def _source(manifest: Manifest, held: ConfigCopy | None) -> str:
    role = manifest.role_of(held.config.api_url) if held is not None and held.config is not None else None
    return manifest.regions[role].region if role else ""


def _notes(manifest: Manifest, held: ConfigCopy | None) -> tuple[str, ...]:
    if held is None or held.config is None:
        return ("no config.json was found: this writes the first one",)
    made = (f"config.json in {held.region} was written by hand",) if held.config.manually_edited else ()
    unknown = (f"config.json names an API of neither region: {held.config.api_url}",)
    return made + (() if manifest.role_of(held.config.api_url) else unknown)

"""One word on the whole deployment, and why. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Literal

from standby.deployment.concurrency import Unavailable
from standby.deployment.routing_config import ConfigCopy, copies_agree
from standby.operations.facts.documents import MissingDocument
from standby.operations.facts.journal import Event
from standby.operations.facts.replication import age
from standby.operations.facts.state import RegionState, State
from standby.operations.plans.switch import health_refusals
from standby.text import missing_documents, not_inspected, pluralize

Name = Literal["ready", "failed over", "degraded", "not ready to fail over"]
EXIT_CODES: Final = {"ready": 0, "failed over": 0, "degraded": 3, "not ready to fail over": 3}
LATE_SECONDS: Final = 15 * 60
"""What Replication Time Control promises for 99.9 % of objects. Source: docs.aws.amazon.com, S3, "Meeting compliance
requirements with S3 Replication Time Control"."""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """The word, what speaks against `ready`, and what is only worth knowing."""

    name: Name
    reasons: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def judge_state(state: State) -> Verdict:
    """Judge a state.

    `ready`: the primary region serves, everything is in step and the failover region can take over. `failed over`: the
    failover region serves and is well. `not ready to fail over`: a failover would be refused. `degraded`: anything
    else that is wrong, while a failover is possible or has been done.
    """
    serving = state.serving
    reasons, notes = tuple(dict.fromkeys(_reasons(state))), tuple(_notes(state))
    if serving == "failover":
        well = not _sick(state.regions["failover"])
        return Verdict(name="failed over" if well else "degraded", reasons=reasons, notes=notes)
    against = tuple(_against(state.regions["failover"]))
    if against:
        return Verdict(name="not ready to fail over", reasons=(*against, *_without(reasons, against)), notes=notes)
    return Verdict(name="degraded" if reasons else "ready", reasons=reasons, notes=notes)


def _against(target: RegionState) -> Iterator[str]:
    if target.down:
        yield f"{target.region} {target.down}"
        return
    if isinstance(target.copy, Unavailable):
        yield f"config.json of {target.region} {target.copy}"
    yield from _sick(target)


def _sick(region: RegionState) -> tuple[str, ...]:
    return tuple(refusal.reason for refusal in health_refusals(region.region, region.health))


def _reasons(state: State) -> Iterator[str]:
    if state.held is None:
        yield "no config.json is known, so pages do not know whom to ask: run `standby reconcile`"
    elif state.serving is None and state.held.config is not None:
        yield f"config.json names an API of neither region: {state.held.config.api_url}"
    yield from disagreement(state)
    for region in state.regions.values():
        if region.down:
            yield f"{region.region} {region.down}"
        else:
            yield from _region_reasons(state, region)
    yield from (_unfinished(event) for event in state.unfinished)
    if state.manifest.disagreement:
        yield state.manifest.disagreement


def disagreement(state: State) -> Iterator[str]:
    """Say by its name that the two copies of config.json differ, or that one is none or was written by hand."""
    copies = [copy for copy in state.copies.values() if isinstance(copy, ConfigCopy)]
    for copy in copies:
        if copy.config is None:
            yield f"{copy.region} has {'no config.json' if not copy.etag else 'a config.json that is none'}"
        elif copy.config.manually_edited:
            yield f"config.json in {copy.region} is hand-made: run `standby reconcile`"
    both = [copy for copy in copies if copy.config is not None]
    if len(both) > 1 and not copies_agree(state.copies):
        said = ", ".join(f"{copy.region} says {_says(state, copy)}" for copy in both)
        yield f"the two copies of config.json disagree: {said}: run `standby reconcile`"


def _says(state: State, copy: ConfigCopy) -> str:
    if copy.config is None:
        return "nothing"
    role = state.manifest.role_of(copy.config.api_url)
    region = state.manifest.regions[role].region if role else copy.config.api_url
    return f"{region} by hand" if copy.config.manually_edited else f"{region} generation {copy.generation}"


def _region_reasons(state: State, region: RegionState) -> Iterator[str]:
    name = region.region
    if isinstance(region.copy, Unavailable):
        yield f"config.json of {name} {region.copy}"
    yield from _sick(region)
    if isinstance(region.knowledge, Unavailable):
        yield f"the Knowledge Base of {name}: {region.knowledge}"
    elif not region.knowledge.in_sync:
        yield f"the Knowledge Base of {name} is behind its bucket{_job(region)}"
    yield from _replication_reasons(state, region)
    if isinstance(region.queues, Unavailable):
        yield f"the queues of {name}: {region.queues}"
    elif region.queues.dead:
        yield f"{pluralize(region.queues.dead, 'dead letter')} in {name}"
    if isinstance(region.alarms, Unavailable):
        yield f"the alarms of {name}: {region.alarms}"
    elif region.alarms.in_alarm:
        yield f"alarms in {name}: {', '.join(region.alarms.in_alarm)}"


def _job(region: RegionState) -> str:
    if isinstance(region.knowledge, Unavailable):
        return ""
    if region.knowledge.running:
        return " (a job is running)"
    last = region.knowledge.last_job
    return f" (last job: {last.status})" if last else " (no job has run)"


def _replication_reasons(state: State, region: RegionState) -> Iterator[str]:
    if isinstance(region.replication, Unavailable):
        if not any(known.down for known in state.regions.values()):
            yield f"replication is {region.replication}"
        return
    late = [one for one in region.replication.left if one.why != "pending" or _late(one, state)]
    more = region.replication.more
    if late or more:
        other = state.manifest.other(region.role).region
        told = missing_documents(len(late) + more, "document", of=region.region, there=other)
        oldest = f"the oldest is {age(late, state.now)} s old" if late else ""
        yield f"{told} ({'; '.join(part for part in (_kinds(late), oldest, not_inspected(more)) if part)})"


def _late(document: MissingDocument, state: State) -> bool:
    return (age([document], state.now) or 0) > LATE_SECONDS


def _kinds(missing_documents: Iterable[MissingDocument]) -> str:
    kinds = [one.why for one in missing_documents]
    return ", ".join(f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys(kinds))


def _unfinished(event: Event) -> str:
    what = "has not ended" if event.result == "started" else "left something for `standby reconcile`"
    return f"`{event.command}` of {event.started_at[:19]}Z {what}"


def _notes(state: State) -> Iterator[str]:
    for region in state.regions.values():
        if not isinstance(region.replication, Unavailable) and region.replication.conflicts:
            kinds = _kinds(region.replication.conflicts)
            yield f"{region.region} has documents that the other region has not, left alone: {kinds}"
        if not isinstance(region.knowledge, Unavailable) and region.knowledge.not_ingested:
            told = pluralize(region.knowledge.not_ingested, "document")
            yield f"{told} could not be ingested in {region.region}: `GET /ingestion-status` there says why"


def _without(reasons: Iterable[str], known: Iterable[str]) -> tuple[str, ...]:
    seen = set(known)
    return tuple(reason for reason in reasons if reason not in seen)

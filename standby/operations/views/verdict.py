"""One verdict on a deployment, the reasons for it, and the next command. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from standby.deployment.concurrency import Unavailable
from standby.deployment.manifest import Role, describe_differences
from standby.deployment.manifest_reader import check_own_network
from standby.deployment.routing_config import ConfigCopy
from standby.operations.facts.comparisons.comparison_record import NOT_COMPARED, PastReplication
from standby.operations.facts.dns import finds_primary
from standby.operations.facts.documents import MissingDocument, Replication, age
from standby.operations.facts.health import describe_unhealthy
from standby.operations.facts.journal import Event, describe_invalid, has_landed
from standby.operations.facts.knowledge_base import KnowledgeBaseState
from standby.operations.facts.state import Alarms, Queues, RegionState, State, find_config_problems
from standby.operations.views.requirement_reasons import requirement_advice, requirement_faults, requirement_reasons
from standby.text import describe_missing, describe_not_inspected, pluralize

Name = Literal["ready", "failed over", "degraded", "not ready to fail over"]
EXIT_CODES: Final = {"ready": 0, "failed over": 0, "degraded": 3, "not ready to fail over": 3}
LATE_SECONDS: Final = 15 * 60
"""The time that Replication Time Control promises for 99.9 % of objects. Source: docs.aws.amazon.com, S3, "Meeting
compliance requirements with S3 Replication Time Control"."""
NEITHER_REGION: Final = "neither region can serve: no command helps yet; docs/runbook.md says what to look at"
HEAL: Final = "`standby rehearse status` shows what is down; `standby rehearse heal` ends every fault"
FOREIGN_API: Final = "`standby failover` or `standby failback` writes the API of one of the regions"
SETTLES: Final = "nothing to do now: this settles by itself; look again in a few minutes"
REPAIR: Final = "no command repairs this: docs/runbook.md says what to do for each reason. Users are served"


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """The verdict, the reasons why it is not `ready`, notes, and the next command in a sentence.

    `next` is "" for `ready` alone, because there is nothing to do. If no command helps, it says why.
    """

    name: Name
    reasons: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    next: str = ""


def assess_state(state: State) -> Verdict:
    """Judge a state.

    `ready`: the primary region serves, both regions are in sync, and the failover region can take over. `failed over`:
    the failover region serves and is healthy. `not ready to fail over`: a failover would be refused, or would not serve
    users. `degraded`: something else is wrong, and a failover is possible or done.
    """
    name, reasons = _assess(state)
    notes = tuple(_notes(state))
    following = "" if name == "ready" else next(_next_commands(state, name))
    return Verdict(name=name, reasons=reasons, notes=notes, next=following)


def _assess(state: State) -> tuple[Name, tuple[str, ...]]:
    reasons = tuple(dict.fromkeys(_reasons(state)))
    failover = state.regions["failover"]
    if state.serving == "failover":
        return ("degraded" if any(_serving_faults(failover)) else "failed over"), reasons
    blockers = tuple(_failover_blockers(failover))
    if blockers:
        return "not ready to fail over", (*blockers, *(reason for reason in reasons if reason not in blockers))
    return ("degraded" if reasons else "ready"), reasons


def _failover_blockers(target: RegionState) -> Iterator[str]:
    if target.down:
        yield f"{target.region} {target.down}"
        return
    if isinstance(target.copy, Unavailable):
        yield f"config.json of {target.region} {target.copy}"
    yield from _serving_faults(target)


def _serving_faults(region: RegionState) -> Iterator[str]:
    """Yield why the region does not serve users, or would not. An answer that is late or lost is no fault yet."""
    if unhealthy := describe_unhealthy(region.region, region.health):
        yield unhealthy
    yield from requirement_faults(region)


def _reasons(state: State) -> Iterator[str]:
    config = state.config
    if config is None:
        yield _describe_unknown_config(state)
    elif state.serving is None:
        yield f"config.json names an API of neither region: {config.api_url}"
    yield from find_config_problems(state)
    for region in state.regions.values():
        if region.down:
            yield f"{region.region} {region.down}"
        else:
            yield from _region_reasons(state, region)
    yield from (_describe_unfinished(state, event) for event in state.unfinished)
    if state.manifest.differences:
        yield f"{describe_differences(state.manifest.differences)}: apply the stack again"


def _describe_unknown_config(state: State) -> str:
    unread = [copy for copy in state.copies.values() if isinstance(copy, Unavailable)]
    if len(unread) == len(state.copies):
        return "which region serves is not known, because no config.json could be read"
    if unread:
        return "which region serves is not known: the only config.json that could be read is not valid"
    command = "" if state.invalid_copies else ": run `standby reconcile`"
    return f"no valid config.json is known, so pages cannot find an API{command}"


def _region_reasons(state: State, region: RegionState) -> Iterator[str]:
    name = region.region
    if isinstance(region.copy, Unavailable):
        yield f"config.json of {name} {region.copy}"
    if unhealthy := describe_unhealthy(name, region.health):
        yield unhealthy
    if isinstance(region.knowledge_base, Unavailable):
        yield f"the Knowledge Base of {name}: {region.knowledge_base}"
    elif not region.knowledge_base.in_sync:
        yield f"the Knowledge Base of {name} is behind its bucket{_describe_job(region.knowledge_base)}"
    yield from requirement_reasons(region)
    yield from _replication_reasons(state, region)
    if isinstance(region.queues, Unavailable):
        yield f"the queues of {name}: {region.queues}"
    elif region.queues.dead_letters:
        yield f"{pluralize(region.queues.dead_letters, 'dead letter')} in {name}"
    if isinstance(region.alarms, Unavailable):
        yield f"the alarms of {name}: {region.alarms}"
    elif region.alarms.in_alarm:
        yield f"alarms in {name}: {', '.join(region.alarms.in_alarm)}"


def _describe_job(knowledge_base: KnowledgeBaseState) -> str:
    if knowledge_base.running:
        return " (a job is running)"
    last = knowledge_base.last_job
    return f" (last job: {last.status})" if last else " (no job has run)"


def _replication_reasons(state: State, region: RegionState) -> Iterator[str]:
    if isinstance(region.replication, Unavailable):
        if not any(known.down for known in state.regions.values()):
            why = region.replication.why
            yield why if why == NOT_COMPARED else f"the documents of both regions cannot be compared: {why}"
        return
    if isinstance(region.replication, PastReplication):
        yield from _past_reasons(state, region.replication)
        return
    yield from _deletion_reasons(state, region.replication)
    missing = [one for one in region.replication.missing if not one.is_deletion]
    late = [one for one in missing if one.why != "pending" or (age([one], state.now) or 0) > LATE_SECONDS]
    not_inspected = region.replication.not_inspected
    if late or not_inspected:
        other = state.manifest.other(region.role).region
        lacking = describe_missing(len(late) + not_inspected, "document", of=region.region, there=other)
        oldest = f"the oldest is {age(late, state.now)} s old" if late else ""
        parts = (_count_reasons(late), oldest, describe_not_inspected(not_inspected))
        yield f"{lacking} ({'; '.join(part for part in parts if part)})"


def _past_reasons(state: State, past: PastReplication) -> Iterator[str]:
    """Yield what the last comparison found, unless it has settled by itself in the time that replication promises."""
    if past.in_sync:
        return
    source, other = state.manifest.regions[past.source].region, state.manifest.other(past.source).region
    parts = {
        describe_missing(past.found.missing, "document", of=source, there=other): past.found.missing,
        describe_missing(past.found.deletions, "deletion", of=source, there=other): past.found.deletions,
        f"{pluralize(past.found.undeleted, 'document')} that users deleted were in {source}": past.found.undeleted,
    }
    found = " and ".join(text for text, number in parts.items() if number)
    yield f"{found}, as compared {past.age_seconds(state.now)} s ago: `standby status --deep` compares again"


def _deletion_reasons(state: State, replication: Replication) -> Iterator[str]:
    """Yield the deletions of users that have been on their way for longer than replication promises."""
    source, other = state.manifest.regions[replication.source].region, state.manifest.other(replication.source).region
    late = [one for one in replication.deletions if one.why != "pending" or _is_late(one.document.modified, state)]
    if late:
        yield f"{describe_missing(len(late), 'deletion', of=source, there=other)} ({_count_reasons(late)})"
    left = sum(_is_late(one.deleted_at, state) for one in replication.undeleted)
    if left:
        yield f"{pluralize(left, 'document')} that users deleted {'is' if left == 1 else 'are'} still in {source}"


def _is_late(since: datetime, state: State) -> bool:
    """Return whether a change is older than the time that replication promises."""
    return (state.now - since).total_seconds() > LATE_SECONDS


def _count_reasons(missing: Iterable[MissingDocument]) -> str:
    reasons = [one.why for one in missing]
    return ", ".join(f"{reasons.count(reason)} {reason}" for reason in dict.fromkeys(reasons))


def _describe_unfinished(state: State, event: Event) -> str:
    what = "has not ended" if event.result == "started" else "has pending writes for `standby reconcile`"
    if event.result == "unknown":
        landed = has_landed(event, state.copies)
        what = "wrote config.json, as its copies show" if landed else "did not write config.json, as its copies show"
        what = "may have written config.json" if landed is None else what
    return f"`{event.command}` of {event.started_at[:19]}Z {what}"


def _dns_notes(state: State) -> Iterator[str]:
    """Yield where DNS, config.json and the check of Route 53 say different things."""
    if state.manifest.dns is None or state.serving is None:
        return
    name, serving = state.manifest.dns.name, state.manifest.regions[state.serving].region
    found = finds_primary(state.manifest, state.copies)
    if found is not None and found != (state.serving == "primary"):
        yield (
            f"{name} does not follow config.json, and pages use {serving}: a manual edit has another form than"
            " `standby` writes, so Route 53 reads it otherwise. `standby reconcile` corrects it"
        )
    elif state.dns is not None and isinstance(state.dns.region, str) and state.dns.region != serving:
        yield f"{name} answers {state.dns.region}, and config.json names {serving}: docs/dns.md says when DNS follows"


def _notes(state: State) -> Iterator[str]:
    yield from _dns_notes(state)
    yield from describe_invalid(state.invalid_events)
    past = [one.replication for one in state.regions.values() if isinstance(one.replication, PastReplication)]
    if past:
        when = f"{past[0].age_seconds(state.now)} s ago"
        yield f"the documents were last compared {when}: `standby status --deep` compares them now"
    for region in state.regions.values():
        if isinstance(region.replication, Replication) and region.replication.conflicts:
            reasons = _count_reasons(region.replication.conflicts)
            yield f"{region.region} has documents that the other region lacks, and that are not copied: {reasons}"
        if isinstance(region.knowledge_base, KnowledgeBaseState) and region.knowledge_base.not_ingested:
            documents = pluralize(region.knowledge_base.not_ingested, "document")
            yield f"{documents} could not be ingested in {region.region}: see `GET /ingestion-status` there"


def _next_commands(state: State, name: Name) -> Iterator[str]:
    yield from _users_first(state)
    for region in state.regions.values():
        if region.down:
            yield f"nothing to do now; when {region.region} is back: `standby reconcile`"
    for event in state.unfinished:
        if event.target and event.result in {"started", "unknown"}:
            yield f"`standby {event.command}` again, from any machine: it completes the interrupted command"
    if invalid := [copy for copy in state.invalid_copies if not state.regions[copy.role].is_sick]:
        regions = " and ".join(copy.region for copy in invalid)
        yield f"correct config.json in {regions}, or replace it by `standby reconcile --force`"
    if _needs_reconcile(state):
        yield "`standby reconcile` brings both regions into sync"
    if any(_needs_comparison(region) for region in state.regions.values()):
        yield "`standby status --deep` compares the documents of both regions"
    yield from requirement_advice(state.regions.values())
    if name == "failed over":
        yield f"when it suits you: `standby failback` switches traffic back to {state.regions['primary'].region}"
    yield from _without_command(state)


def _users_first(state: State) -> Iterator[str]:
    """Yield how users are served again: before anything is reconciled, they leave a region that does not serve them."""
    if all(region.down for region in state.regions.values()):
        yield HEAL if state.rehearsed else check_own_network([region.region for region in state.regions.values()])
    if state.serving is not None and not _serves_users(state.regions[state.serving]):
        yield _leave(state, state.serving)
    if all(isinstance(copy, Unavailable) for copy in state.copies.values()):
        yield NEITHER_REGION


def _without_command(state: State) -> Iterator[str]:
    """Yield why no command helps, if users are served; otherwise, how they are."""
    if state.serving is None:
        yield FOREIGN_API
        return
    for role, region in state.regions.items():
        if role != state.serving and not _can_take_over(region):
            served = state.regions[state.serving].region
            yield f"repair {region.region}: the reasons say what is wrong there. Users are served from {served}"
    yield SETTLES if all(map(_settles, state.regions.values())) else REPAIR


def _settles(region: RegionState) -> bool:
    """Return whether nothing is wrong in the region but work in progress, and answers that were late."""
    facts = (region.copy, region.health, region.knowledge_base, region.replication, region.queues, region.alarms)
    lost = [fact for fact in (*facts, *region.requirements.values()) if isinstance(fact, Unavailable)]
    dead_letters = isinstance(region.queues, Queues) and region.queues.dead_letters > 0
    ringing = isinstance(region.alarms, Alarms) and bool(region.alarms.in_alarm)
    return all(fact.is_running for fact in lost) and not dead_letters and not ringing


def _leave(state: State, serving: Role) -> str:
    target = state.regions["primary" if serving == "failover" else "failover"]
    if not _can_take_over(target):
        return NEITHER_REGION
    if serving == "primary":
        return f"`standby failover` switches traffic to {target.region}"
    switch = f"`standby failback` switches traffic to {target.region}"
    return f"{switch}; use `--force` while the documents are not in sync"


def _serves_users(region: RegionState) -> bool:
    return not region.down and not describe_unhealthy(region.region, region.health)


def _can_take_over(region: RegionState) -> bool:
    return _serves_users(region) and isinstance(region.copy, ConfigCopy)


def _needs_comparison(region: RegionState) -> bool:
    found = region.replication
    return isinstance(found, Unavailable) and found.why == NOT_COMPARED


def _needs_reconcile(state: State) -> bool:
    return bool(
        state.config is None
        or state.unfinished
        or any(find_config_problems(state))
        or any(_is_behind(state, region) for region in state.regions.values())
    )


def _is_behind(state: State, region: RegionState) -> bool:
    knowledge_base, replication = region.knowledge_base, region.replication
    was_missing = isinstance(replication, PastReplication) and not replication.in_sync
    missing = isinstance(replication, Replication) and (
        replication.not_inspected > 0
        or any(one.why != "pending" for one in replication.missing)
        or any(_is_late(one.deleted_at, state) for one in replication.undeleted)
    )
    behind = isinstance(knowledge_base, KnowledgeBaseState) and not (knowledge_base.in_sync or knowledge_base.running)
    return was_missing or missing or behind

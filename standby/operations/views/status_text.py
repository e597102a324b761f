"""A status as lines of 80 columns: one block for each region. The command line prints it."""

from collections.abc import Iterator
from typing import Final

from standby.deployment.concurrency import Unavailable
from standby.deployment.manifest import ROLES
from standby.deployment.routing_config import ConfigCopy
from standby.operations.facts.comparisons.comparison_record import PastReplication
from standby.operations.facts.dns import DnsState
from standby.operations.facts.documents import Replication
from standby.operations.facts.health import Health
from standby.operations.facts.journal import last_switch
from standby.operations.facts.knowledge_base import KnowledgeBaseState
from standby.operations.facts.state import Alarms, Queues, RegionState, State
from standby.operations.views.automatic_text import describe_automatic
from standby.text import label_lines, printable, wrap

COLUMN: Final = 18
"""The column in which the facts begin."""


def status_lines(state: State) -> Iterator[str]:
    """Yield a block of lines for each region, and the last failover or failback. Text from outside is printable."""
    for role in ROLES:
        region = state.regions[role]
        yield f"{region.region} ({role}): {_serving(state, region)}"
        if region.down:
            yield from wrap(printable(region.down), first="  ", rest="  ")
        else:
            for name, fact in _facts(state, region).items():
                yield from label_lines(f"  {name}", printable(fact), column=COLUMN)
        yield ""
    yield from label_lines(*map(printable, describe_last_switch(state)), column=COLUMN)
    if state.automatic is not None:
        yield from label_lines(
            "automatic", printable(describe_automatic(state.automatic, now=state.now)), column=COLUMN
        )
    yield from label_lines("access", printable(describe_access(state)), column=COLUMN)
    if state.dns is not None:
        yield from label_lines("DNS", printable(describe_dns(state.dns)), column=COLUMN)


def _serving(state: State, region: RegionState) -> str:
    if state.config is None:
        return "not known whether it serves"
    return "serves" if region.role == state.serving else "does not serve"


def _facts(state: State, region: RegionState) -> dict[str, str]:
    return {
        "config.json": _config(state, region.copy),
        "API health": _health(region.health),
        "Knowledge Base": _knowledge_base(region.knowledge_base),
        "last job": _last_job(region.knowledge_base),
        "replication": _replication(state, region.replication),
        "queue": _queues(region.queues),
        "alarms": _alarms(region.alarms),
        "requirements": _requirements(region),
    }


def describe_last_switch(state: State) -> tuple[str, str]:
    """Return a label, and the last failover or failback in a sentence."""
    event = last_switch(state.events)
    if event is None:
        unread = " and ".join(state.unread_journals)
        return "last failover", f"unknown, the journal of {unread} was not read" if unread else "none"
    moved = f"{event.source or '?'} -> {event.target}"
    return f"last {event.command}", f"{moved}, {event.started_at[:19]}Z, {event.result}, by {event.actor}"


def describe_access(state: State) -> str:
    """Return who may ask."""
    issuer = state.manifest.issuer
    return f"sign-in with {issuer}" if issuer else "open: anyone with the address may ask"


def describe_dns(dns: DnsState) -> str:
    """Return which region the API's name answers from here, and for how long resolvers keep that."""
    region = f"unknown, {dns.region}" if isinstance(dns.region, Unavailable) else dns.region
    ttl = "" if isinstance(dns.ttl, Unavailable) else f", for {dns.ttl} s more"
    return f"{dns.name} answers {region}{ttl}" if not isinstance(dns.region, Unavailable) else f"{dns.name}: {region}"


def _config(state: State, copy: ConfigCopy | Unavailable) -> str:
    if isinstance(copy, Unavailable):
        return str(copy)
    if copy.config is None:
        return copy.state
    role = state.manifest.role_of(copy.config.api_url)
    target = state.manifest.regions[role].region if role else copy.config.api_url
    return f"{target}, {'manually edited' if copy.config.manually_edited else f'generation {copy.generation}'}"


def _health(health: Health | Unavailable) -> str:
    if isinstance(health, Unavailable):
        return str(health)
    if not health.checks:
        return health.status
    failed = ", ".join(f"{name}: {error}" for name, error in health.errors.items())
    return f"{health.status} ({failed or f'{len(health.checks)} checks, {health.milliseconds} ms'})"


def _knowledge_base(knowledge_base: KnowledgeBaseState | Unavailable) -> str:
    if isinstance(knowledge_base, Unavailable):
        return str(knowledge_base)
    failed = f", {knowledge_base.failed} failed" if knowledge_base.failed else ""
    sync = "in sync" if knowledge_base.in_sync else "BEHIND"
    compared = "" if knowledge_base.compared else " (not compared)"
    return f"{sync}{compared}: {knowledge_base.documents} documents, {knowledge_base.indexed} indexed{failed}"


def _last_job(knowledge_base: KnowledgeBaseState | Unavailable) -> str:
    job = None if isinstance(knowledge_base, Unavailable) else knowledge_base.last_job
    return f"{job.status}, {job.started_at:%Y-%m-%d %H:%M:%S} UTC" if job else "none known"


def _past_replication(state: State, past: PastReplication) -> str:
    found, other = past.found, state.manifest.other(past.source).region
    counts = {
        "missing": found.missing,
        "deletions missing": found.deletions,
        "still here that users deleted": found.undeleted,
    }
    missing = ", ".join(f"{count} {what}" for what, count in counts.items() if count) or "nothing missing"
    return f"to {other}: {missing}, compared {past.age_seconds(state.now)} s ago"


def _replication(state: State, replication: Replication | PastReplication | Unavailable) -> str:
    if isinstance(replication, Unavailable):
        return f"unavailable: {replication}"
    if isinstance(replication, PastReplication):
        return _past_replication(state, replication)
    other = state.manifest.other(replication.source).region
    if replication.in_sync:
        return f"to {other}: nothing missing" if replication.configured else f"not to {other}; nothing missing"
    counts = {
        "pending": replication.count("pending"),
        "failed": replication.count("failed"),
        "never began": replication.count("never"),
        "other": replication.count("gone", "older"),
        "not inspected": replication.not_inspected,
        "still here that users deleted": len(replication.undeleted),
    }
    missing = ", ".join(f"{count} {what}" for what, count in counts.items() if count)
    oldest = f"; oldest {replication.oldest_seconds(state.now)} s" if replication.missing else ""
    return f"to {other}: {missing}{oldest}"


def _queues(queues: Queues | Unavailable) -> str:
    if isinstance(queues, Unavailable):
        return str(queues)
    return f"{queues.waiting} waiting, {queues.in_flight} in flight, {queues.dead_letters} dead letters"


def _requirements(region: RegionState) -> str:
    results = region.requirements.values()
    unknown = sum(isinstance(result, Unavailable) for result in results)
    failed = sum(isinstance(result, str) and bool(result) for result in results)
    counts = {"hold": len(results) - unknown - failed, "FAILED": failed, "unknown": unknown}
    return ", ".join(f"{count} {what}" for what, count in counts.items() if count) or "none read"


def _alarms(alarms: Alarms | Unavailable) -> str:
    if isinstance(alarms, Unavailable):
        return str(alarms)
    return f"ALARM: {', '.join(alarms.in_alarm)}" if alarms.in_alarm else f"none of {alarms.total}"

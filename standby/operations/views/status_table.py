"""A status as rows of text: one column for each region. The command line prints it."""

from standby.deployment.concurrency import Unavailable
from standby.deployment.manifest import ROLES
from standby.deployment.routing_config import ConfigCopy
from standby.operations.facts.documents import Replication
from standby.operations.facts.health import Health
from standby.operations.facts.journal import last_switch
from standby.operations.facts.knowledge_base import KnowledgeBaseState
from standby.operations.facts.state import Alarms, Queues, RegionState, State


def status_columns(state: State) -> list[str]:
    """Return the heading of each region's column."""
    return [f"{role} {state.regions[role].region}" for role in ROLES]


def status_rows(state: State) -> dict[str, list[str]]:
    """Return the cells of each row, by the row's heading."""
    regions = [state.regions[role] for role in ROLES]
    if all(region.down for region in regions):
        return {"": [region.down for region in regions]}
    rows = {
        "serves": ["yes" if region.role == state.serving else "no" for region in regions],
        "config.json": [_cell(region, _config(state, region.copy)) for region in regions],
        "API health": [_cell(region, _health(region.health)) for region in regions],
        "Knowledge Base": [_cell(region, _knowledge_base(region.knowledge_base)) for region in regions],
        "last job": [_cell(region, _last_job(region.knowledge_base)) for region in regions],
        "replication": [_cell(region, _replication(state, region.replication)) for region in regions],
        "queue": [_cell(region, _queues(region.queues)) for region in regions],
        "alarms": [_cell(region, _alarms(region.alarms)) for region in regions],
        "requirements": [_cell(region, _requirements(region)) for region in regions],
    }
    for column, region in enumerate(regions):
        if region.down:  # shown once, not in every row
            rows["config.json"][column] = region.down
    return rows


def describe_last_switch(state: State) -> str:
    """Return the last failover or failback in one line."""
    event = last_switch(state.events)
    if event is None:
        unread = " and ".join(state.unread_journals)
        return f"last failover: unknown, the journal of {unread} was not read" if unread else "last failover: none"
    moved = f"{event.source or '?'} -> {event.target}"
    return f"last {event.command}: {moved}, {event.started_at[:19]}Z, {event.result}, by {event.actor}"


def _cell(region: RegionState, text: str) -> str:
    return "" if region.down else text


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


def _replication(state: State, replication: Replication | Unavailable) -> str:
    if isinstance(replication, Unavailable):
        return f"unavailable: {replication}"
    other = state.manifest.other(replication.source).region
    if replication.in_sync:
        return f"to {other}: nothing missing" if replication.configured else f"not to {other}; nothing missing"
    counts = {
        "pending": replication.count("pending"),
        "failed": replication.count("failed"),
        "never began": replication.count("never"),
        "other": replication.count("gone", "older"),
        "not inspected": replication.not_inspected,
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

"""A status as a person reads it: a table of both regions, the last failover, the verdict and why.

What services and users wrote is shown as `Text`: a plain string in a table would be read as rich's markup.
"""

from typing import Final

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from standby.deployment.concurrency import Unavailable
from standby.deployment.manifest import ROLES
from standby.deployment.routing_config import ConfigCopy
from standby.operations.facts.collect import Status
from standby.operations.facts.health import Health
from standby.operations.facts.journal import last_switch
from standby.operations.facts.knowledge_base import KnowledgeBaseState
from standby.operations.facts.replication import Replication
from standby.operations.facts.state import Alarms, Queues, RegionState, State
from standby.operations.views.advice import next_command

WIDE: Final = 200
_STYLES: Final = {"ready": "bold green", "failed over": "bold yellow", "degraded": "bold yellow"}


def console() -> Console:
    """Return where a status goes: the terminal, or a file or pipe, which is as wide as it need be."""
    terminal = Console()
    return terminal if terminal.is_terminal else Console(width=WIDE)


def status_view(status: Status) -> Group:
    """Return the whole picture."""
    return Group(_table(status.state), _verdict(status), *_reasons(status), *_next(status))


def watch_view(status: Status) -> Group:
    """Return the same for a screen that may show the top alone: the verdict and what to do first, the table last."""
    return Group(_verdict(status), *_next(status), *_reasons(status), _table(status.state))


def _table(state: State) -> Group:
    table = Table(box=None, pad_edge=False)
    table.add_column("")
    for role in ROLES:
        table.add_column(Text(f"{role} {state.regions[role].region}"))
    for name, cells in _rows(state).items():
        table.add_row(name, *map(Text, cells))
    return Group(table, Text(_last(state)))


def _verdict(status: Status) -> Text:
    return Text(f"verdict: {status.verdict.name}", style=_STYLES.get(status.verdict.name, "bold red"))


def _reasons(status: Status) -> list[Text]:
    verdict = status.verdict
    return [Text(f"- {reason}") for reason in verdict.reasons] + [Text(f"note: {note}") for note in verdict.notes]


def _next(status: Status) -> list[Text]:
    following = next_command(status.state, status.verdict)
    return [Text(f"next: {following}", style="bold")] if following else []


def _rows(state: State) -> dict[str, list[str]]:
    regions = [state.regions[role] for role in ROLES]
    if all(region.down for region in regions):
        return {"": [region.down for region in regions]}
    rows = {
        "serves": ["yes" if region.role == state.serving else "no" for region in regions],
        "config.json": [_cell(region, _config(state, region.copy)) for region in regions],
        "API health": [_cell(region, _health(region.health)) for region in regions],
        "KnowledgeBaseState Base": [_cell(region, _knowledge(region.knowledge)) for region in regions],
        "last job": [_cell(region, _last_job(region.knowledge)) for region in regions],
        "replication": [_cell(region, _replication(state, region.replication)) for region in regions],
        "queue": [_cell(region, _queues(region.queues)) for region in regions],
        "alarms": [_cell(region, _alarms(region.alarms)) for region in regions],
    }
    for column, region in enumerate(regions):
        if region.down:  # once, not in every row
            rows["config.json"][column] = region.down
    return rows


def _cell(region: RegionState, text: str) -> str:
    return "" if region.down else text


def _config(state: State, copy: ConfigCopy | Unavailable) -> str:
    if isinstance(copy, Unavailable):
        return str(copy)
    if copy.config is None:
        return "missing" if not copy.etag else "unreadable"
    role = state.manifest.role_of(copy.config.api_url)
    target = state.manifest.regions[role].region if role else copy.config.api_url
    return f"{target}, {'hand-made' if copy.config.manually_edited else f'generation {copy.generation}'}"


def _health(health: Health | Unavailable) -> str:
    if isinstance(health, Unavailable):
        return str(health)
    if not health.checks:
        return health.status
    failed = ", ".join(f"{name}: {error}" for name, error in health.checks.items() if error)
    return f"{health.status} ({failed or f'{len(health.checks)} checks, {health.milliseconds} ms'})"


def _knowledge(knowledge: KnowledgeBaseState | Unavailable) -> str:
    if isinstance(knowledge, Unavailable):
        return str(knowledge)
    failed = f", {knowledge.failed} failed" if knowledge.failed else ""
    step = "in step" if knowledge.in_sync else "BEHIND"
    compared = "" if knowledge.compared else " (not compared)"
    return f"{step}{compared}: {knowledge.documents} documents, {knowledge.indexed} indexed{failed}"


def _last_job(knowledge: KnowledgeBaseState | Unavailable) -> str:
    job = None if isinstance(knowledge, Unavailable) else knowledge.last_job
    return f"{job.status}, {job.started_at:%Y-%m-%d %H:%M:%S} UTC" if job else "none known"


def _replication(state: State, replication: Replication | Unavailable) -> str:
    if isinstance(replication, Unavailable):
        return str(replication)
    other = state.manifest.other(replication.source).region
    if replication.in_sync:
        return f"to {other}: nothing left" if replication.configured else f"not to {other}; nothing left"
    counts = {
        "pending": replication.count("pending"),
        "failed": replication.count("failed"),
        "never began": replication.count("never"),
        "other": replication.count("gone", "older"),
        "not looked at": replication.more,
    }
    told = ", ".join(f"{count} {what}" for what, count in counts.items() if count)
    oldest = f"; oldest {replication.oldest_seconds(state.now)} s" if replication.left else ""
    return f"to {other}: {told}{oldest}"


def _queues(queues: Queues | Unavailable) -> str:
    if isinstance(queues, Unavailable):
        return str(queues)
    return f"{queues.waiting} waiting, {queues.in_flight} in flight, {queues.dead} dead letters"


def _alarms(alarms: Alarms | Unavailable) -> str:
    if isinstance(alarms, Unavailable):
        return str(alarms)
    return f"ALARM: {', '.join(alarms.in_alarm)}" if alarms.in_alarm else f"none of {alarms.total}"


def _last(state: State) -> str:
    event = last_switch(state.events)
    if event is None:
        return "last failover: none"
    moved = f"{event.source or '?'} -> {event.target}"
    return f"last {event.command}: {moved}, {event.started_at[:19]}Z, {event.result}, by {event.actor}"

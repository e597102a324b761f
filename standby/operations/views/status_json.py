"""A status as JSON values. The schema is in docs/cli.md; what is not known is null, with the reason beside it."""

from standby.deployment.concurrency import Unavailable
from standby.deployment.routing_config import ConfigCopy
from standby.operations.facts.collect import Status
from standby.operations.facts.health import Health
from standby.operations.facts.journal import event_json, last_switch
from standby.operations.facts.knowledge_base import KnowledgeBaseState
from standby.operations.facts.replication import Replication
from standby.operations.facts.state import Alarms, Queues, RegionState, State
from standby.operations.views.advice import next_command


def status_json(status: Status) -> dict[str, object]:
    """Return everything that `status` knows."""
    state, verdict = status.state, status.verdict
    held = state.held
    last = last_switch(state.events)
    return {
        "verdict": verdict.name,
        "reasons": list(verdict.reasons),
        "notes": list(verdict.notes),
        "next": next_command(state, verdict) or None,
        "deployment": {"where": state.where, "name": state.manifest.name, "account": state.manifest.account},
        "at": state.now.isoformat(),
        "serving": {
            "role": state.serving,
            "region": state.manifest.regions[state.serving].region if state.serving else None,
            "generation": held.config.generation if held and held.config else None,
            "apiUrl": held.config.api_url if held and held.config else None,
            "manuallyEdited": bool(held and held.config and held.config.manually_edited),
        },
        "regions": {role: _region(state, region) for role, region in state.regions.items()},
        "lastSwitch": event_json(last) if last else None,
        "unfinished": [event_json(event) for event in state.unfinished],
    }


def _region(state: State, region: RegionState) -> dict[str, object]:
    return {
        "region": region.region,
        "down": region.down or None,
        "config": _config(state, region.copy),
        "health": _health(region.health),
        "knowledgeBase": _knowledge(region.knowledge),
        "replication": _replication(state, region.replication),
        "queues": _queues(region.queues),
        "alarms": _alarms(region.alarms),
    }


def _unavailable(fact: object) -> dict[str, object]:
    return {"unavailable": str(fact)}


def _config(state: State, copy: ConfigCopy | Unavailable) -> dict[str, object]:
    if isinstance(copy, Unavailable):
        return _unavailable(copy)
    config = copy.config
    return {
        "exists": bool(copy.etag),
        "serves": state.manifest.role_of(config.api_url) if config else None,
        "apiUrl": config.api_url if config else None,
        "generation": config.generation if config else None,
        "manuallyEdited": bool(config and config.manually_edited),
        "updatedAt": config.updated_at if config else None,
    }


def _health(health: Health | Unavailable) -> dict[str, object]:
    if isinstance(health, Unavailable):
        return _unavailable(health)
    checks = {name: error or "ok" for name, error in health.checks.items()}
    return {"status": health.status, "checks": checks, "milliseconds": health.milliseconds}


def _knowledge(knowledge: KnowledgeBaseState | Unavailable) -> dict[str, object]:
    if isinstance(knowledge, Unavailable):
        return _unavailable(knowledge)
    job = knowledge.last_job
    return {
        "inSync": knowledge.in_sync,
        "documents": knowledge.documents,
        "indexed": knowledge.indexed,
        "failed": knowledge.failed,
        "running": knowledge.running,
        "lastJob": {"status": job.status, "startedAt": job.started_at.isoformat()} if job else None,
    }


def _replication(state: State, replication: Replication | Unavailable) -> dict[str, object]:
    if isinstance(replication, Unavailable):
        return _unavailable(replication)
    return {
        "to": state.manifest.other(replication.source).region,
        "configured": replication.configured,
        "missing": len(replication.left) + replication.more,
        "pending": replication.count("pending"),
        "failed": replication.count("failed"),
        "never": replication.count("never"),
        "other": replication.count("gone", "older"),
        "conflicts": len(replication.conflicts),
        "oldestSeconds": replication.oldest_seconds(state.now),
    }


def _queues(queues: Queues | Unavailable) -> dict[str, object]:
    if isinstance(queues, Unavailable):
        return _unavailable(queues)
    return {"waiting": queues.waiting, "inFlight": queues.in_flight, "deadLetters": queues.dead}


def _alarms(alarms: Alarms | Unavailable) -> dict[str, object]:
    if isinstance(alarms, Unavailable):
        return _unavailable(alarms)
    return {"inAlarm": list(alarms.in_alarm), "total": alarms.total}

"""A status as JSON values. The schema is in docs/cli.md; what is not known is null, with the reason beside it."""

from standby.deployment.concurrency import Unknown
from standby.operations.facts.collect import Status
from standby.operations.facts.health import Health
from standby.operations.facts.journal import event_json, last_switch
from standby.operations.facts.knowledge_base import Knowledge
from standby.operations.facts.replication import Replication
from standby.operations.facts.routing_config import Copy
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
            "handMade": bool(held and held.config and held.config.hand_made),
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


def _unknown(fact: object) -> dict[str, object]:
    return {"unknown": str(fact)}


def _config(state: State, copy: Copy | Unknown) -> dict[str, object]:
    if isinstance(copy, Unknown):
        return _unknown(copy)
    config = copy.config
    return {
        "exists": bool(copy.etag),
        "serves": state.manifest.role_of(config.api_url) if config else None,
        "apiUrl": config.api_url if config else None,
        "generation": config.generation if config else None,
        "handMade": bool(config and config.hand_made),
        "updatedAt": config.updated_at if config else None,
    }


def _health(health: Health | Unknown) -> dict[str, object]:
    if isinstance(health, Unknown):
        return _unknown(health)
    checks = {name: error or "ok" for name, error in health.checks.items()}
    return {"status": health.status, "checks": checks, "milliseconds": health.milliseconds}


def _knowledge(knowledge: Knowledge | Unknown) -> dict[str, object]:
    if isinstance(knowledge, Unknown):
        return _unknown(knowledge)
    job = knowledge.last_job
    return {
        "inStep": knowledge.in_step,
        "documents": knowledge.documents,
        "indexed": knowledge.indexed,
        "failed": knowledge.failed,
        "running": knowledge.running,
        "lastJob": {"status": job.status, "startedAt": job.started_at.isoformat()} if job else None,
    }


def _replication(state: State, replication: Replication | Unknown) -> dict[str, object]:
    if isinstance(replication, Unknown):
        return _unknown(replication)
    return {
        "to": state.manifest.other(replication.source).region,
        "configured": replication.configured,
        "left": len(replication.left) + replication.more,
        "pending": replication.count("pending"),
        "failed": replication.count("failed"),
        "never": replication.count("never"),
        "other": replication.count("gone", "older"),
        "leftAlone": len(replication.left_alone),
        "oldestSeconds": replication.oldest_seconds(state.now),
    }


def _queues(queues: Queues | Unknown) -> dict[str, object]:
    if isinstance(queues, Unknown):
        return _unknown(queues)
    return {"waiting": queues.waiting, "inFlight": queues.in_flight, "deadLetters": queues.dead}


def _alarms(alarms: Alarms | Unknown) -> dict[str, object]:
    if isinstance(alarms, Unknown):
        return _unknown(alarms)
    return {"ringing": list(alarms.ringing), "total": alarms.total}

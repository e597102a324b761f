"""Each plan as a reviewer reads it: every step, region, action, refusal, note, and the event."""

import pprint
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Final

import pytest
from syrupy.assertion import SnapshotAssertion

from standby.deployment.concurrency import Unavailable
from standby.deployment.manifest import ROLES
from standby.deployment.routing_config import RoutingConfig
from standby.operations.facts.documents import TOMBSTONES_PREFIX, MissingDocument
from standby.operations.facts.health import Health
from standby.operations.facts.journal import PendingWrite, StepTaken, new_event
from standby.operations.facts.reconcile_facts import ReconcileFacts
from standby.operations.facts.state import State
from standby.operations.plans.plan import CopyDocuments, CopyEvents, Plan, PutConfig
from standby.operations.plans.reconcile import plan_config, plan_documents, plan_rest
from standby.operations.plans.switch import plan_switch
from tests.standby.helpers import DOWN, EAST, NOON, WEST, both, changed, config, copy_of, facts, invalid_copy
from tests.standby.states import BEHIND, dead, left, missing, moved, region, state

DEGRADED: Final = Health(status="degraded", checks={"retrieve": "AccessDenied"})


def switch(target: str = "failover", *, command: str = "failover", force: bool = False, **said: object) -> Plan:
    known = facts(target, **said)  # type: ignore[arg-type]  # a role
    return plan_switch(known, command=command, reason="drill", force=force)  # type: ignore[arg-type]  # a command


def event(generation: int, result: str, *, command: str = "failover", minutes: int = 10, **said: object) -> object:
    source, target = (WEST, EAST) if command == "failover" else (EAST, WEST)
    at = NOON - timedelta(minutes=minutes)
    made = new_event(generation=generation, command=command, actor="a", reason="", source=source, target=target, now=at)
    return changed(made, id=f"{generation:08d}", result=result, **said)


def reconciled(found: State, *events: object, **said: object) -> ReconcileFacts:
    state_ = replace(found, events=events, **said)  # type: ignore[arg-type]  # events
    journals = {"primary": (), "failover": events}
    return ReconcileFacts(state=state_, journals=journals, journal_generation=4, actor="somebody")  # type: ignore[arg-type]  # events


def deleted(name: str) -> MissingDocument:
    """Return the tombstone of a document, which the other region lacks."""
    never = missing("never")
    return replace(never, document=replace(never.document, key=f"{TOMBSTONES_PREFIX}{name}"))


LATE: Final = PendingWrite(region=WEST, what="config.json", why=f"{WEST} does not answer")
OLD: Final = {"primary": {"copy": copy_of("primary", config("primary", 3))}}
MOVED: Final = config("failover", 4, moment=NOON.isoformat())
SWITCHED: Final = both(primary=config("primary", 3), failover=MOVED)

PLANS: Final[Mapping[str, Callable[[], Plan]]] = {
    "failover": switch,
    "failover, primary lost": lambda: switch(
        copies={"primary": DOWN, "failover": copy_of("failover", config("primary", 3))}
    ),
    "failover, target unreadable": lambda: switch(
        copies={"primary": copy_of("primary", config("primary", 3)), "failover": DOWN}
    ),
    "failover, target degraded": lambda: switch(health=DEGRADED),
    "failover, a manual edit that names another API": lambda: switch(
        copies=both(primary=config("primary", 3), failover=RoutingConfig(api_url="https://elsewhere.example/"))
    ),
    "failover, invalid copies": lambda: switch(copies={role: invalid_copy(role) for role in ROLES}),
    "failover, already serves by a manual edit": lambda: switch(
        copies=both(primary=config("failover", None), failover=config("failover", None))
    ),
    "failover, already serves, and the other copy is old": lambda: switch(copies=SWITCHED),
    "failover, already serves, and the other copy is unread": lambda: switch(
        copies={**SWITCHED, "primary": DOWN}, journal_generation=4
    ),
    "forced failover, already serves, and the other copy is unread": lambda: switch(
        copies={**SWITCHED, "primary": DOWN}, journal_generation=4, force=True
    ),
    "failover, interrupted before its end": lambda: switch(
        copies=both(primary=MOVED, failover=MOVED),
        events=(event(4, "started", started_at=MOVED.updated_at),),
    ),
    "failback": lambda: switch(
        "primary", command="failback", copies=both(primary=config("failover", 4), failover=config("failover", 4))
    ),
    "reconcile config.json, old copy": lambda: plan_config(reconciled(moved(**OLD))),
    "reconcile config.json, primary lost": lambda: plan_config(reconciled(state(primary=dead("primary")))),
    "reconcile config.json, manual edit": lambda: plan_config(
        reconciled(state(region("primary", "failover", None), region("failover", "failover", None)))
    ),
    "reconcile config.json, no command wrote it": lambda: plan_config(
        reconciled(moved(), event_keys={"primary": frozenset(), "failover": frozenset()})
    ),
    "reconcile config.json, an older file": lambda: plan_config(
        replace(
            reconciled(
                moved(),
                event(
                    6,
                    "done",
                    steps=(StepTaken(step=f"Write config.json in {EAST}", result="done", detail="generation 6"),),
                ),
            ),
            journal_generation=6,
        )
    ),
    "reconcile documents and deletions": lambda: plan_documents(
        reconciled(
            moved(
                primary={"replication": left(missing("never"), deleted("a"), deleted("b"))},
                failover={"replication": left(deleted("c"), source="failover")},
            )
        )
    ),
    "reconcile documents": lambda: plan_documents(
        reconciled(
            moved(
                primary={"knowledge_base": BEHIND},
                failover={"replication": left(missing("never"), missing("deleted"), source="failover")},
            ),
            event(4, "incomplete", pending_writes=(LATE,)),
            event(5, "started", command="failback"),
            event(6, "unknown", minutes=1),
        )
    ),
    "reconcile documents, primary lost": lambda: plan_documents(
        reconciled(
            state(primary=dead("primary")),
            event(4, "started"),
            event(5, "unknown"),
            event(6, "started", command="reconcile"),
        )
    ),
    "reconcile documents, unread Knowledge Base": lambda: plan_documents(
        reconciled(moved(primary={"knowledge_base": Unavailable("answers AccessDenied")}))
    ),
    "reconcile an interrupted copy": lambda: plan_rest(
        reconciled(moved()), {"failover": (missing("never"), missing("older")), "primary": ()}, reason="r"
    ),
}


@pytest.mark.parametrize("name", PLANS)
def test_a_plan_is_the_reviewed_one(name: str, snapshot: SnapshotAssertion) -> None:
    assert "\n".join(describe(PLANS[name]())) == snapshot


def describe(plan: Plan) -> Iterator[str]:
    yield f"{plan.command}: {plan.summary}; from {plan.source!r} to {plan.target!r}, generation {plan.generation}"
    for step in plan.steps:
        yield f"{step.title!r} in {step.region!r}: {_describe_action(step.action)}"
    yield from (f"refused: {one.reason} (overridable: {one.overridable})" for one in plan.refusals)
    yield from (f"note: {note}" for note in plan.notes)
    yield from (f"pending: {pprint.pformat(one.model_dump(), width=200)}" for one in plan.pending_writes)
    if plan.event is not None:
        yield f"event: {pprint.pformat({**plan.event.model_dump(), 'id': ''}, width=200)}"


def _describe_action(action: object) -> str:
    if isinstance(action, PutConfig):
        return f"PutConfig over {action.seen.role} {action.seen.text!r}: {action.text} as {action.config}"
    if isinstance(action, CopyDocuments):
        copied = [(one.document.key, one.why) for one in action.documents]
        return f"CopyDocuments {action.source} -> {action.destination}: {copied}"
    if isinstance(action, CopyEvents):
        events = [pprint.pformat(one.model_dump(), width=200) for one in action.events]
        return "\n  ".join([f"CopyEvents {action.role}:", *events])
    return repr(action)

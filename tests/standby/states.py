"""States of a deployment, built from their differences to a healthy one."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from standby.deployment.manifest import Role
from standby.operations.facts.documents import Document, MissingDocument, Replication
from standby.operations.facts.health import Health
from standby.operations.facts.knowledge_base import KnowledgeBaseState
from standby.operations.facts.state import Alarms, Queues, RegionState, State
from tests.standby.helpers import DOWN, HEALTHY, MANIFEST, NOON, changed, config, copy_of
from tests.standby.manifests import REGIONS

IN_STEP = KnowledgeBaseState(documents=2, indexed=2, failed=0, in_sync=True, running=False, last_job=None)
BEHIND = changed(IN_STEP, in_sync=False)
SICK = Health(status="degraded", checks={"retrieve": "AccessDenied"})


def missing(why: str, *, age: int = 60) -> MissingDocument:
    document = Document(key=f"{why}.txt", etag='"1"', size=1, modified=NOON - timedelta(seconds=age))
    return MissingDocument(document=document, why=why)  # type: ignore[arg-type]  # one of the words


def region(role: Role, serving: Role = "primary", generation: int | None = 3, /, **said: object) -> RegionState:
    well = RegionState(
        role=role,
        region=REGIONS[role],
        copy=copy_of(role, config(serving, generation)),
        health=HEALTHY,
        knowledge_base=IN_STEP,
        replication=Replication(source=role, configured=True),
        queues=Queues(waiting=0, in_flight=0, dead_letters=0),
        alarms=Alarms(in_alarm=(), total=8),
    )
    return replace(well, **said)  # type: ignore[arg-type]  # a test says which part differs


def dead(role: Role) -> RegionState:
    return region(role, copy=DOWN, health=DOWN, knowledge_base=DOWN, replication=DOWN, queues=DOWN, alarms=DOWN)


def state(primary: RegionState | None = None, failover: RegionState | None = None) -> State:
    return State(
        manifest=MANIFEST,
        where="TEST",
        now=NOON,
        regions={"primary": primary or region("primary"), "failover": failover or region("failover")},
        events=(),
    )


def moved(*, primary: Mapping[str, object] = {}, failover: Mapping[str, object] = {}) -> State:
    """Return a state in which the failover region serves, in generation 4."""
    return state(region("primary", "failover", 4, **primary), region("failover", "failover", 4, **failover))


def left(*found: MissingDocument, source: Role = "primary") -> Replication:
    return Replication(source=source, configured=True, differences=found)

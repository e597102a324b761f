"""The state of a deployment as far as it is known: records without behaviour, filled by `status.gather_status`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from standby.deployment.concurrency import Unavailable
from standby.deployment.manifest import Manifest, Role
from standby.deployment.routing_config import ConfigCopy, authoritative_copy
from standby.operations.facts.health import Health
from standby.operations.facts.journal import Event, is_reconciled_since, is_superseded
from standby.operations.facts.knowledge_base import KnowledgeBaseState
from standby.operations.facts.replication import Replication


@dataclass(frozen=True, kw_only=True)
class Queues:
    """Events that wait for `ingest`, that it is working on, and those that it could never take."""

    waiting: int
    in_flight: int
    dead: int


@dataclass(frozen=True, kw_only=True)
class Alarms:
    """The names of the alarms that are in ALARM, and how many there are in all."""

    in_alarm: tuple[str, ...]
    total: int


@dataclass(frozen=True, kw_only=True)
class RegionState:
    """What is known of one region. `replication` is the direction from it to the other one."""

    role: Role
    region: str
    copy: ConfigCopy | Unavailable
    health: Health | Unavailable
    knowledge: KnowledgeBaseState | Unavailable
    replication: Replication | Unavailable
    queues: Queues | Unavailable
    alarms: Alarms | Unavailable

    @property
    def down(self) -> str:
        """Why the whole region does not answer; "" when any part of it does."""
        facts = (self.copy, self.health, self.queues, self.alarms)
        unreachable = [fact for fact in facts if isinstance(fact, Unavailable) and fact.unreachable]
        return unreachable[0].why if len(unreachable) == len(facts) else ""


def copies_alone(manifest: Manifest, role: Role, copy: ConfigCopy | Unavailable) -> RegionState:
    """Return what is known of a region that was asked for nothing but its copy of config.json."""
    unknown = Unavailable("was not asked")
    return RegionState(
        role=role,
        region=manifest.regions[role].region,
        copy=copy,
        health=unknown,
        knowledge=unknown,
        replication=unknown,
        queues=unknown,
        alarms=unknown,
    )


@dataclass(frozen=True, kw_only=True)
class State:
    """Everything that is known at one moment. `events` are the journals' last ones, merged."""

    manifest: Manifest
    where: str
    now: datetime
    regions: Mapping[Role, RegionState]
    events: tuple[Event, ...]

    @property
    def copies(self) -> Mapping[Role, ConfigCopy | Unavailable]:
        """Both copies of config.json."""
        return {role: region.copy for role, region in self.regions.items()}

    @property
    def held(self) -> ConfigCopy | None:
        """The copy that holds."""
        return authoritative_copy(self.copies)

    @property
    def unfinished(self) -> tuple[Event, ...]:
        """The events that have not ended, or left something; not those that a later one made void."""
        held = self.held
        config = held.config if held is not None else None
        if config is None or config.generation is None:
            return tuple(event for event in self.events if event.open)
        return tuple(
            event
            for event in self.events
            if event.open
            and not is_superseded(event, generation=config.generation, updated_at=config.updated_at)
            and not is_reconciled_since(event, self.events)
        )

    @property
    def serving(self) -> Role | None:
        """Who serves; None when config.json names neither region, or nobody knows it."""
        held = self.held
        return self.manifest.role_of(held.config.api_url) if held is not None and held.config is not None else None

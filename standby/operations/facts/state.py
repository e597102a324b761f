"""The known state of a deployment: records, filled by `collect.collect_state`."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from standby.deployment.concurrency import Unavailable
from standby.deployment.manifest import Manifest, Role
from standby.deployment.routing_config import (
    ConfigCopy,
    RoutingConfig,
    authoritative_copy,
    copies_agree,
    serving_role,
)
from standby.json_model import JsonModel
from standby.operations.facts.automatic import AutomaticState
from standby.operations.facts.comparisons.comparison_record import PastReplication
from standby.operations.facts.config_differences import describe_differences
from standby.operations.facts.dns import DnsState
from standby.operations.facts.documents import Replication
from standby.operations.facts.health import Health
from standby.operations.facts.journal import (
    Event,
    InvalidEvent,
    is_reconciled_since,
    is_superseded,
    is_written_by_event,
    last_written,
)
from standby.operations.facts.knowledge_base import KnowledgeBaseState
from standby.operations.facts.readiness import Requirements


class Queues(JsonModel):
    """Messages of the ingestion queue: waiting, in flight, and in both dead-letter queues."""

    waiting: int
    in_flight: int
    dead_letters: int


class Alarms(JsonModel):
    """The names of the alarms in state ALARM, of those whose actions are disabled, and the number of all alarms."""

    in_alarm: tuple[str, ...]
    disabled: tuple[str, ...] = ()
    total: int


@dataclass(frozen=True, kw_only=True)
class RegionState:
    """The facts about one region. `replication` is the direction from it to the other region.

    `requirements` are what a user needs there. `status` reads them, and the other commands do not.
    """

    role: Role
    region: str
    copy: ConfigCopy | Unavailable
    health: Health | Unavailable
    knowledge_base: KnowledgeBaseState | Unavailable
    replication: Replication | PastReplication | Unavailable
    queues: Queues | Unavailable
    alarms: Alarms | Unavailable
    requirements: Requirements = field(default_factory=dict)

    @property
    def down(self) -> str:
        """The reason why nothing in the region answers; "" if any part of it answers."""
        facts = (self.copy, self.health, self.queues, self.alarms)
        unreachable = [fact for fact in facts if isinstance(fact, Unavailable) and fact.unreachable]
        return unreachable[0].why if len(unreachable) == len(facts) else ""

    @property
    def is_sick(self) -> bool:
        """Whether a part of the region does not answer. Then its other answers are no ground for a change."""
        facts = (self.copy, self.health, self.queues, self.alarms)
        return any(isinstance(fact, Unavailable) and fact.unreachable for fact in facts)


def region_state_of_copy(manifest: Manifest, role: Role, copy: ConfigCopy | Unavailable) -> RegionState:
    """Return the state of a region of which only the copy of config.json was read."""
    not_asked = Unavailable("was not asked")
    return RegionState(
        role=role,
        region=manifest.regions[role].region,
        copy=copy,
        health=not_asked,
        knowledge_base=not_asked,
        replication=not_asked,
        queues=not_asked,
        alarms=not_asked,
    )


@dataclass(frozen=True, kw_only=True)
class State:
    """All facts at one time. `events` are the last events of both journals, merged.

    `invalid_events` are the objects of both journals that are no events. `event_keys` are the keys of the newest
    generations of each journal that was read. `rehearsed`: the deployment is in a rehearsal.
    `automatic` is None without a controller, and where it was not asked.
    """

    manifest: Manifest
    where: str
    now: datetime
    regions: Mapping[Role, RegionState]
    events: tuple[Event, ...]
    invalid_events: tuple[InvalidEvent, ...] = ()
    event_keys: Mapping[Role, frozenset[str]] = field(default_factory=dict)
    rehearsed: bool = False
    automatic: AutomaticState | None = None
    dns: DnsState | None = None
    """What the API's name in DNS answers; None if it has no name, or if nobody asked."""

    @property
    def copies(self) -> Mapping[Role, ConfigCopy | Unavailable]:
        """Both copies of config.json."""
        return {role: region.copy for role, region in self.regions.items()}

    @property
    def invalid_copies(self) -> tuple[ConfigCopy, ...]:
        """The copies of config.json that exist and are invalid."""
        copies = self.copies.values()
        return tuple(copy for copy in copies if isinstance(copy, ConfigCopy) and copy.state == "invalid")

    @property
    def authoritative(self) -> ConfigCopy | None:
        """The authoritative copy of config.json; None if no valid copy is known."""
        return authoritative_copy(self.copies)

    @property
    def config(self) -> RoutingConfig | None:
        """The config in the authoritative copy; None if no valid copy is known."""
        copy = self.authoritative
        return copy.config if copy is not None else None

    @property
    def serving(self) -> Role | None:
        """The role of the serving region; None if config.json names neither region, or no valid copy is known."""
        return serving_role(self.manifest, self.copies)

    @property
    def is_unexplained(self) -> bool:
        """Whether no command wrote the authoritative generation, with certainty: both journals were read."""
        config = self.config
        if config is None or len(self.event_keys) < len(self.regions):
            return False
        return not is_written_by_event(config, frozenset().union(*self.event_keys.values()))

    @property
    def last_config_event(self) -> Event | None:
        """The event of a higher generation than the authoritative one, if config.json has had it in a region.

        An older file has replaced it since. Pages that have seen it obey no lower one.
        """
        config, event = self.config, last_written(self.events)
        if config is None or config.generation is None or event is None or event.generation <= config.generation:
            return None
        return event

    @property
    def unread_journals(self) -> tuple[str, ...]:
        """The regions whose journal could not be read in time: what only their journals hold is unknown."""
        return tuple(
            region.region
            for region in self.regions.values()
            if isinstance(region.requirements.get("journalRead"), Unavailable)
        )

    @property
    def unfinished(self) -> tuple[Event, ...]:
        """The events that are still open, except for those that a later event superseded."""
        config = self.config
        if config is None or config.generation is None:
            return tuple(event for event in self.events if event.open)
        return tuple(
            event
            for event in self.events
            if event.open
            and not is_superseded(event, generation=config.generation, updated_at=config.updated_at)
            and not is_reconciled_since(event, self.events)
        )


def find_config_problems(state: State) -> Iterator[str]:
    """Yield what is wrong with the copies of config.json.

    Besides `find_config_conflicts`, a copy can be manually edited.
    """
    yield from find_config_conflicts(state)
    for copy in state.copies.values():
        if isinstance(copy, ConfigCopy) and copy.config is not None and copy.config.manually_edited:
            yield f"config.json in {copy.region} is manually edited: run `standby reconcile`"


def find_config_conflicts(state: State) -> Iterator[str]:
    """Yield what leaves open where users are or should be: no command may write over it without being told to.

    A copy can be absent, invalid, or different from the manifest, or have a generation that no command wrote. Both
    copies can disagree.
    """
    copies = [copy for copy in state.copies.values() if isinstance(copy, ConfigCopy)]
    for copy in copies:
        if copy.state == "absent":
            yield f"{copy.region} has no config.json"
        elif copy.config is None:
            sick = state.regions[copy.role].is_sick
            remedy = "the region is sick" if sick else "correct it, or run `standby reconcile --force`"
            yield f"config.json in {copy.region} is invalid: {remedy}"
    for difference in describe_differences(state.manifest, state.copies):
        yield f"{difference}: run `standby reconcile`"
    if state.is_unexplained and state.config is not None:
        yield f"no command wrote the generation {state.config.generation} of config.json: run `standby reconcile`"
    if state.config is not None and (event := state.last_config_event):
        older = f"config.json has an older generation ({state.config.generation}) than"
        yield f"{older} `{event.command}` wrote ({event.generation}): run `standby reconcile`"
    valid = [copy for copy in copies if copy.config is not None]
    if len(valid) > 1 and not copies_agree(state.copies):
        said = ", ".join(f"{copy.region} says {_describe(state, copy)}" for copy in valid)
        yield f"the copies of config.json disagree: {said}: run `standby reconcile`"


def _describe(state: State, copy: ConfigCopy) -> str:
    if copy.config is None:
        return "nothing"
    role = state.manifest.role_of(copy.config.api_url)
    region = state.manifest.regions[role].region if role else copy.config.api_url
    return f"{region} (manually edited)" if copy.config.manually_edited else f"{region} generation {copy.generation}"

"""The facts for the plans of a reconciliation: first config.json, then everything that differs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final

from standby.deployment.concurrency import (
    STALL_SECONDS,
    ConcurrentCalls,
    Unavailable,
    attempt,
    map_concurrently,
    run_concurrently,
)
from standby.deployment.connection import Connection
from standby.deployment.manifest import ROLES, Manifest, Region, Role
from standby.deployment.routing_config import ConfigCopies, ConfigCopy
from standby.operations.facts import journal
from standby.operations.facts.collect import collect_state
from standby.operations.facts.documents import FULL_DEPTH
from standby.operations.facts.journal import Event, InvalidEvent
from standby.operations.facts.long_journal.journal_keys import list_newest_objects
from standby.operations.facts.state import State, region_state_of_copy
from standby.operations.facts.switch_facts import read_copies, read_identity

JOURNAL_SECONDS: Final = 300.0
"""The time limit of a journal that makes progress: each page of a thousand keys has three seconds."""
RECENT_EVENTS: Final = 100
"""The number of the newest events, and of the newest generations' first events, that are read."""
COMPARED_EVENTS: Final = 1000
"""The number of the newest keys in which an event that one journal lacks is looked for. Older events are left alone."""
READ_ATTEMPTS: Final = 3
"""How often the copies of config.json are read while commands write them; a second time is rare."""


@dataclass(frozen=True, kw_only=True)
class ReconcileFacts:
    """A state, and the events that matter of each region's journal that answered.

    A plan for config.json needs only the copies in the state; a plan for documents needs every missing document.
    `journal_generation` is the highest generation in any journal, including events that cannot be read.
    `unread_journals` are the journals that were not read, which may have a higher one. `invalid_events` are the objects
    of each journal that was read that are no events.
    """

    state: State
    journals: Mapping[Role, tuple[Event, ...]]
    journal_generation: int
    actor: str
    unread_journals: Mapping[Role, Unavailable] = field(default_factory=dict)
    invalid_events: Mapping[Role, tuple[InvalidEvent, ...]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Journal:
    """The events of one region's journal that a reconciliation needs, their keys, and the highest generation.

    `keys` are the newest `COMPARED_EVENTS` keys at least, or all. `invalid` are the objects among those that were read
    that are no events.
    """

    keys: frozenset[str]
    events: tuple[Event, ...]
    invalid: tuple[InvalidEvent, ...]
    generation: int


def collect_config_facts(connection: Connection, manifest: Manifest) -> ReconcileFacts:
    """Read both copies of config.json and the journals. A region that is down costs three seconds.

    If a journal has a later config than the copies, they are read again: a command may have written them meanwhile. A
    reconciliation that took its write for a lost one would undo it.
    """
    copies = read_copies(connection, manifest)
    for _ in range(READ_ATTEMPTS):
        facts = _collect_facts_of_copies(connection, manifest, copies)
        if facts.state.last_config_event is None:
            break
        before, copies = copies, read_copies(connection, manifest)
        if copies == before:
            break
    return facts


def _collect_facts_of_copies(connection: Connection, manifest: Manifest, copies: ConfigCopies) -> ReconcileFacts:
    state = State(
        manifest=manifest,
        where=connection.where,
        now=connection.clients.clock.now(),
        regions={role: region_state_of_copy(manifest, role, copy) for role, copy in copies.items()},
        events=(),
    )
    up = [role for role in ROLES if isinstance(state.copies[role], ConfigCopy)]
    return _with_journals(connection, state, read_journals(connection, manifest, *up))


def collect_document_facts(connection: Connection, manifest: Manifest) -> ReconcileFacts:
    """Read the complete state with every missing document. Ten million documents take minutes."""
    reader = ConcurrentCalls({"journals": partial(read_journals, connection, manifest, *ROLES)})
    state = collect_state(connection, manifest, depth=FULL_DEPTH)
    reader.wait(["journals"], seconds=JOURNAL_SECONDS)
    read = reader.results_so_far(JOURNAL_SECONDS)["journals"]
    return _with_journals(connection, state, dict.fromkeys(ROLES, read) if isinstance(read, Unavailable) else read)


def read_journals(connection: Connection, manifest: Manifest, *roles: Role) -> Mapping[Role, Journal | Unavailable]:
    """Return the highest generation of each journal, and the events that a reconciliation needs."""
    listings = run_concurrently(
        {role: partial(_list_journal, connection, manifest.regions[role]) for role in roles}, seconds=JOURNAL_SECONDS
    )
    keys = {role: found for role, found in listings.items() if not isinstance(found, Unavailable)}
    unread = {role: found for role, found in listings.items() if isinstance(found, Unavailable)}
    wanted = select_keys(keys.values())
    tasks = {role: partial(_read_journal, connection, manifest.regions[role], keys[role], wanted) for role in keys}
    return {**unread, **run_concurrently(tasks, seconds=JOURNAL_SECONDS)}


def _with_journals(connection: Connection, state: State, read: Mapping[Role, Journal | Unavailable]) -> ReconcileFacts:
    manifest = state.manifest
    up = [role for role in ROLES if isinstance(state.copies[role], ConfigCopy)]
    found: dict[Role, Journal | Unavailable] = {
        role: copy for role, copy in state.copies.items() if isinstance(copy, Unavailable)
    }
    found |= {role: read[role] for role in up}
    journals = {role: read for role, read in found.items() if isinstance(read, Journal)}
    arn = attempt(partial(read_identity, connection, manifest.regions[up[0]].region)) if up else "unknown"
    return ReconcileFacts(
        state=replace(
            state,
            events=journal.merge_events(read.events for read in journals.values()),
            event_keys={role: read.keys for role, read in journals.items()},
        ),
        journals={role: read.events for role, read in journals.items()},
        journal_generation=max((read.generation for read in journals.values()), default=0),
        actor=journal.describe_actor(arn if isinstance(arn, str) else "unknown"),
        unread_journals={role: read for role, read in found.items() if isinstance(read, Unavailable)},
        invalid_events={role: read.invalid for role, read in journals.items()},
    )


def _list_journal(connection: Connection, region: Region) -> tuple[str, ...]:
    s3 = connection.clients.listing_s3(region.region)
    return tuple(filter(journal.is_event_key, list_newest_objects(s3, region, number=COMPARED_EVENTS)))


def select_keys(journals: Iterable[tuple[str, ...]]) -> frozenset[str]:
    """Return the keys of the events to read: the newest ones, and those that one of the journals lacks.

    The first event of a generation is usually the command that wrote it, so the last switch is among them. Pure.
    """
    sets = [frozenset(keys) for keys in journals]
    every = sorted(frozenset().union(*sets))
    heads = {journal.parse_generation(key): key for key in reversed(every)}
    lacking = [key for key in every[-COMPARED_EVENTS:] if not all(key in keys for keys in sets)]
    return frozenset((*every[-RECENT_EVENTS:], *lacking, *sorted(heads.values())[-RECENT_EVENTS:]))


def _read_journal(connection: Connection, region: Region, keys: tuple[str, ...], wanted: frozenset[str]) -> Journal:
    s3 = connection.clients.retrying_s3(region.region)
    chosen = [key for key in keys if key in wanted]
    found = map_concurrently(chosen, partial(journal.read_object, s3, region), stall_seconds=STALL_SECONDS)
    events, invalid = journal.split_events(found)
    return Journal(
        keys=frozenset(keys),
        events=events,
        invalid=invalid,
        generation=max(map(journal.parse_generation, keys), default=0),
    )

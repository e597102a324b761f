"""Plan what is to be written into the journals: what one of them lacks, and how what was left ended. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from standby.deployment.manifest import Role
from standby.operations.facts.journal import Event, end_event
from standby.operations.facts.state import State
from standby.operations.plans.plan import CopyEvents, Step
from standby.text import pluralize

ABANDONED: Final = timedelta(minutes=5)
"""After so long an event that never ended is one whose operator's machine is gone: no command changes things longer
without writing it down."""


def closing_steps(state: State, journals: Mapping[Role, tuple[Event, ...]], *, left: frozenset[str]) -> Iterator[Step]:
    """Complete each journal that answered. `left` is what of an event's unwritten parts cannot be done now."""
    working = {event.key for event in state.unfinished}
    wanted = [_closed(event, state.now, void=event.key not in working, left=left) for event in state.events]
    for role, known in journals.items():
        have = {event.key: event for event in known}
        write = tuple(event for event in wanted if have.get(event.key) != event)
        if write:
            title = f"Complete the journal ({pluralize(len(write), 'event')})"
            yield Step(title=title, region=state.regions[role].region, action=CopyEvents(role=role, events=write))


def _closed(event: Event, now: datetime, *, void: bool, left: frozenset[str]) -> Event:
    if event.result in {"incomplete", "failed"} and not any(part.what in left for part in event.pending_writes):
        return replace(event, result="done" if event.result == "incomplete" else "failed", pending_writes=())
    if event.result == "started" and (void or now - datetime.fromisoformat(event.started_at) > ABANDONED):
        return end_event(event, "failed", now=now)
    return event

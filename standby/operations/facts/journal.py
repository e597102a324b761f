"""Who did what, when, and how it ended: one object for each event, in both regions' frontend buckets.

The prefix is denied to CloudFront by the bucket policy. Keys begin with the generation, so that a listing is ordered
and the highest generation is known without reading anything.
"""

import getpass
import json
import re
import secrets
import socket
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

from standby.deployment.manifest import Region

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PREFIX: Final = "standby/journal/"
_KEY: Final = re.compile(rf"^{PREFIX}(?P<generation>\d{{12}})-(?P<started>\d{{8}}T\d{{12}}Z)-(?P<id>[0-9a-z]+)\.json$")

Result = Literal["started", "incomplete", "failed", "lost", "done"]
RESULTS: Final[tuple[Result, ...]] = get_args(Result)


@dataclass(frozen=True, kw_only=True)
class StepTaken:
    """One step of an event: what, how it ended, and when."""

    step: str
    result: str
    detail: str = ""
    at: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, kw_only=True)
class PendingWrite:
    """What could not be written to a region, and why: `reconcile` does it later."""

    region: str
    what: str
    why: str


@dataclass(frozen=True, kw_only=True)
class Event:
    """One command that changed something, or tried to."""

    id: str
    generation: int
    command: str
    actor: str
    reason: str = ""
    started_at: str
    ended_at: str | None = None
    result: Result = "started"
    source: str = ""
    target: str = ""
    steps: tuple[StepTaken, ...] = ()
    pending_writes: tuple[PendingWrite, ...] = ()

    @property
    def key(self) -> str:
        """The key of this event's object."""
        moment = datetime.fromisoformat(self.started_at)
        return f"{PREFIX}{self.generation:012d}-{moment:%Y%m%dT%H%M%S%f}Z-{self.id}.json"

    @property
    def open(self) -> bool:
        """Whether something of this event is still to be done. One that failed may have left something, too."""
        return self.result in {"started", "incomplete"} or (self.result == "failed" and bool(self.pending_writes))


def new_event(
    *, generation: int, command: str, actor: str, reason: str, source: str, target: str, now: datetime
) -> Event:
    """Return an event that begins now."""
    return Event(
        id=secrets.token_hex(4),
        generation=generation,
        command=command,
        actor=actor,
        reason=reason,
        started_at=format_time(now),
        source=source,
        target=target,
    )


def format_time(moment: datetime) -> str:
    """Return a moment as text, to the microsecond, in UTC."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}Z"


def end_event(event: Event, result: Result, *, now: datetime) -> Event:
    """Return the event as ended."""
    return replace(event, result=result, ended_at=format_time(now))


def render_event(event: Event) -> str:
    """Return the event as JSON text."""
    return json.dumps(event_json(event), indent=1)


def event_json(event: Event) -> dict[str, object]:
    """Return the event as JSON values."""
    return {
        "schemaVersion": 2,
        "id": event.id,
        "generation": event.generation,
        "command": event.command,
        "actor": event.actor,
        "reason": event.reason,
        "startedAt": event.started_at,
        "endedAt": event.ended_at,
        "result": event.result,
        "from": event.source,
        "to": event.target,
        "steps": [asdict(step) for step in event.steps],
        "pendingWrites": [asdict(part) for part in event.pending_writes],
    }


def parse_event(text: str) -> Event:
    """Read an event. Raises `ValueError` for anything else."""
    try:
        return _event(json.loads(text))
    except (KeyError, TypeError, AttributeError, ValueError, OverflowError) as error:
        raise ValueError(f"not an event: {error!r}") from error


def _event(document: Any) -> Event:  # noqa: ANN401 - whatever JSON was there
    datetime.fromisoformat(document["startedAt"])
    if document["result"] not in RESULTS:
        raise ValueError(f"not a result: {document['result']!r}")
    return Event(
        id=document["id"],
        generation=int(document["generation"]),
        command=document["command"],
        actor=document["actor"],
        reason=document.get("reason", ""),
        started_at=document["startedAt"],
        ended_at=document.get("endedAt"),
        result=document["result"],
        source=document.get("from", ""),
        target=document.get("to", ""),
        steps=tuple(StepTaken(**step) for step in document.get("steps", ())),
        pending_writes=tuple(PendingWrite(**part) for part in document.get("pendingWrites", ())),
    )


def parse_generation(key: str) -> int:
    """Return the generation that an event's key begins with, 0 for another key."""
    match = _KEY.match(key)
    return int(match["generation"]) if match else 0


def describe_actor(arn: str) -> str:
    """Return who this is: the identity in AWS, and the person and machine."""
    try:
        return f"{arn} ({getpass.getuser()}@{socket.gethostname()})"
    except (KeyError, OSError):  # no name for this user id, as in some containers
        return f"{arn} (?@{socket.gethostname()})"


def list_keys(s3: "S3Client", region: Region) -> tuple[str, ...]:
    """Return the keys of the region's events, oldest first. Raises botocore's errors."""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=region.frontend_bucket, Prefix=PREFIX)
    return tuple(found["Key"] for page in pages for found in page.get("Contents", []) if _KEY.match(found["Key"]))


def read_event(s3: "S3Client", region: Region, key: str) -> Event | None:
    """Return one event; None where something else lies there. Raises botocore's errors."""
    text = s3.get_object(Bucket=region.frontend_bucket, Key=key)["Body"].read().decode("utf-8", errors="replace")
    try:
        return parse_event(text)
    except ValueError:
        return None


def read_events_of_generation(s3: "S3Client", region: Region, *, generation: int) -> tuple[Event, ...]:
    """Return the region's events of one generation. Raises botocore's errors."""
    prefix = f"{PREFIX}{generation:012d}-"
    found = s3.list_objects_v2(Bucket=region.frontend_bucket, Prefix=prefix).get("Contents", [])
    events = (read_event(s3, region, entry["Key"]) for entry in found)
    return tuple(event for event in events if event is not None)


def write_event(s3: "S3Client", region: Region, event: Event) -> None:
    """Write an event, in place of what it said before. Raises botocore's errors."""
    s3.put_object(
        Bucket=region.frontend_bucket,
        Key=event.key,
        Body=render_event(event).encode(),
        ContentType="application/json",
        CacheControl="no-store",
    )


def merge_events(by_region: Iterable[Iterable[Event]]) -> tuple[Event, ...]:
    """Return the events of all regions, each once, oldest first; of two states of one event, the one that ended."""
    newest: dict[str, Event] = {}
    for event in (event for events in by_region for event in events):
        seen = newest.get(event.key)
        if seen is None or _rank(event) > _rank(seen):
            newest[event.key] = event
    return tuple(newest[key] for key in sorted(newest))


def _rank(event: Event) -> tuple[int, str]:
    return (RESULTS.index(event.result), event.ended_at or "")


def last_switch(events: Iterable[Event]) -> Event | None:
    """Return the last failover or failback that took place; one that was lost to another did not."""
    moved = [event for event in events if event.command in {"failover", "failback"} and event.result != "lost"]
    return max(moved, key=lambda event: event.key, default=None)


def is_superseded(event: Event, *, generation: int, updated_at: str) -> bool:
    """Tell whether an event that never ended can have no effect any more.

    What holds is of a higher generation, or of the same and somebody else's: a write on condition of what was there
    before fails by now. Its operator's machine is gone, or will find out that it lost.
    """
    if event.result != "started" or event.generation > generation:
        return False
    if event.generation < generation:
        return True
    return event.command != "reconcile" and event.started_at != updated_at


def is_reconciled_since(event: Event, events: Iterable[Event]) -> bool:
    """Tell whether nothing has to be known of a `reconcile` that never ended: a later one has gone well.

    What that one left of the documents, if anything, is found by comparing them and by no journal.
    """
    if event.command != "reconcile" or event.result != "started":
        return False
    return any(other.command == "reconcile" and other.result == "done" and other.key > event.key for other in events)


def find_event_of_config(events: Iterable[Event], *, generation: int | None, updated_at: str) -> Event | None:
    """Return the event that wrote a given config: same generation, and the very moment that the config carries."""
    same = [event for event in events if event.generation == generation]
    return next((event for event in same if event.started_at == updated_at), None)

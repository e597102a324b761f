"""The journal: one object for each command that changed something, in the frontend buckets of both regions.

The bucket policy denies CloudFront the journal's prefix. Keys begin with the generation. So a listing is ordered, and
it contains the highest generation: no object must be read.
"""

import getpass
import json
import socket
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Final, Literal, get_args

from botocore.exceptions import ClientError
from pydantic import AfterValidator, ConfigDict, Field, ValidationError

from standby.deployment.answers import take_count, take_list, take_text
from standby.deployment.api_call import MAX_BODY_BYTES
from standby.deployment.manifest import Region
from standby.deployment.routing_config import MAX_GENERATION, ConfigCopies, ConfigCopy, RoutingConfig, read_copy
from standby.json_model import ONE_ROW, JsonModel, describe_errors
from standby.operations.facts.bucket_pages import list_keys
from standby.text import one_line, pluralize, printable
from standby_protocol.journal import (
    FIRST_GENERATION,
    PREFIX,
    event_key,
    event_key_prefix,
    format_time,
    is_event_key,
    new_event_document,
    parse_generation,
)

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

__all__ = [
    "CONFIG_WRITES",
    "PREFIX",
    "RESULTS",
    "Event",
    "InvalidEvent",
    "PendingWrite",
    "Result",
    "StepTaken",
    "describe_actor",
    "describe_invalid",
    "end_event",
    "find_event_of_config",
    "format_time",
    "has_landed",
    "is_event_key",
    "is_reconciled_since",
    "is_superseded",
    "is_written_by_event",
    "last_switch",
    "last_written",
    "list_keys_since",
    "list_objects",
    "list_recent_keys",
    "list_recent_objects",
    "merge_events",
    "new_event",
    "parse_event",
    "parse_generation",
    "read_event",
    "read_events_of_config",
    "read_generation",
    "read_object",
    "split_events",
    "write_event",
]

CONFIG_WRITES: Final = ("Write config.json", "Bring config.json to generation")
"""How the titles of the steps begin that write config.json."""

Result = Literal["started", "unknown", "incomplete", "failed", "not verified", "lost", "done"]
RESULTS: Final[tuple[Result, ...]] = get_args(Result)


def _require_time(text: str) -> str:
    if datetime.fromisoformat(text).tzinfo is None:
        raise ValueError("no time zone")
    return text


class StepTaken(JsonModel):
    """One step of an event. `at` is in UTC."""

    step: str
    result: str
    detail: str = ""
    at: str = ""
    seconds: float = 0.0


class InvalidEvent(JsonModel):
    """An object of a region's journal that this version cannot read as an event, and the reason."""

    region: str
    key: str
    why: str


class PendingWrite(JsonModel):
    """A write to a region that failed or was not tried, and the reason: `reconcile` writes it later."""

    region: str
    what: str
    why: str


class Event(JsonModel):
    """One command that changed something, or tried to."""

    # A later version may write more fields.
    model_config = ConfigDict(extra="ignore")

    schema_version: Literal[2] = Field(default=2, description="2")
    id: str = Field(description="distinguishes this event from others of its generation")
    generation: int = Field(
        ge=0, le=MAX_GENERATION, description="the generation that it wrote; of a reconciliation, the authoritative one"
    )
    command: str = Field(description="`failover`, `failback` or `reconcile`")
    actor: str = Field(description="the identity in AWS, and user and machine")
    reason: str = Field(default="", description="the text of `--reason`")
    started_at: Annotated[str, AfterValidator(_require_time)] = Field(
        description="when it began, in UTC; the config.json that it wrote has the same in `updatedAt`"
    )
    ended_at: str | None = Field(
        default=None, description="when it ended; null while it runs, or when its machine is gone"
    )
    result: Result = Field(
        default="started",
        description="`started`, `done`, `incomplete` (something is pending for `reconcile`), `not verified` (all is "
        "written, and a check after it failed), `failed`, `lost` or `unknown` (config.json may have been written)",
    )
    source: str = Field(
        default="", validation_alias="from", serialization_alias="from", description="the region that served before"
    )
    target: str = Field(
        default="", validation_alias="to", serialization_alias="to", description="the region that was to serve"
    )
    steps: Annotated[tuple[StepTaken, ...], ONE_ROW] = Field(
        default=(), description="`step`, `result`, `detail`, `at` (UTC) and `seconds` of each step"
    )
    pending_writes: Annotated[tuple[PendingWrite, ...], ONE_ROW] = Field(
        default=(), description="`region`, `what` and `why` of each write that is pending for `reconcile`"
    )

    @property
    def key(self) -> str:
        """The key of this event's object."""
        return event_key(generation=self.generation, started_at=self.started_at, id_=self.id)

    @property
    def open(self) -> bool:
        """Whether something of this event remains to be done. A failed event can have pending writes, too."""
        return self.result in {"started", "unknown", "incomplete"} or (
            self.result in {"failed", "not verified"} and bool(self.pending_writes)
        )


def new_event(
    *, generation: int, command: str, actor: str, reason: str, source: str, target: str, now: datetime
) -> Event:
    """Return an event that begins now."""
    document = new_event_document(
        generation=generation, command=command, actor=actor, reason=reason, source=source, target=target, now=now
    )
    return Event.from_json(document)


def end_event(event: Event, result: Result, *, now: datetime) -> Event:
    """Return the event with its result and its end time."""
    return event.model_copy(update={"result": result, "ended_at": format_time(now)})


def parse_event(text: str) -> Event:
    """Read an event. Raises `ValueError` for anything else."""
    try:
        return Event.from_json(json.loads(text))
    except ValidationError as error:
        raise ValueError(f"not an event: {describe_errors(error)}") from error
    except (ValueError, RecursionError) as error:
        raise ValueError(f"not an event: {error}") from error


def describe_actor(arn: str) -> str:
    """Return the operator: the identity in AWS, and the user and machine."""
    try:
        return printable(f"{arn} ({getpass.getuser()}@{socket.gethostname()})")
    except (KeyError, OSError):  # no name for this user id, as in some containers
        return f"{arn} (?@{socket.gethostname()})"


def list_recent_keys(s3: "S3Client", region: Region, *, generations: int) -> tuple[str, ...]:
    """Return the keys of the region's events from N generations before its config.json, oldest first.

    The keys left out have lower generations than config.json, so the highest one is never lost, and 10,000 old events
    cost no call. All keys are listed if the region has no valid config.json, or it may not be read. Raises botocore's
    errors.
    """
    return tuple(filter(is_event_key, list_recent_objects(s3, region, generations=generations)))


def list_keys_since(s3: "S3Client", region: Region, since: int) -> tuple[str, ...]:
    """Return the keys of the region's events whose generation is at least this one. Raises botocore's errors."""
    return tuple(filter(is_event_key, list_objects(s3, region, since=since)))


def list_recent_objects(s3: "S3Client", region: Region, *, generations: int) -> tuple[str, ...]:
    """Return the keys as `list_recent_keys` does, also of objects that are no events. Raises botocore's errors."""
    return list_objects(s3, region, since=max(0, read_generation(s3, region) - generations))


def list_objects(s3: "S3Client", region: Region, *, since: int = 0) -> tuple[str, ...]:
    """Return the keys of all objects under the prefix whose generation is at least `since`, in their order.

    A key without a generation is among them. Raises botocore's errors.
    """
    after = f"{PREFIX}{since:012d}" if since else PREFIX
    return list_keys(s3, region.frontend_bucket, prefix=PREFIX, after=after)


def read_generation(s3: "S3Client", region: Region) -> int:
    """Return the generation of the region's own config.json; 0 if there is no valid one, or it may not be read."""
    try:
        return read_copy(s3, region).generation
    except ClientError:
        return 0


def read_object(s3: "S3Client", region: Region, key: str) -> "Event | InvalidEvent":
    """Return one event, or why the object is none that this version reads. Raises botocore's errors."""
    if not is_event_key(key):
        return InvalidEvent(region=region.region, key=key, why="its key is not the key of an event")
    answer = s3.get_object(Bucket=region.frontend_bucket, Key=key)
    if take_count(answer, "ContentLength") > MAX_BODY_BYTES:
        return InvalidEvent(region=region.region, key=key, why="it is larger than 1 MiB")
    try:
        event = parse_event(answer["Body"].read().decode("utf-8", errors="replace"))
    except ValueError as error:
        return InvalidEvent(region=region.region, key=key, why=one_line(str(error)))
    if event.key != key:
        return InvalidEvent(region=region.region, key=key, why="its key does not fit its content")
    return event


def split_events(found: Iterable["Event | InvalidEvent"]) -> tuple[tuple[Event, ...], tuple[InvalidEvent, ...]]:
    """Return the events and the invalid objects among what was read, each in its order."""
    known = tuple(found)
    events = tuple(one for one in known if isinstance(one, Event))
    return events, tuple(one for one in known if isinstance(one, InvalidEvent))


def describe_invalid(found: Iterable[InvalidEvent]) -> Iterator[str]:
    """Yield a sentence for each region whose journal has objects that are no events."""
    by_region: dict[str, list[InvalidEvent]] = {}
    for one in found:
        by_region.setdefault(one.region, []).append(one)
    for region, those in by_region.items():
        objects = pluralize(len(those), "object")
        yield f"{objects} in the journal of {region} cannot be read as events: `standby journal` names them"


def read_event(s3: "S3Client", region: Region, key: str) -> Event | None:
    """Return one event; None if the object is not an event. Raises botocore's errors."""
    found = read_object(s3, region, key)
    return found if isinstance(found, Event) else None


def read_events_of_config(s3: "S3Client", region: Region, config: RoutingConfig) -> tuple[Event, ...]:
    """Return the event that wrote this config, if the region's journal has it. Raises botocore's errors.

    Its key begins with the generation and with the time in `updatedAt`, so no other event is read.
    """
    try:
        prefix = event_key_prefix(config.generation or 0, config.updated_at)
    except ValueError:  # no command wrote this time
        return ()
    found = take_list(s3.list_objects_v2(Bucket=region.frontend_bucket, Prefix=prefix), "Contents")
    events = (read_event(s3, region, take_text(entry, "Key")) for entry in found)
    return tuple(event for event in events if event is not None)


def write_event(s3: "S3Client", region: Region, event: Event) -> None:
    """Write an event in place of its earlier state. Raises botocore's errors."""
    answer = s3.put_object(
        Bucket=region.frontend_bucket,
        Key=event.key,
        Body=json.dumps(event.as_json(), indent=1).encode(),
        ContentType="application/json",
        CacheControl="no-store",
    )
    take_text(answer, "ETag")


def merge_events(by_region: Iterable[Iterable[Event]]) -> tuple[Event, ...]:
    """Return the events of all regions, each once, oldest first. If an event has two states, return the later one."""
    newest: dict[str, Event] = {}
    for event in (event for events in by_region for event in events):
        seen = newest.get(event.key)
        if seen is None or _rank(event) > _rank(seen):
            newest[event.key] = event
    return tuple(newest[key] for key in sorted(newest))


def last_switch(events: Iterable[Event]) -> Event | None:
    """Return the last failover or failback that took place; a command that lost to another one does not count."""
    moved = [event for event in events if event.command in {"failover", "failback"} and event.result != "lost"]
    return max(moved, key=lambda event: event.key, default=None)


def is_superseded(event: Event, *, generation: int, updated_at: str) -> bool:
    """Return whether an event that never ended can no longer have an effect.

    The authoritative config has a higher generation, or the same one from another command, so a conditional write of
    this event would fail. Its operator's machine stopped, or the command will find that it lost.
    """
    if event.result not in {"started", "unknown"} or event.generation > generation:
        return False
    if event.generation < generation:
        return True
    return event.command != "reconcile" and event.started_at != updated_at


def has_landed(event: Event, copies: ConfigCopies) -> bool | None:
    """Return whether the config.json of a switch is in a bucket: the copies decide, not the journal.

    None if that is not known: a copy cannot be read, or a later config replaced it.
    """
    if event.command == "reconcile":
        return None
    known = [copy for copy in copies.values() if isinstance(copy, ConfigCopy)]
    if any(copy.config is not None and _wrote(event, copy.config) for copy in known):
        return True
    lower = all(copy.generation < event.generation for copy in known)
    return False if lower and len(known) == len(copies) else None


def last_written(events: Iterable[Event]) -> Event | None:
    """Return the event with the highest generation of those that wrote config.json, according to their own steps."""
    wrote = [event for event in events if any(map(_is_config_write, event.steps))]
    return max(wrote, key=lambda event: event.generation, default=None)


def _is_config_write(step: StepTaken) -> bool:
    is_pending = step.detail.startswith("pending: ")
    return step.result == "done" and not is_pending and step.step.startswith(CONFIG_WRITES)


def _wrote(event: Event, config: RoutingConfig) -> bool:
    return (config.generation, config.updated_at) == (event.generation, event.started_at)


def is_reconciled_since(event: Event, events: Iterable[Event]) -> bool:
    """Return whether this is a `reconcile` that never ended and was followed by one that is done.

    Documents that it did not copy are found by comparing the buckets, not by the journal.
    """
    if event.command != "reconcile" or event.result != "started":
        return False
    return any(other.command == "reconcile" and other.result == "done" and other.key > event.key for other in events)


def is_written_by_event(config: RoutingConfig, keys: Iterable[str]) -> bool:
    """Return whether a command wrote this config, according to the keys of a journal.

    The key of its event begins with the generation and with the time in `updatedAt`. Terraform writes the first
    generation, and a manual edit has none: neither needs an event.
    """
    if config.generation is None or config.generation <= FIRST_GENERATION:
        return True
    try:
        prefix = event_key_prefix(config.generation, config.updated_at)
    except ValueError:  # no command wrote this time
        return False
    return any(key.startswith(prefix) for key in keys)


def find_event_of_config(events: Iterable[Event], *, generation: int | None, updated_at: str) -> Event | None:
    """Return the event that wrote a given config: it has the same generation, and it began at `updated_at`."""
    same = [event for event in events if event.generation == generation]
    return next((event for event in same if event.started_at == updated_at), None)


def _rank(event: Event) -> tuple[int, str]:
    return (RESULTS.index(event.result), event.ended_at or "")

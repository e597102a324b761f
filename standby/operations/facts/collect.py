"""Learn the state of a deployment: everything asked at once, a dead region waited for three seconds, no longer."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Final, TypeVar

from standby.deployment.concurrency import ConcurrentCalls, Unavailable, attempt, map_concurrently
from standby.deployment.connection import Connection
from standby.deployment.manifest import ROLES, Manifest, Region, Role, parse_manifest
from standby.deployment.manifest_reader import DISAGREEMENT, fetch_manifest
from standby.deployment.routing_config import ConfigCopy, read_copy
from standby.operations.facts import journal
from standby.operations.facts.documents import Listing, list_documents
from standby.operations.facts.health import QUICK_SECONDS, Health, ask_health
from standby.operations.facts.journal import Event
from standby.operations.facts.knowledge_base import IndexState, KnowledgeBaseState, compare_with_bucket, read_indexed
from standby.operations.facts.replication import STATUS_DEPTH, InspectionDepth, Replication, collect_replication
from standby.operations.facts.state import Alarms, Queues, RegionState, State
from standby.operations.views.verdict import Verdict, judge_state

T = TypeVar("T")

STATUS_SECONDS: Final = 3.0
DEEP_SECONDS: Final = 10.0
LISTING_SECONDS: Final = 60.0
WHOLE_LISTING_SECONDS: Final = 900.0
"""When it is to be known for sure what is missing: a million objects are a thousand pages."""
EVENTS: Final = 50
"""How many events of each journal `status` reads."""

_QUICK: Final = ("manifest", "copy", "quick", "queues", "alarms", "events", "indexed")


Facts = dict[tuple[str, Role], object | Unavailable]
"""What was asked of which region, and what it came to."""


@dataclass(frozen=True, kw_only=True)
class Status:
    """The state and the verdict on it."""

    state: State
    verdict: Verdict


def collect_status(connection: Connection, manifest: Manifest) -> Status:
    """Learn the state and judge it."""
    state = collect_state(connection, manifest)
    return Status(state=state, verdict=judge_state(state))


def collect_state(connection: Connection, manifest: Manifest, *, depth: InspectionDepth = STATUS_DEPTH) -> State:
    """Learn the state; `depth` says how many missing documents are looked at one by one."""
    tasks: dict[tuple[str, Role], Callable[[], object]] = {}
    for role in ROLES:
        tasks |= {(what, role): task for what, task in _tasks(connection, manifest.regions[role]).items()}
    answers = ConcurrentCalls(tasks)
    answers.wait([key for key in tasks if key[0] in _QUICK], seconds=STATUS_SECONDS)
    quick = answers.results_so_far(STATUS_SECONDS)
    up = [role for role in ROLES if isinstance(quick["copy", role], ConfigCopy)]
    answers.wait([("deep", role) for role in ROLES if isinstance(quick["quick", role], Health)], seconds=DEEP_SECONDS)
    listing = LISTING_SECONDS if depth == STATUS_DEPTH else WHOLE_LISTING_SECONDS
    answers.wait([("listing", role) for role in up], seconds=listing)
    found = answers.results_so_far(STATUS_SECONDS)
    replication = _replication(connection, manifest, found, depth=depth)
    return State(
        manifest=_compared(manifest, found),
        where=connection.where,
        now=datetime.now(tz=UTC),
        regions={role: _region(manifest.regions[role], found, replication[role]) for role in ROLES},
        events=journal.merge_events(_events(found["events", role]) for role in ROLES),
    )


def _compared(manifest: Manifest, found: Facts) -> Manifest:
    plain = replace(manifest, disagreement="")
    others = [other for role in ROLES if isinstance(other := found["manifest", role], Manifest)]
    return replace(manifest, disagreement=DISAGREEMENT) if any(other != plain for other in others) else plain


def _tasks(connection: Connection, region: Region) -> dict[str, Callable[[], object]]:
    clients, name = connection.clients, region.region
    return {
        "manifest": lambda: parse_manifest(fetch_manifest(connection, name)),
        "copy": lambda: read_copy(clients.s3(name), region),
        "quick": partial(ask_health, connection, region, deep=False, seconds=QUICK_SECONDS),
        "deep": partial(ask_health, connection, region, deep=True, seconds=DEEP_SECONDS),
        "queues": partial(_queues, connection, region),
        "alarms": partial(_alarms, connection, region),
        "events": partial(_last_events, connection, region),
        "indexed": lambda: read_indexed(clients.bedrock_agent(name), region),
        "listing": lambda: list_documents(clients.retrying_s3(name), region),
    }


def _queues(connection: Connection, region: Region) -> Queues:
    client = connection.clients.sqs(region.region)

    def count(url: str) -> tuple[int, int]:
        waiting, in_flight = "ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"
        answer = client.get_queue_attributes(QueueUrl=url, AttributeNames=[waiting, in_flight])  # type: ignore[list-item]  # both are names of attributes
        return int(answer["Attributes"][waiting]), int(answer["Attributes"][in_flight])  # type: ignore[index]  # the same

    ingest, dead = map_concurrently([region.ingest_queue_url, region.dead_letter_queue_url], count)
    return Queues(waiting=ingest[0], in_flight=ingest[1], dead=sum(dead))


def _alarms(connection: Connection, region: Region) -> Alarms:
    """Return the alarms that go to the region's topic: by their names, `chatbot-*`, `chatbot-staging`'s would be ours.

    Source: docs.aws.amazon.com, CloudWatch, DescribeAlarms, `ActionPrefix`.
    """
    client, topic = connection.clients.cloudwatch(region.region), region.alert_topic_arn
    pages = client.get_paginator("describe_alarms").paginate(ActionPrefix=topic)
    found = [alarm for page in pages for alarm in page["MetricAlarms"] if topic in alarm.get("AlarmActions", [])]
    in_alarm = [alarm["AlarmName"] for alarm in found if alarm["StateValue"] == "ALARM"]
    return Alarms(in_alarm=tuple(sorted(in_alarm)), total=len(found))


def _last_events(connection: Connection, region: Region) -> tuple[Event, ...]:
    s3 = connection.clients.s3(region.region)
    keys = journal.list_keys(s3, region)[-EVENTS:]
    events = map_concurrently(keys, lambda key: journal.read_event(s3, region, key))
    return tuple(event for event in events if event is not None)


def _replication(
    connection: Connection, manifest: Manifest, found: Facts, *, depth: InspectionDepth
) -> dict[Role, Replication | Unavailable]:
    listings: dict[Role, Listing] = {}
    for role in ROLES:
        listing = found["listing", role]
        if not isinstance(listing, Listing):
            region, copy = manifest.regions[role].region, found["copy", role]
            # Whoever did not answer for config.json was not waited for here.
            why = Unavailable(f"not known: {region} {copy if isinstance(copy, Unavailable) else listing}")
            return dict.fromkeys(ROLES, why)
        listings[role] = listing
    return {
        role: attempt(partial(collect_replication, connection, manifest, role, listings, depth=depth)) for role in ROLES
    }


def _region(region: Region, found: Facts, replication: Replication | Unavailable) -> RegionState:
    role = region.role
    quick, deep = found["quick", role], found["deep", role]
    health = deep if isinstance(deep, Health) else quick
    return RegionState(
        role=role,
        region=region.region,
        copy=_known(found["copy", role], ConfigCopy),
        health=_known(health, Health),
        knowledge=_knowledge(found["indexed", role], found["listing", role]),
        replication=replication,
        queues=_known(found["queues", role], Queues),
        alarms=_known(found["alarms", role], Alarms),
    )


def _knowledge(indexed: object, listing: object) -> KnowledgeBaseState | Unavailable:
    if isinstance(indexed, IndexState) and isinstance(listing, Listing):
        return compare_with_bucket(indexed, listing)
    if isinstance(indexed, Unavailable):
        return indexed
    return Unavailable(f"its bucket {listing}", unreachable=isinstance(listing, Unavailable) and listing.unreachable)


def _events(value: object) -> Iterable[Event]:
    return value if isinstance(value, tuple) else ()


def _known(value: object, kind: type[T]) -> T | Unavailable:
    return value if isinstance(value, (kind, Unavailable)) else Unavailable("does not answer")

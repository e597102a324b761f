"""Read the state of a deployment. All reads are concurrent, so a region that is down costs three seconds in total."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final, TypeVar

from standby.deadline import Deadline
from standby.deployment.answers import take, take_count, take_list, take_text
from standby.deployment.concurrency import ConcurrentCalls, Unavailable, look_twice, map_concurrently
from standby.deployment.connection import Connection
from standby.deployment.manifest import ROLES, Manifest, Region, Role, find_differences
from standby.deployment.manifest_reader import fetch_manifest
from standby.deployment.routing_config import ConfigCopy, read_copy
from standby.operations.facts import journal
from standby.operations.facts.automatic import AutomaticState, read_automatic
from standby.operations.facts.comparisons.document_facts import DocumentFacts, Facts, collect_documents
from standby.operations.facts.dns import DnsState, read_dns
from standby.operations.facts.documents import QUICK_DEPTH, STATUS_DEPTH, InspectionDepth, list_first_page
from standby.operations.facts.health import DEEP_SECONDS, SHALLOW_SECONDS, Health, confirm_health, read_health
from standby.operations.facts.journal import Event, InvalidEvent
from standby.operations.facts.knowledge_base import read_index_state
from standby.operations.facts.readiness import QUESTION_SECONDS, deep_tasks, requirement_tasks
from standby.operations.facts.requirements import assess_requirements
from standby.operations.facts.state import Alarms, Queues, RegionState, State

T = TypeVar("T")

FACT_SECONDS: Final = 3.0
STATUS_SECONDS: Final = 1.7
"""The time for all facts of a `status`, which ends within three seconds then. What is late is shown as such."""
COMPARE_SECONDS: Final = 0.6
"""The time in which `status` compares more than a thousand documents. If that is too short, it tells the last
comparison."""
PAGE_SECONDS: Final = 30.0
"""The time for the first page of a listing, if everything else has answered."""
FULL_LISTING_SECONDS: Final = 3600.0
"""The time limit of a comparison that must be complete and makes progress: ten million objects take minutes."""
MAX_EVENTS: Final = 50
"""The number of events that are read from each journal."""

DNS_KEY: Final[tuple[str, Role]] = ("dns", "primary")
"""The key of the look-up of the API's name, which is in no region."""
_DEEP_FACTS: Final = ("deep", "question", "upload")
_QUICK_FACTS: Final = ("manifest", "copy", "shallow", "queues", "alarms", "events", "index")
_LONG_FACTS: Final = {**dict.fromkeys(_DEEP_FACTS, "running"), "listing": "listing its documents"}
"""The facts that may take longer than three seconds in a region that is well, and what a late one is still doing."""


@dataclass(frozen=True, kw_only=True)
class JournalEnd:
    """The end of one region's journal: the keys of its newest generations, and its last events."""

    keys: frozenset[str]
    events: tuple[Event, ...]
    invalid: tuple[InvalidEvent, ...]


Tasks = dict[tuple[str, Role], Callable[[], object]]


def collect_status(connection: Connection, manifest: Manifest, *, deep: bool = False) -> State:
    """Read the state and the requirements of both regions within `STATUS_SECONDS`, or `FACT_SECONDS` with `deep`.

    The listings of both buckets are awaited longer if everything else answered, because neither region is sick then.
    `deep` asks each API a question, and awaits every fact of a region that answers.
    """
    seconds = FACT_SECONDS if deep else STATUS_SECONDS
    deadline = Deadline(seconds)
    tasks = _tasks(connection, manifest) | _status_tasks(connection, manifest, deep=deep)
    if manifest.automatic:
        tasks["automatic", "failover"] = partial(read_automatic, connection, manifest)
    long = {key: _LONG_FACTS[key[0]] for key in tasks if key[0] in _LONG_FACTS}
    calls = ConcurrentCalls(tasks)
    calls.wait([key for key in tasks if key[0] != "listing"], seconds=deadline.remaining)
    answering = _roles_that_answer(calls.results_so_far())
    calls.wait([("listing", role) for role in answering], seconds=deadline.remaining)
    quick = calls.results_so_far(seconds, still=long)
    if deep:
        up = [role for role in ROLES if isinstance(quick["shallow", role], Health)]
        calls.wait([(what, role) for what in _DEEP_FACTS for role in up], seconds=QUESTION_SECONDS)
    if deep or not any(isinstance(found, Unavailable) and found.unreachable for found in quick.values()):
        calls.wait([("listing", role) for role in answering], seconds=PAGE_SECONDS)
    late = calls.results_so_far(still=long)
    found = {**quick, **{key: late[key] for key in long}}
    if deep:
        return _state(connection, manifest, found, depth=STATUS_DEPTH, seconds=FULL_LISTING_SECONDS)
    return _state(connection, manifest, found, depth=QUICK_DEPTH, seconds=COMPARE_SECONDS)


def collect_state(connection: Connection, manifest: Manifest, *, depth: InspectionDepth) -> State:
    """Read the state without the requirements, from complete listings of both buckets.

    `depth` limits how many missing documents are inspected one by one.
    """
    tasks = _tasks(connection, manifest)
    calls = ConcurrentCalls(tasks)
    calls.wait([key for key in tasks if key[0] in _QUICK_FACTS], seconds=FACT_SECONDS)
    quick = calls.results_so_far(FACT_SECONDS)
    calls.wait([("listing", role) for role in _roles_that_answer(quick)], seconds=PAGE_SECONDS)
    return _state(connection, manifest, calls.results_so_far(), depth=depth, seconds=FULL_LISTING_SECONDS)


def _roles_that_answer(found: Facts) -> list[Role]:
    """Return the roles whose frontend bucket answered the read of config.json, also if it refused it."""
    copies = {role: found["copy", role] for role in ROLES}
    return [role for role, copy in copies.items() if not (isinstance(copy, Unavailable) and copy.unreachable)]


def _state(
    connection: Connection, manifest: Manifest, found: Facts, *, depth: InspectionDepth, seconds: float
) -> State:
    documents = collect_documents(connection, manifest, found, depth=depth, seconds=seconds)
    ends = {role: end for role in ROLES if isinstance(end := found["events", role], JournalEnd)}
    return State(
        manifest=_with_differences(manifest, found),
        where=connection.where,
        rehearsed=connection.rehearsed,
        now=connection.clients.clock.now(),
        regions={role: _region_state(manifest, role, found, documents) for role in ROLES},
        events=journal.merge_events(end.events for end in ends.values()),
        invalid_events=tuple(one for end in ends.values() for one in end.invalid),
        event_keys={role: end.keys for role, end in ends.items()},
        automatic=_automatic(manifest, found),
        dns=_dns(manifest, found.get(DNS_KEY)),
    )


def _automatic(manifest: Manifest, found: Facts) -> AutomaticState | None:
    """Return the automatic failover's state, None without a controller and where it was not asked."""
    state = found.get(("automatic", "failover"))
    if isinstance(state, Unavailable) and manifest.automatic:
        return AutomaticState(switches=dict.fromkeys(ROLES), controller=None)
    return state if isinstance(state, AutomaticState) else None


def _dns(manifest: Manifest, found: object) -> DnsState | None:
    if isinstance(found, DnsState):
        return found
    if manifest.dns is None or not isinstance(found, Unavailable):
        return None
    return DnsState(name=manifest.dns.name, region=found, ttl=found)


def _with_differences(manifest: Manifest, found: Facts) -> Manifest:
    others = [other for role in ROLES if isinstance(other := found["manifest", role], Manifest)]
    paths = dict.fromkeys(path for other in others for path in find_differences(manifest, other))
    return manifest.model_copy(update={"differences": tuple(paths), "warnings": ()})


def _tasks(connection: Connection, manifest: Manifest) -> Tasks:
    regions = manifest.regions.items()
    return {(what, role): task for role, region in regions for what, task in _region_tasks(connection, region).items()}


def _status_tasks(connection: Connection, manifest: Manifest, *, deep: bool) -> Tasks:
    tasks: Tasks = {}
    for role, region in manifest.regions.items():
        health = partial(read_health, connection, region, deep=True, seconds=DEEP_SECONDS)
        tasks["deep", role] = health
        cheap = requirement_tasks(connection, manifest, region)
        wanted: dict[str, Callable[[], object]] = {what: partial(look_twice, task) for what, task in cheap.items()}
        wanted |= deep_tasks(connection, manifest, region) if deep else {}
        tasks |= {(what, role): task for what, task in wanted.items()}
    if manifest.dns is not None:
        tasks[DNS_KEY] = partial(read_dns, connection, manifest.dns.name)
    return tasks


def _region_tasks(connection: Connection, region: Region) -> dict[str, Callable[[], object]]:
    clients, name = connection.clients, region.region
    return {
        "manifest": partial(look_twice, partial(fetch_manifest, connection, name), hedge=True),
        "copy": partial(look_twice, lambda: read_copy(clients.s3(name), region), hedge=True),
        "shallow": partial(confirm_health, connection, region, deep=False, seconds=SHALLOW_SECONDS),
        "queues": partial(look_twice, partial(read_queues, connection, region)),
        "alarms": partial(look_twice, partial(read_alarms, connection, region)),
        "events": partial(look_twice, partial(read_journal_end, connection, region)),
        "index": partial(look_twice, lambda: read_index_state(clients.bedrock_agent(name), region)),
        "listing": lambda: list_first_page(clients.listing_s3(name), region),
    }


def read_queues(connection: Connection, region: Region) -> Queues:
    """Return the numbers of messages in the region's queues. Raises botocore's errors."""
    client = connection.clients.sqs(region.region)

    def count(url: str) -> tuple[int, int]:
        waiting, in_flight = "ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"
        answer = client.get_queue_attributes(QueueUrl=url, AttributeNames=[waiting, in_flight])  # type: ignore[list-item]  # both are names of attributes
        return take_count(answer, "Attributes", waiting), take_count(answer, "Attributes", in_flight)

    ingest, dead = map_concurrently([region.ingest_queue_url, region.dead_letter_queue_url], count)
    return Queues(waiting=ingest[0], in_flight=ingest[1], dead_letters=sum(dead))


def read_alarms(connection: Connection, region: Region) -> Alarms:
    """Return the alarms that notify the region's topic. Raises botocore's errors.

    Their name prefix is not enough: `chatbot-` is also a prefix of the deployment `chatbot-staging`.
    Source: docs.aws.amazon.com, CloudWatch, DescribeAlarms, `ActionPrefix`.
    """
    client, topic = connection.clients.cloudwatch(region.region), region.alert_topic_arn
    pages = client.get_paginator("describe_alarms").paginate(ActionPrefix=topic)
    alarms = [alarm for page in pages for alarm in take_list(page, "MetricAlarms")]
    found = [alarm for alarm in alarms if "AlarmActions" in alarm and topic in take(alarm, "AlarmActions", kind=list)]
    in_alarm = [take_text(alarm, "AlarmName") for alarm in found if take_text(alarm, "StateValue") == "ALARM"]
    disabled = [take_text(alarm, "AlarmName") for alarm in found if not take(alarm, "ActionsEnabled", kind=bool)]
    return Alarms(in_alarm=tuple(sorted(in_alarm)), disabled=tuple(sorted(disabled)), total=len(found))


def read_journal_end(connection: Connection, region: Region) -> JournalEnd:
    """Return the newest generations of the region's journal, and its last events. Raises botocore's errors."""
    s3 = connection.clients.s3(region.region)
    keys = journal.list_recent_objects(s3, region, generations=MAX_EVENTS)
    found = map_concurrently(keys[-MAX_EVENTS:], partial(journal.read_object, s3, region))
    events, invalid = journal.split_events(found)
    return JournalEnd(keys=frozenset(keys), events=events, invalid=invalid)


def _region_state(manifest: Manifest, role: Role, found: Facts, documents: DocumentFacts) -> RegionState:
    region = manifest.regions[role]
    shallow, deep = found["shallow", role], found.get(("deep", role))
    return RegionState(
        role=role,
        region=region.region,
        copy=_known(found["copy", role], ConfigCopy),
        health=_known(deep if isinstance(deep, Health) else shallow, Health),
        knowledge_base=documents.knowledge_bases[role],
        replication=documents.replications[role],
        queues=_known(found["queues", role], Queues),
        alarms=_known(found["alarms", role], Alarms),
        requirements=assess_requirements(manifest, role, found) if ("deep", role) in found else {},
    )


def _known(value: object, kind: type[T]) -> T | Unavailable:
    return value if isinstance(value, (kind, Unavailable)) else Unavailable("does not answer")

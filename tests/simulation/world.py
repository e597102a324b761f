"""The simulated world: two regions with their objects, replication between them, Knowledge Bases, and the edge.

A world is a value: `copy` is cheap, and `key` is equal for equal worlds. It answers calls; it decides nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Final

from standby.deployment.manifest import Role
from standby.deployment.routing_config import (
    READ_ORDER,
    ConfigHistory,
    RoutingConfig,
    config_for_role,
    render_config,
)
from standby.operations.facts.journal import PREFIX, Event, parse_event
from tests.simulation import calls
from tests.simulation.calls import SITE, Call
from tests.simulation.commands import MANIFEST, MANIFEST_TEXT, NOON
from tests.simulation.machine import Answer
from tests.simulation.records import (
    EAST,
    FIRST_MOMENT,
    OTHER,
    ROLE_OF,
    WEST,
    Glance,
    Identity,
    Job,
    Key,
    Stored,
    etag_of,
    fingerprint,
    first_event,
    holds,
    identity,
    parse_copy,
    render_event,
    role_of_copy,
    time_of,
)
from tests.standby.manifests import REGIONS


@dataclass(kw_only=True)
class World:
    """Everything that exists outside of the operators' machines.

    `status` of a region is `up`, `down`, `hung` or `gone`. `cut`: an operator's number and a region that it does not
    reach. `sick`: the regions whose API is not healthy. `denied`: the calls that a policy refuses, as (region,
    operation, bucket). `late`: the writes that are still on their way, with their operator's number. `arriving`: the
    replicas on their way, as (region, key, stored). `ever`: each config that a bucket has had, by region. `shown`: the
    highest generation that the edge has shown. `digest` is equal for equal `objects`.
    """

    objects: dict[Key, Stored] = field(default_factory=dict)
    status: dict[str, str] = field(default_factory=lambda: dict.fromkeys(OTHER, "up"))
    cut: frozenset[tuple[int, str]] = frozenset()
    sick: frozenset[str] = frozenset()
    denied: frozenset[tuple[str, str, str]] = frozenset()
    late: tuple[tuple[int, Call], ...] = ()
    arriving: tuple[tuple[str, str, Stored], ...] = ()
    jobs: dict[str, Job] = field(default_factory=dict)
    clock: int = 0
    ever: frozenset[tuple[str, Identity]] = frozenset()
    shown: int = 0
    indexed: dict[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    pages: tuple[ConfigHistory, ...] = ()
    digest: int = 0

    @classmethod
    def begin(cls, *, serving: Role = "primary", generation: int = 1, documents: int = 0, pages: int = 0) -> "World":
        """Return a world in sync: Terraform wrote generation 1, or an earlier command a later one."""
        world = cls(pages=(ConfigHistory(),) * pages)
        config = config_for_role(MANIFEST, serving, generation=generation, updated_at=FIRST_MOMENT)
        for region in OTHER:
            world._store((region, "frontend", "config.json"), render_config(config).encode())
            if generation > 1:
                event = first_event(config)
                world._store((region, "frontend", event.key), render_event(event))
            for number in range(documents):
                world._set((region, "docs", f"first-{number}.txt"), Stored(body=b"first", modified=time_of(number)))
        for region in OTHER:
            world.jobs[region] = Job(content=world.content(region), status="COMPLETE", started=0)
            world.indexed[region] = world.content(region)
        world.look()
        return world

    def copy(self) -> "World":
        new = object.__new__(World)
        new.__dict__.update(self.__dict__)
        new.objects, new.status = dict(self.objects), dict(self.status)
        new.jobs, new.indexed = dict(self.jobs), dict(self.indexed)
        return new

    def glance(self) -> "Glance":
        """Return what the oracle compares before and after a step."""
        copies = tuple(self.objects.get((region, "frontend", "config.json")) for region in OTHER)
        return Glance(copies=copies, late=self.late, ever=self.ever, visitor=self.visitor_role())

    def key(self) -> tuple[object, ...]:
        """Return a value that is equal for equal worlds."""
        return (
            self.digest,
            tuple(self.status.items()),
            self.cut,
            self.sick,
            self.denied,
            self.late,
            frozenset(self.arriving),
            tuple(self.jobs.items()),
            tuple(self.indexed.items()),
            self.ever,
            self.shown,
            self.pages,
        )

    def up(self, region: str) -> bool:
        """Whether a region answers everybody except those that are cut off from it."""
        return self.status[region] == "up"

    def serve(self, call: Call, *, number: int = 0) -> Answer:
        """Carry out a call of an operator, and return the answer."""
        if call.region == SITE:
            return self._serve_edge()
        if call.region in self.status:
            if self.status[call.region] == "hung":
                return Answer(failure="time-out", delay=min(call.seconds, 2.0))
            if self.status[call.region] != "up" or (number, call.region) in self.cut:
                return Answer(failure="refused")
            if (call.region, call.operation, call.bucket) in self.denied:
                return calls.answer_error(403, "AccessDenied", head=call.operation == "HeadObject")
        return self._answer(call)

    def _answer(self, call: Call) -> Answer:
        if call.bucket:
            return self._serve_s3(call)
        if call.operation == "GET health" or call.operation.startswith("GET health?"):
            return _health(call.region, sick=call.region in self.sick)
        if call.operation == "POST docs" and call.region in self.sick:
            return Answer(status=500)
        if call.operation == "ListIngestionJobs":
            return self._serve_jobs(call.region)
        if call.operation == "Invoke":
            return calls.answer_json({"decision": self.sweep(call.region)})
        return _PLAIN[call.operation]

    def _serve_s3(self, call: Call) -> Answer:
        place: Key = (call.region, call.bucket, call.key)
        found = self.objects.get(place)
        if call.operation == "ListObjectsV2":
            return self._serve_listing(call)
        if call.operation == "PutObject":
            return self._serve_put(call, place, found)
        if call.operation == "CopyObject":
            return self._serve_copy(call, place, found)
        head = call.operation == "HeadObject"
        if found is None or found.body is None:
            marker = (("x-amz-delete-marker", "true"),) if found is not None else ()
            return calls.answer_error(404, "NoSuchKey", headers=marker, head=head)
        return calls.answer_object(b"" if head else found.body, found.etag, found.status)

    def _serve_listing(self, call: Call) -> Answer:
        found = [
            (key, stored.etag, len(stored.body), stored.modified)
            for (region, bucket, key), stored in sorted(self.objects.items(), key=lambda pair: pair[0])
            if (region, bucket) == (call.region, call.bucket) and stored.body is not None
            if key.startswith(call.key) and key > call.after
        ]
        return calls.answer_listing(found)

    def _serve_put(self, call: Call, place: Key, found: Stored | None) -> Answer:
        if not holds(call.condition, found):
            return calls.answer_error(412, "PreconditionFailed")
        self._store(place, call.body)
        return calls.answer_written(etag_of(call.body))

    def _serve_copy(self, call: Call, place: Key, found: Stored | None) -> Answer:
        source = self.objects.get((OTHER[call.region], call.bucket, call.key))
        if source is None or source.body is None:
            return calls.answer_error(404, "NoSuchKey")
        if not self.up(OTHER[call.region]):
            return calls.answer_error(503, "SlowDown")
        if source.etag != call.source or not holds(call.condition, found):
            return calls.answer_error(412, "PreconditionFailed")
        self.clock += 1
        self._set(place, Stored(body=source.body, modified=time_of(self.clock)))
        return calls.answer_copied(source.etag)

    def _serve_edge(self) -> Answer:
        body = self.edge()
        return Answer(status=503) if body is None else Answer(body=body)

    def edge(self) -> bytes | None:
        """Return config.json as the edge shows it: the failover region's copy first; None if it has no answer."""
        for role in READ_ORDER:
            region = REGIONS[role]
            if self.status[region] == "hung":
                return None
            found = self.objects.get((region, "frontend", "config.json"))
            if self.up(region) and found is not None and found.body is not None:
                return found.body
        return None

    def edge_config(self) -> RoutingConfig | None:
        """Return the valid config that the edge shows."""
        return parse_copy(self.edge())

    def visitor_role(self) -> Role | None:
        """Return the role of the region that a new visitor uses now; None if the edge shows no region's API."""
        return role_of_copy(self.edge())

    def look(self) -> None:
        """Let an eager page read config.json: it has then seen this generation."""
        config = self.edge_config()
        self.shown = max(self.shown, (config.generation or 0) if config else 0)

    def _set(self, place: Key, stored: Stored) -> None:
        if (before := self.objects.get(place)) is not None:
            self.digest ^= fingerprint(place, before)
        self.digest ^= fingerprint(place, stored)
        self.objects[place] = stored

    def _store(self, place: Key, body: bytes) -> None:
        region, bucket, key = place
        modified = 0
        if bucket == "docs":
            self.clock += 1
            modified = time_of(self.clock)
        self._set(place, Stored(body=body, modified=modified))
        if key == "config.json" and (config := parse_copy(body)) is not None:
            self.ever |= {(region, (config.generation or 0, config.updated_at))}
            self.look()

    def write(self, region: str, bucket: str, key: str, body: bytes) -> None:
        """Write an object without a condition, as a person, a user or Terraform does."""
        self._store((region, bucket, key), body)
        if bucket == "docs":
            self._replicate(region, key)

    def delete(self, region: str, key: str) -> None:
        """Delete a document: a delete marker, which S3 does not replicate here."""
        self.clock += 1
        self._set((region, "docs", key), Stored(body=None, modified=time_of(self.clock)))

    def remove_config(self, region: str) -> None:
        """Delete config.json, as a person does by mistake."""
        self._set((region, "frontend", "config.json"), Stored(body=None, modified=0))

    def _replicate(self, region: str, key: str) -> None:
        stored = replace(self.objects[region, "docs", key], status="PENDING")
        self._set((region, "docs", key), stored)
        self.arriving = (*self.arriving, (region, key, stored))

    def replicate(self, number: int, *, fails: bool = False) -> None:
        """Let one replica arrive, or let its replication fail. A newer object is never replaced."""
        region, key, stored = self.arriving[number]
        self.arriving = self.arriving[:number] + self.arriving[number + 1 :]
        source, there = self.objects.get((region, "docs", key)), self.objects.get((OTHER[region], "docs", key))
        if not fails and (there is None or there.modified <= stored.modified):
            self._set((OTHER[region], "docs", key), replace(stored, status="REPLICA"))
        if source is not None and source.etag == stored.etag:
            self._set((region, "docs", key), replace(source, status="FAILED" if fails else "COMPLETED"))

    def content(self, region: str) -> tuple[tuple[str, str], ...]:
        """Return the key and ETag of each document of a region."""
        found = [
            (key, one.etag)
            for (where, bucket, key), one in self.objects.items()
            if (where, bucket) == (region, "docs") and one.body is not None
        ]
        return tuple(sorted(found))

    def sweep(self, region: str) -> str:
        """Decide on an ingestion job as `ingest` does, and start it."""
        job = self.jobs[region]
        if job.status == "IN_PROGRESS":
            self.end_job(region)
            return "wait"
        if job.status == "COMPLETE" and job.content == self.content(region):
            return "covered"
        self.clock += 1
        self.jobs[region] = Job(content=self.content(region), status="IN_PROGRESS", started=self.clock)
        return "start"

    def end_job(self, region: str, *, fails: bool = False) -> None:
        """End the job of a region that runs."""
        job = self.jobs[region] = replace(self.jobs[region], status="FAILED" if fails else "COMPLETE")
        if not fails:
            self.indexed[region] = job.content

    def _serve_jobs(self, region: str) -> Answer:
        job = self.jobs[region]
        moment = f"{NOON:%Y-%m-%dT%H}:{job.started // 60 % 60:02d}:{job.started % 60:02d}Z"
        summary = {
            "knowledgeBaseId": "KBABCDEFGH",
            "dataSourceId": "DSABCDEFGH",
            "ingestionJobId": "JOBABCDEFG",
            "status": job.status,
            "startedAt": moment,
            "updatedAt": moment,
            "description": job.description,
        }
        return calls.answer_json({"ingestionJobSummaries": [summary]})

    def config(self, region: str) -> RoutingConfig | None:
        """Return the valid config of a region's copy."""
        found = self.objects.get((region, "frontend", "config.json"))
        return parse_copy(found.body if found else None)

    def events(self, region: str) -> Iterator[Event]:
        """Yield the events of a region's journal."""
        for (where, bucket, key), stored in sorted(self.objects.items(), key=lambda pair: pair[0]):
            if (where, bucket) == (region, "frontend") and key.startswith(PREFIX) and stored.body:
                yield parse_event(stored.body.decode())


@cache
def _health(region: str, *, sick: bool) -> Answer:
    document = {
        "status": "degraded" if sick else "healthy",
        "region": region,
        "checks": {"retrieve": {"status": "error", "error": "denied"} if sick else {"status": "ok"}},
        "totalResponseTimeMs": 1,
    }
    return replace(calls.answer_json(document), status=503 if sick else 200)


_MESSAGES: Final = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
_PLAIN: Final = {
    "GetParameter": calls.answer_json({"Parameter": {"Value": MANIFEST_TEXT}}),
    "GetCallerIdentity": calls.answer_identity(),
    "GetQueueAttributes": calls.answer_json({"Attributes": dict.fromkeys(_MESSAGES, "0")}),
    "DescribeAlarms": calls.answer_json({"MetricAlarms": []}),
    "CreateInvalidation": Answer(),
    "ListKnowledgeBaseDocuments": calls.answer_json({"documentDetails": []}),
    "POST docs": calls.answer_json({"response": "An answer.", "citations": []}),
}
"""The answers that no event changes."""

__all__ = ["EAST", "FIRST_MOMENT", "OTHER", "ROLE_OF", "WEST", "Glance", "World", "identity"]

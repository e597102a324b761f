"""The last complete comparison of long listings, so that `status` can tell it with its age in three seconds.

Each command that compares writes it into both frontend buckets, under the prefix that CloudFront may not read.
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final, Literal

from botocore.exceptions import BotoCoreError, ClientError
from pydantic import ValidationError

from standby.deployment.concurrency import Unavailable, attempt, run_concurrently
from standby.deployment.connection import Connection
from standby.deployment.manifest import ROLES, Manifest, Region, Role
from standby.json_model import JsonModel
from standby.operations.facts.documents import Replication
from standby.operations.facts.knowledge_base import IndexState, KnowledgeBaseState, is_running

KEY: Final = "standby/comparison.json"
WRITE_SECONDS: Final = 3.0
MAX_AGE: Final = timedelta(hours=24)
"""An older comparison says nothing about today."""
NOT_COMPARED: Final = "too many documents to compare in three seconds: `standby status --deep` compares them"


class RegionRecord(JsonModel):
    """What a comparison found in one region, and what the other region lacked of it."""

    documents: int
    knowledge_base_in_sync: bool
    missing: int
    conflicts: int
    deletions: int
    undeleted: int
    oldest: datetime | None


class ComparisonRecord(JsonModel):
    """A complete comparison of both regions."""

    schema_version: Literal[1] = 1
    compared_at: datetime
    regions: Mapping[Role, RegionRecord]


@dataclass(frozen=True, kw_only=True)
class PastReplication:
    """What the last comparison found in one direction of replication, and when."""

    source: Role
    configured: bool
    compared_at: datetime
    found: RegionRecord

    @property
    def in_sync(self) -> bool:
        """Whether nothing was missing then, and no document was left that users deleted."""
        return not (self.found.missing or self.found.deletions or self.found.undeleted)

    def age_seconds(self, now: datetime) -> int:
        """Return how old the comparison is."""
        return max(0, round((now - self.compared_at).total_seconds()))


def to_record(
    replications: Mapping[Role, Replication], bases: Mapping[Role, KnowledgeBaseState], *, now: datetime
) -> ComparisonRecord:
    """Return the record of a comparison. Pure."""
    return ComparisonRecord(compared_at=now, regions={role: _region(replications[role], bases[role]) for role in ROLES})


def _region(found: Replication, base: KnowledgeBaseState) -> RegionRecord:
    return RegionRecord(
        documents=base.documents,
        knowledge_base_in_sync=base.in_sync,
        missing=len(found.missing) - len(found.deletions) + found.not_inspected,
        conflicts=len(found.conflicts),
        deletions=len(found.deletions),
        undeleted=len(found.undeleted),
        oldest=min((one.document.modified for one in found.missing), default=None),
    )


def write_record(connection: Connection, manifest: Manifest, record: ComparisonRecord) -> None:
    """Write the record into both regions. A region that does not take it keeps an older one, which shows its age."""
    tasks = {role: partial(_write, connection, manifest.regions[role], record) for role in ROLES}
    run_concurrently(tasks, seconds=WRITE_SECONDS)


def _write(connection: Connection, region: Region, record: ComparisonRecord) -> None:
    with suppress(ClientError, BotoCoreError):
        connection.clients.s3(region.region).put_object(
            Bucket=region.frontend_bucket,
            Key=KEY,
            Body=json.dumps(record.as_json(), indent=1).encode(),
            ContentType="application/json",
            CacheControl="no-store",
        )


def read_record(connection: Connection, manifest: Manifest, *, seconds: float) -> ComparisonRecord | None:
    """Return the newest record of both regions; None if there is none that is younger than a day."""
    tasks = {role: partial(_read, connection, manifest.regions[role]) for role in ROLES}
    found = run_concurrently(tasks, seconds=seconds).values()
    oldest = connection.clients.clock.now() - MAX_AGE
    recent = [one for one in found if isinstance(one, ComparisonRecord) and one.compared_at > oldest]
    return max(recent, key=lambda one: one.compared_at, default=None)


def _read(connection: Connection, region: Region) -> ComparisonRecord | Unavailable:
    s3 = connection.clients.s3(region.region)
    answer = attempt(lambda: s3.get_object(Bucket=region.frontend_bucket, Key=KEY))
    if isinstance(answer, Unavailable):
        return answer
    try:
        record = ComparisonRecord.from_json(json.loads(answer["Body"].read()))
    except (ValueError, RecursionError, ValidationError):
        return Unavailable("has no valid record of a comparison")
    return record if set(record.regions) == set(ROLES) and record.compared_at.tzinfo else Unavailable("has no record")


def recall_replication(manifest: Manifest, role: Role, record: ComparisonRecord) -> PastReplication:
    """Return one direction of replication as it was found."""
    configured = manifest.regions[role].replicates_to == manifest.other(role).region
    return PastReplication(
        source=role, configured=configured, compared_at=record.compared_at, found=record.regions[role]
    )


def recall_knowledge_base(index: IndexState, record: ComparisonRecord, role: Role) -> KnowledgeBaseState:
    """Return the state of a Knowledge Base whose bucket was not compared now.

    It was in sync then, or a job has started since and is complete; and no later job has failed. The sweep, which
    compares every few minutes, starts a job for whatever is new.
    """
    known, last = record.regions[role], index.jobs[0] if index.jobs else None
    complete = last is not None and last.status == "COMPLETE"
    since = last is not None and last.started_at > record.compared_at
    running = is_running(index.jobs)
    in_sync = (complete and (known.knowledge_base_in_sync or since)) or (running and known.knowledge_base_in_sync)
    return KnowledgeBaseState(
        documents=known.documents,
        indexed=index.indexed,
        failed=index.failed,
        in_sync=in_sync or (last is None and known.knowledge_base_in_sync),
        running=running,
        last_job=last,
        compared=False,
        not_ingested=last.failed if last else 0,
    )

"""Whether a region's Knowledge Base is in step with its bucket."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from standby.deployment.manifest import Region
from standby.operations.facts.documents import Document, Listing

if TYPE_CHECKING:
    from mypy_boto3_bedrock_agent import AgentsforBedrockClient

MAX_PAGES: Final = 20
PAGE_SIZE: Final = 1000
JOBS: Final = 100
_INDEXED: Final = frozenset({"INDEXED", "PARTIALLY_INDEXED", "METADATA_PARTIALLY_INDEXED", "METADATA_UPDATE_FAILED"})
_RUNNING: Final = frozenset({"STARTING", "IN_PROGRESS", "STOPPING"})
_COMPARED: Final = "content "
"""How a job's description begins when it says which content the job saw (see lambda_src/ingest/content_digest.py)."""
NOT_COMPARED: Final = "content not compared"
"""The description of a job whose bucket had too many documents to compare (see lambda_src/ingest/content_digest.py)."""
CLOCK_TOLERANCE: Final = timedelta(seconds=2)
"""Between S3's clock and Bedrock's; `ingest` allows as much (see lambda_src/ingest/decision.py)."""


@dataclass(frozen=True, kw_only=True)
class IngestionJob:
    """An ingestion job. `failed`: so many documents it could not take; it may be COMPLETE all the same."""

    status: str
    started_at: datetime
    description: str
    failed: int = 0


@dataclass(frozen=True, kw_only=True)
class IndexState:
    """What the Knowledge Base says of itself: jobs newest first, documents by state. `whole`: all were counted."""

    jobs: tuple[IngestionJob, ...]
    indexed: int
    failed: int
    whole: bool = True


@dataclass(frozen=True, kw_only=True)
class KnowledgeBaseState:
    """The Knowledge Base beside its bucket.

    `compared`: whether the last good job knew what it saw. `not_ingested`: so many documents that job could not take.
    """

    documents: int
    indexed: int
    failed: int
    in_sync: bool
    running: bool
    last_job: IngestionJob | None
    compared: bool = True
    not_ingested: int = 0


def read_indexed(client: "AgentsforBedrockClient", region: Region) -> IndexState:
    """Ask the Knowledge Base for its jobs and documents, at most twenty thousand. Raises botocore's errors."""
    jobs = read_jobs(client, region)
    states, whole = _states(client, region)
    return IndexState(
        jobs=jobs,
        indexed=sum(state in _INDEXED for state in states),
        failed=sum(state == "FAILED" for state in states),
        whole=whole,
    )


def read_jobs(client: "AgentsforBedrockClient", region: Region) -> tuple[IngestionJob, ...]:
    """Ask the Knowledge Base for its last hundred jobs, newest first. Raises botocore's errors."""
    answer = client.list_ingestion_jobs(
        knowledgeBaseId=region.knowledge_base_id,
        dataSourceId=region.data_source_id,
        maxResults=JOBS,
        sortBy={"attribute": "STARTED_AT", "order": "DESCENDING"},
    )
    jobs = [
        IngestionJob(
            status=job["status"],
            started_at=job["startedAt"],
            description=job.get("description", ""),
            failed=job.get("statistics", {}).get("numberOfDocumentsFailed", 0),
        )
        for job in answer["ingestionJobSummaries"]
    ]
    return tuple(sorted(jobs, key=lambda job: job.started_at, reverse=True))  # the emulator answers unsorted


def last_complete_job(jobs: Iterable[IngestionJob]) -> IngestionJob | None:
    """Return the newest job that went well."""
    return max((job for job in jobs if job.status == "COMPLETE"), key=lambda job: job.started_at, default=None)


def _states(client: "AgentsforBedrockClient", region: Region) -> tuple[list[str], bool]:
    pages = client.get_paginator("list_knowledge_base_documents").paginate(
        knowledgeBaseId=region.knowledge_base_id,
        dataSourceId=region.data_source_id,
        PaginationConfig={"PageSize": PAGE_SIZE},
    )
    states: list[str] = []
    for number, page in enumerate(pages, start=1):
        states += [detail["status"] for detail in page["documentDetails"]]
        if number == MAX_PAGES:
            return states, "nextToken" not in page
    return states, True


def compare_with_bucket(found: IndexState, bucket: Listing) -> KnowledgeBaseState:
    """Tell whether the bucket's content is what the last good job saw. Pure.

    `ingest` starts each job with a digest of the bucket as its description. A job that somebody started by hand has
    none: then the number of documents has to do. Where `ingest` had too many documents to compare, the time has to: the
    job must have begun after the newest of them. A replica that is late is older than it looks; for that one there are
    its event, and the job that the sweep then starts every hour.
    """
    good = last_complete_job(found.jobs)
    documents = len(bucket.documents)
    if good is None:
        in_sync = documents == 0
    elif good.description == NOT_COMPARED:
        in_sync = all(_covered(document, good) for document in bucket.documents.values())
    elif good.description.startswith(_COMPARED):
        in_sync = good.description == bucket.description
    else:
        in_sync = found.whole and found.indexed >= documents
    return KnowledgeBaseState(
        documents=documents,
        indexed=found.indexed,
        failed=found.failed,
        in_sync=in_sync,
        running=bool(found.jobs) and found.jobs[0].status in _RUNNING,
        last_job=found.jobs[0] if found.jobs else None,
        compared=good is None or good.description != NOT_COMPARED,
        not_ingested=good.failed if good else 0,
    )


def _covered(document: Document, job: IngestionJob) -> bool:
    return job.started_at - CLOCK_TOLERANCE > document.modified

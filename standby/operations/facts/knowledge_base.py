"""Whether a region's Knowledge Base is in sync with its bucket."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from standby.deployment.answers import take, take_count, take_list, take_text, take_time
from standby.deployment.manifest import Region
from standby.json_model import JsonModel
from standby.operations.facts.documents import Content, Listing

if TYPE_CHECKING:
    from mypy_boto3_bedrock_agent import AgentsforBedrockClient

MAX_PAGES: Final = 20
PAGE_SIZE: Final = 1000
MAX_JOBS: Final = 100
_INDEXED: Final = frozenset({"INDEXED", "PARTIALLY_INDEXED", "METADATA_PARTIALLY_INDEXED", "METADATA_UPDATE_FAILED"})
_RUNNING: Final = frozenset({"STARTING", "IN_PROGRESS", "STOPPING"})
_COMPARED_PREFIX: Final = "content "
"""The start of a job's description that has the digest of its content (see lambda_src/ingest/content_digest.py)."""
NOT_COMPARED: Final = "content not compared"
"""The description of a job whose bucket has too many documents to compare (see lambda_src/ingest/content_digest.py)."""
CLOCK_TOLERANCE: Final = timedelta(seconds=2)
"""The tolerance between the clocks of S3 and Bedrock. `ingest` has the same (see lambda_src/ingest/decision.py)."""


class IngestionJob(JsonModel):
    """An ingestion job. `failed` is the number of documents that it could not index; it can still be COMPLETE."""

    status: str
    started_at: datetime
    description: str
    failed: int = 0


@dataclass(frozen=True, kw_only=True)
class IndexState:
    """The Knowledge Base's own data: jobs, newest first, and documents by state. `complete`: all are counted."""

    jobs: tuple[IngestionJob, ...]
    indexed: int
    failed: int
    complete: bool = True


class KnowledgeBaseState(JsonModel):
    """The Knowledge Base compared with its bucket.

    `compared`: the last complete job has a digest of the content that it read. `not_ingested` is the number of
    documents that this job could not index.
    """

    documents: int
    indexed: int
    failed: int
    in_sync: bool
    running: bool
    last_job: IngestionJob | None
    compared: bool = True
    not_ingested: int = 0


def read_index_state(client: "AgentsforBedrockClient", region: Region) -> IndexState:
    """Read the Knowledge Base's jobs and documents, at most 20,000 documents. Raises botocore's errors."""
    jobs = read_jobs(client, region)
    states, complete = _read_document_states(client, region)
    return IndexState(
        jobs=jobs,
        indexed=sum(state in _INDEXED for state in states),
        failed=sum(state == "FAILED" for state in states),
        complete=complete,
    )


def read_jobs(client: "AgentsforBedrockClient", region: Region) -> tuple[IngestionJob, ...]:
    """Read the Knowledge Base's last 100 jobs, newest first. Raises botocore's errors."""
    answer = client.list_ingestion_jobs(
        knowledgeBaseId=region.knowledge_base_id,
        dataSourceId=region.data_source_id,
        maxResults=MAX_JOBS,
        sortBy={"attribute": "STARTED_AT", "order": "DESCENDING"},
    )
    jobs = [_job(summary) for summary in take_list(answer, "ingestionJobSummaries")]
    return tuple(sorted(jobs, key=lambda job: job.started_at, reverse=True))  # the emulator does not sort


def _job(summary: Mapping[str, object]) -> IngestionJob:
    statistics = take(summary, "statistics", kind=dict) if "statistics" in summary else {}
    return IngestionJob(
        status=take_text(summary, "status"),
        started_at=take_time(summary, "startedAt"),
        description=take(summary, "description", kind=str) if "description" in summary else "",
        failed=take_count(statistics, "numberOfDocumentsFailed") if "numberOfDocumentsFailed" in statistics else 0,
    )


def last_complete_job(jobs: Iterable[IngestionJob]) -> IngestionJob | None:
    """Return the newest job with status COMPLETE."""
    return max((job for job in jobs if job.status == "COMPLETE"), key=lambda job: job.started_at, default=None)


def is_running(jobs: Sequence[IngestionJob]) -> bool:
    """Return whether the newest of these jobs, which is the first one, is running."""
    return bool(jobs) and jobs[0].status in _RUNNING


def _read_document_states(client: "AgentsforBedrockClient", region: Region) -> tuple[list[str], bool]:
    pages = client.get_paginator("list_knowledge_base_documents").paginate(
        knowledgeBaseId=region.knowledge_base_id,
        dataSourceId=region.data_source_id,
        PaginationConfig={"PageSize": PAGE_SIZE},
    )
    states: list[str] = []
    for number, page in enumerate(pages, start=1):
        states += [take_text(detail, "status") for detail in take_list(page, "documentDetails")]
        if number == MAX_PAGES:
            return states, "nextToken" not in page
    return states, True


def compare_with_bucket(found: IndexState, bucket: Content | Listing) -> KnowledgeBaseState:
    """Compare the last complete job with the bucket's current content. Pure.

    `ingest` starts each job with a digest of the bucket's content as its description. A job that was started manually
    has no digest: then the numbers of documents are compared. If `ingest` had too many documents to compare, times are
    compared: the job must have begun after the newest document. This rule can miss a late replica, because a replica
    has its original's time. The replica's event, or the sweep within an hour, lets it be indexed.
    """
    good = last_complete_job(found.jobs)
    documents = bucket.number
    if good is None:
        in_sync = documents == 0
    elif good.description == NOT_COMPARED:
        in_sync = bucket.newest is None or good.started_at - CLOCK_TOLERANCE > bucket.newest
    elif good.description.startswith(_COMPARED_PREFIX):
        in_sync = good.description == bucket.description
    else:
        in_sync = found.complete and found.indexed >= documents
    return KnowledgeBaseState(
        documents=documents,
        indexed=found.indexed,
        failed=found.failed,
        in_sync=in_sync,
        running=is_running(found.jobs),
        last_job=found.jobs[0] if found.jobs else None,
        compared=good is None or good.description != NOT_COMPARED,
        not_ingested=good.failed if good else 0,
    )

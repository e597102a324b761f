"""Whether a region's Knowledge Base is in step with its bucket."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from standby.manifest import Region
from standby.operate.documents import Listing

if TYPE_CHECKING:
    from mypy_boto3_bedrock_agent import AgentsforBedrockClient

MAX_PAGES: Final = 20
PAGE_SIZE: Final = 1000
JOBS: Final = 100
_INDEXED: Final = frozenset({"INDEXED", "PARTIALLY_INDEXED", "METADATA_PARTIALLY_INDEXED", "METADATA_UPDATE_FAILED"})
_RUNNING: Final = frozenset({"STARTING", "IN_PROGRESS", "STOPPING"})
_COMPARED: Final = "content "
"""How a job's description begins when it says which content the job saw (see lambda_src/ingest/listing.py)."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """An ingestion job."""

    status: str
    started_at: datetime
    description: str


@dataclass(frozen=True, kw_only=True)
class Indexed:
    """What the Knowledge Base says of itself: jobs newest first, documents by state. `whole`: all were counted."""

    jobs: tuple[Job, ...]
    indexed: int
    failed: int
    whole: bool = True


@dataclass(frozen=True, kw_only=True)
class Knowledge:
    """The Knowledge Base beside its bucket."""

    documents: int
    indexed: int
    failed: int
    in_step: bool
    running: bool
    last_job: Job | None


def read_indexed(client: "AgentsforBedrockClient", region: Region) -> Indexed:
    """Ask the Knowledge Base for its jobs and documents, at most twenty thousand. Raises botocore's errors."""
    answer = client.list_ingestion_jobs(
        knowledgeBaseId=region.knowledge_base_id,
        dataSourceId=region.data_source_id,
        maxResults=JOBS,
        sortBy={"attribute": "STARTED_AT", "order": "DESCENDING"},
    )
    jobs = [
        Job(status=job["status"], started_at=job["startedAt"], description=job.get("description", ""))
        for job in answer["ingestionJobSummaries"]
    ]
    states, whole = _states(client, region)
    return Indexed(
        # Sorted again: the emulator answers unsorted.
        jobs=tuple(sorted(jobs, key=lambda job: job.started_at, reverse=True)),
        indexed=sum(state in _INDEXED for state in states),
        failed=sum(state == "FAILED" for state in states),
        whole=whole,
    )


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


def compare(found: Indexed, bucket: Listing) -> Knowledge:
    """Tell whether the bucket's content is what the last good job saw. Pure.

    `ingest` starts each job with a digest of the bucket as its description. A job that somebody started by hand has
    none: then the number of documents has to do.
    """
    good = next((job for job in found.jobs if job.status == "COMPLETE"), None)
    documents = len(bucket.documents)
    if good is None:
        in_step = documents == 0
    elif good.description.startswith(_COMPARED):
        in_step = good.description == bucket.description
    else:
        in_step = found.whole and found.indexed >= documents
    return Knowledge(
        documents=documents,
        indexed=found.indexed,
        failed=found.failed,
        in_step=in_step,
        running=bool(found.jobs) and found.jobs[0].status in _RUNNING,
        last_job=found.jobs[0] if found.jobs else None,
    )

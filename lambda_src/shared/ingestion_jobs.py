"""The ingestion jobs of one data source. `ingest` decides on them, `ingestion_status` shows them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_bedrock_agent import AgentsforBedrockClient
    from mypy_boto3_bedrock_agent.type_defs import IngestionJobSummaryTypeDef

# docs.aws.amazon.com, Amazon Bedrock API Reference, IngestionJob: STARTING, IN_PROGRESS, COMPLETE, FAILED, STOPPING,
# STOPPED. While a job has one of these three, the Knowledge Base accepts no other (quota: one job per Knowledge Base).
_UNFINISHED = frozenset({"STARTING", "IN_PROGRESS", "STOPPING"})


@dataclass(frozen=True, kw_only=True)
class Job:
    """One ingestion job. Times are aware datetimes; statistics have AWS's names."""

    job_id: str
    status: str
    started_at: datetime
    updated_at: datetime
    description: str = ""
    statistics: Mapping[str, int] = field(default_factory=dict)

    @property
    def running(self) -> bool:
        """Whether the job has not ended yet."""
        return self.status in _UNFINISHED

    @property
    def complete(self) -> bool:
        """Whether the job succeeded."""
        return self.status == "COMPLETE"

    @property
    def failed(self) -> bool:
        """Whether the whole job failed."""
        return self.status == "FAILED"

    @property
    def documents_failed(self) -> int:
        """Number of documents that the job could not read. A COMPLETE job may have some."""
        return self.statistics.get("numberOfDocumentsFailed", 0)


def list_jobs(
    client: "AgentsforBedrockClient", *, knowledge_base_id: str, data_source_id: str, count: int
) -> tuple[Job, ...]:
    """Return the last `count` jobs (at most 1,000, one call), newest first.

    Raises botocore's `ClientError`. Quota: 10 calls per second. (Source: docs.aws.amazon.com, Amazon Bedrock
    endpoints and quotas.)
    """
    answer = client.list_ingestion_jobs(
        knowledgeBaseId=knowledge_base_id,
        dataSourceId=data_source_id,
        maxResults=count,
        sortBy={"attribute": "STARTED_AT", "order": "DESCENDING"},
    )
    jobs = [_job(summary) for summary in answer["ingestionJobSummaries"]]
    # Sorted and cut again because emulators answer unsorted.
    return tuple(sorted(jobs, key=lambda job: job.started_at, reverse=True)[:count])


def _job(summary: "IngestionJobSummaryTypeDef") -> Job:
    statistics: Mapping[str, object] = {**summary.get("statistics", {})}
    return Job(
        job_id=summary["ingestionJobId"],
        status=summary["status"],
        started_at=summary["startedAt"],
        updated_at=summary["updatedAt"],
        description=summary.get("description", ""),
        statistics={name: value for name, value in statistics.items() if isinstance(value, int)},
    )

"""The last ingestion jobs, with the failure reasons of failed ones."""

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from ingestion_status.settings import Settings
from shared.api import iso_time
from shared.ingestion_jobs import Job, list_jobs

if TYPE_CHECKING:
    from mypy_boto3_bedrock_agent import AgentsforBedrockClient

JOBS_SHOWN = 10
REASONS_SHOWN = 20
_CALLS_AT_ONCE = 5


def last_jobs(client: "AgentsforBedrockClient", settings: Settings) -> list[dict[str, object]]:
    """Return the last 10 jobs for the API's response, newest first, each with at most 20 failure reasons.

    Only GetIngestionJob returns failure reasons, and it is called only for jobs with failures: usually there is one
    call in all. Raises botocore's `ClientError`.
    """
    jobs = list_jobs(
        client,
        knowledge_base_id=settings.knowledge_base_id,
        data_source_id=settings.data_source_id,
        count=JOBS_SHOWN,
    )
    with ThreadPoolExecutor(max_workers=_CALLS_AT_ONCE) as pool:
        reasons = list(pool.map(lambda job: _failure_reasons(client, job, settings), jobs))
    return [_as_json(job, why) for job, why in zip(jobs, reasons, strict=True)]


def _failure_reasons(client: "AgentsforBedrockClient", job: Job, settings: Settings) -> list[str]:
    if job.status != "FAILED" and not job.statistics.get("numberOfDocumentsFailed"):
        return []
    answer = client.get_ingestion_job(
        knowledgeBaseId=settings.knowledge_base_id,
        dataSourceId=settings.data_source_id,
        ingestionJobId=job.job_id,
    )
    return answer["ingestionJob"].get("failureReasons", [])[:REASONS_SHOWN]


def _as_json(job: Job, reasons: list[str]) -> dict[str, object]:
    return {
        "jobId": job.job_id,
        "status": job.status,
        "startedAt": iso_time(job.started_at),
        "updatedAt": iso_time(job.updated_at),
        "statistics": dict(job.statistics),
        "failureReasons": reasons,
    }

"""Whether to start an ingestion job: pure decisions on facts.

A Knowledge Base takes one job at a time, and one start in ten seconds. So a burst must become few jobs, and no job may
be started while another one runs. (Source: docs.aws.amazon.com, Amazon Bedrock endpoints and quotas.)

When is a change in the bucket certain to be in the Knowledge Base? S3 is strongly consistent: a job that starts after
the change reads it. So a change is *covered* by a job that started after it and is COMPLETE. A running job proves
nothing yet, even one that started after the change, because it may fail: its messages wait for another decision.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from ingest.events import Message
from shared.ingestion_jobs import Job

# The event's time is from S3's clock, the job's start from Bedrock's. Too much tolerance costs one cheap job; too
# little can cost a document that no question finds.
CLOCK_TOLERANCE = timedelta(seconds=2)
# How often the sweep starts a job for a bucket with too many objects to compare.
UNCOMPARED_INTERVAL = timedelta(hours=1)

# How often the sweep retries documents that a COMPLETE job could not read, and how many jobs one content gets in all:
# throttling passes within hours, a broken file never becomes readable.
RETRY_INTERVAL = timedelta(hours=1)
JOBS_FOR_ONE_CONTENT = 3


class Decision(StrEnum):
    """The decision: start a job, wait for the running one, or do nothing because everything is covered."""

    START = "start"
    WAIT = "wait"
    COVERED = "covered"


@dataclass(frozen=True, kw_only=True)
class BatchPlan:
    """The decision on a batch, and the ids of the messages that are not covered yet."""

    decision: Decision
    uncovered: tuple[str, ...]


def plan_batch(messages: Sequence[Message], jobs: Sequence[Job]) -> BatchPlan:
    """Decide on a batch: start a job if any of its changes is not covered and no job is running."""
    uncovered = tuple(message.message_id for message in messages if not _covered(message, jobs))
    if not uncovered:
        return BatchPlan(decision=Decision.COVERED, uncovered=())
    running = any(job.running for job in jobs)
    return BatchPlan(decision=Decision.WAIT if running else Decision.START, uncovered=uncovered)


def plan_sweep(*, jobs: Sequence[Job], description: str | None, now: datetime) -> Decision:
    """Decide on the sweep, which finds changes whose events were lost.

    `description` is the digest of the bucket's present content (see `ingest.content_digest`); a job's description is
    the digest at its start. None: there were too many objects to compare in time, and the sweep starts a job once an
    hour. After a failed job it starts another whatever the content, because it is unknown how far the failed one came.
    Documents that the last COMPLETE job could not read are retried after an hour, by three jobs at most for one
    content. (Source: docs.aws.amazon.com, Amazon Bedrock API Reference, IngestionJobStatistics.)
    """
    if any(job.running for job in jobs):
        return Decision.WAIT
    complete = [job for job in jobs if job.complete]
    if not complete or max(jobs, key=lambda job: job.started_at).failed:
        return Decision.START
    last = max(complete, key=lambda job: job.started_at)
    if description is None:
        return Decision.START if now - last.started_at >= UNCOMPARED_INTERVAL else Decision.COVERED
    if last.description != description or _retries(last, jobs, now):
        return Decision.START
    return Decision.COVERED


def _retries(last: Job, jobs: Sequence[Job], now: datetime) -> bool:
    alike = sum(job.description == last.description for job in jobs)
    due = now - last.started_at >= RETRY_INTERVAL
    return last.documents_failed > 0 and due and alike < JOBS_FOR_ONE_CONTENT


def _covered(message: Message, jobs: Sequence[Job]) -> bool:
    if message.happened_by is None:
        return True
    return any(job.complete and job.started_at - CLOCK_TOLERANCE > message.happened_by for job in jobs)

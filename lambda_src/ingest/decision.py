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

from ingest.bucket_reader import Reading
from ingest.events import Message
from shared.ingestion_jobs import Job

# The event's time is from S3's clock, the job's start from Bedrock's. Too much tolerance costs one cheap job; too
# little can cost a document that no question finds.
CLOCK_TOLERANCE = timedelta(seconds=2)
# A bucket with more pages is read again only when this time has passed since the last reading began: a listing of a
# million keys costs half a cent. Source: aws.amazon.com/s3/pricing, $0.005 for 1,000 LIST requests.
LARGE_PAGES = 100
READING_INTERVAL = timedelta(minutes=20)
# The longest time for which it may be unknown whether the whole content is indexed. Then the sweep starts a job without
# a comparison. With a sweep every five minutes no document waits more than an hour for a job.
UNCOMPARED_INTERVAL = timedelta(minutes=55)

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


def plan_sweep(
    *, jobs: Sequence[Job], description: str | None, now: datetime, verified: datetime | None = None
) -> Decision:
    """Decide on the sweep, which finds changes whose events were lost.

    `description` is the digest of the bucket's present content (see `ingest.content_digest`); a job's description is
    the digest at its start. None: the bucket was not read to its end yet. The sweep then waits for the rest, which the
    next sweep reads. It starts a job if that takes too long: `verified` is the time of which an earlier reading found
    that everything was indexed. After a failed job it starts another whatever the content, because it is unknown how
    far the failed one came.
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
        indexed = max(last.started_at, verified or last.started_at)
        return Decision.START if now - indexed >= UNCOMPARED_INTERVAL else Decision.WAIT
    if last.description != description or _retries(last, jobs, now):
        return Decision.START
    return Decision.COVERED


def continue_reading(saved: Reading | None, jobs: Sequence[Job], *, now: datetime, may_rest: bool = False) -> Reading:
    """Return the reading with which a sweep goes on: the saved one, or one that begins now.

    An unfinished one is useless if a job has started since it began and is COMPLETE, because that job covers everything
    that it has read. A finished one of a large bucket is good for a while, for a sweep that may rest.
    """
    began = Reading(started=now, verified=saved.verified if saved else None)
    if saved is None or now - saved.started >= UNCOMPARED_INTERVAL:
        return began
    last = max((job for job in jobs if job.complete), key=lambda job: job.started_at, default=None)
    if saved.unread:
        return began if last and last.started_at > saved.started else saved
    rests = may_rest and last and last.description == saved.description and now - saved.started < READING_INTERVAL
    return saved if rests else began


def _retries(last: Job, jobs: Sequence[Job], now: datetime) -> bool:
    alike = sum(job.description == last.description for job in jobs)
    due = now - last.started_at >= RETRY_INTERVAL
    return last.documents_failed > 0 and due and alike < JOBS_FOR_ONE_CONTENT


def _covered(message: Message, jobs: Sequence[Job]) -> bool:
    if message.happened_by is None:
        return True
    return any(job.complete and job.started_at - CLOCK_TOLERANCE > message.happened_by for job in jobs)

"""Starts ingestion jobs, for a batch of events and for the sweep."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from ingest.content import Bucket, Content
from ingest.content_digest import NOT_COMPARED
from ingest.decision import BatchPlan, Decision, plan_batch, plan_sweep
from ingest.events import Batch
from ingest.queue import Queue
from ingest.settings import Settings
from shared.aws_calls import LONGEST_PAUSE_SECONDS, Budget, call_with_retries, is_transient
from shared.errors import THROTTLING, error_code
from shared.ingestion_jobs import Job, list_jobs
from shared.logs import Log

if TYPE_CHECKING:
    from mypy_boto3_bedrock_agent import AgentsforBedrockClient

# Enough to find, in one call, the last COMPLETE job before a series of failed ones.
_JOBS_LISTED = 100
# Seconds from the start in which pages of the bucket may be requested. The rest of the function's 60 is for the last
# page, and for starting the job, which must start however many objects there are.
_LISTING_SECONDS = 30.0
# Another invocation was faster, or the quotas are used up (one job per Knowledge Base, five per account). This is no
# error: a later attempt succeeds. Source: docs.aws.amazon.com, Amazon Bedrock, StartIngestionJob.
_BUSY = THROTTLING | {"ConflictException"}
# An account may start one job in ten seconds in a region, and another Knowledge Base may have started the last one. It
# is refused at once (`ThrottlingException`), so the function waits for its turn, which costs the messages no receive.
# Source: docs.aws.amazon.com, AWS General Reference, "Amazon Bedrock endpoints and quotas".
_TURN_SECONDS = 12.0
# The seconds of one attempt to start: the connect and the read time-out of the client.
_ATTEMPT_SECONDS = 12.0


def _now() -> datetime:
    return datetime.now(tz=UTC)


def _listing_budget() -> Budget:
    return Budget.of(_LISTING_SECONDS)


def _turn() -> Budget:
    return Budget.of(_TURN_SECONDS + _ATTEMPT_SECONDS)


@dataclass(frozen=True, kw_only=True)
class JobStarter:
    """Keeps the Knowledge Base in sync with the bucket. Starts at most one job per invocation."""

    bedrock_agent: "AgentsforBedrockClient"
    bucket: Bucket
    queue: Queue
    settings: Settings
    listing_budget: Callable[[], Budget] = _listing_budget
    turn: Callable[[], Budget] = _turn
    now: Callable[[], datetime] = _now

    def handle_batch(self, batch: Batch, log: Log) -> tuple[str, ...]:
        """Handle an SQS batch and return the ids of the messages to return to the queue.

        Documents that have a tombstone are deleted first, also while a job is running.

        Malformed messages are returned until SQS moves them to the dead-letter queue. The others are returned while a
        job is running or none can be started, and are received again soon (see `ingest.queue`). Raises botocore's
        errors for anything unexpected: then Lambda returns the whole batch to the queue and counts an error.
        """
        if batch.malformed:
            log.error("malformed_messages", messageIds=batch.malformed)
        if not any(message.happened_by for message in batch.messages):
            return batch.malformed
        self.bucket.tombstones.apply((key for message in batch.messages for key in message.created), log)
        content, token, plans = self._content(log), str(uuid.uuid4()), list[BatchPlan]()

        def attempt() -> Decision:
            plans.append(plan_batch(batch.messages, self._jobs(None if plans else log)))
            if plans[-1].decision is Decision.START:
                self._start(content.describe(), token, log)
            return plans[-1].decision

        decision = self._in_turn(attempt, log)
        log.info("batch", decision=plans[-1].decision, messages=len(batch.messages), uncovered=len(plans[-1].uncovered))
        if decision is not Decision.WAIT:
            return batch.malformed
        waiting = frozenset(plans[-1].uncovered)
        self.queue.shorten_visibility([message for message in batch.messages if message.message_id in waiting], log)
        return (*batch.malformed, *plans[-1].uncovered)

    def sweep(self, log: Log, *, may_rest: bool = False) -> Decision:
        """Delete documents that have a tombstone, start a job if `plan_sweep` decides so, and return the decision.

        A sweep that `may_rest` relies on the last reading of a large bucket for some minutes.
        """
        content, token, decisions = self._content(log), str(uuid.uuid4()), list[Decision]()

        def attempt() -> Decision:
            jobs = self._jobs(None if decisions else log)
            if any(job.running for job in jobs):
                return Decision.WAIT
            reading = content.compare(jobs, may_rest=may_rest)
            description, verified = reading.description, reading.verified
            decisions.append(plan_sweep(jobs=jobs, description=description, now=self.now(), verified=verified))
            if decisions[-1] is Decision.START:
                self._start(description, token, log)
            elif decisions[-1] is Decision.COVERED:
                content.confirm(reading)
            if reading.unread:
                log.info("content_read_in_part", pages=reading.pages, invocations=reading.invocations)
            return decisions[-1]

        decision = self._in_turn(attempt, log)
        log.info("sweep", decision=decision)
        return decision

    def _in_turn(self, attempt: Callable[[], Decision], log: Log) -> Decision:
        """Decide and start. If Bedrock throttles the start, try again, with a new decision before each attempt.

        Until then another invocation may have started a job that covers the change, and more objects may have arrived,
        which the job's description must contain. Returns `WAIT` if no turn came.
        """
        try:
            try:
                return attempt()
            except (ClientError, BotoCoreError) as error:
                if not is_transient(error):
                    raise
            return call_with_retries(
                attempt, budget=self.turn(), attempt_seconds=_ATTEMPT_SECONDS, pause_seconds=LONGEST_PAUSE_SECONDS
            )
        except ClientError as error:
            if error_code(error) not in _BUSY:
                raise
            log.warning("busy", awsError=error_code(error))
            return Decision.WAIT

    def _content(self, log: Log) -> Content:
        return Content(self.bucket, budget=self.listing_budget(), now=self.now, log=log)

    def _jobs(self, log: Log | None) -> tuple[Job, ...]:
        jobs = list_jobs(
            self.bedrock_agent,
            knowledge_base_id=self.settings.knowledge_base_id,
            data_source_id=self.settings.data_source_id,
            count=_JOBS_LISTED,
        )
        if log is not None:
            _log_failures(jobs, log)
        return jobs

    def _start(self, description: str | None, token: str, log: Log) -> None:
        """Start a job. All attempts have the same token: one whose answer was lost starts no second job."""
        answer = self.bedrock_agent.start_ingestion_job(
            knowledgeBaseId=self.settings.knowledge_base_id,
            dataSourceId=self.settings.data_source_id,
            clientToken=token,
            description=description or NOT_COMPARED,
        )
        log.info("job_started", jobId=answer["ingestionJob"]["ingestionJobId"])


def _log_failures(jobs: Sequence[Job], log: Log) -> None:
    """Log failures of the last finished job. A metric filter counts `last_job_failed` at any level."""
    last = next((job for job in jobs if not job.running), None)
    if last is None:
        return
    if last.failed:
        write = log.warning if jobs[0].running else log.error
        write("last_job_failed", jobId=last.job_id)
    elif last.documents_failed:
        log.warning("documents_failed", jobId=last.job_id, documents=last.documents_failed)

"""Starts ingestion jobs, for a batch of events and for the sweep."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from ingest.content_digest import NOT_COMPARED, describe_content
from ingest.decision import Decision, plan_batch, plan_sweep
from ingest.events import Batch
from ingest.settings import Settings
from shared.aws_calls import Budget, call_with_retries
from shared.errors import THROTTLING, error_code
from shared.ingestion_jobs import Job, list_jobs
from shared.logs import Log

if TYPE_CHECKING:
    from mypy_boto3_bedrock_agent import AgentsforBedrockClient
    from mypy_boto3_s3 import S3Client

# Enough to find, in one call, the last COMPLETE job before a series of failed ones.
_JOBS_LISTED = 100
# Seconds from the start in which the bucket may be listed. The rest of the function's 60 is for starting the job, which
# must start however many objects there are.
_LISTING_SECONDS = 30.0
# Another invocation was faster, or the quotas are used up (one job per Knowledge Base, five per account). This is no
# error: a later attempt succeeds. Source: docs.aws.amazon.com, Amazon Bedrock, StartIngestionJob.
_BUSY = THROTTLING | {"ConflictException"}
# An account may start one job in ten seconds in a region, and another Knowledge Base may have started the last one. It
# is refused at once (`ThrottlingException`), so the function waits for its turn: the messages of a refused batch would
# wait for the queue's visibility timeout, six minutes. Source: docs.aws.amazon.com, AWS General Reference, "Amazon
# Bedrock endpoints and quotas".
_TURN_SECONDS = 12.0
# The seconds of one attempt to start: the connect and the read time-out of the client.
_ATTEMPT_SECONDS = 12.0


def _turn() -> Budget:
    return Budget.of(_TURN_SECONDS + _ATTEMPT_SECONDS)


@dataclass(frozen=True, kw_only=True)
class JobStarter:
    """Keeps the Knowledge Base in sync with the bucket. Starts at most one job per invocation."""

    bedrock_agent: "AgentsforBedrockClient"
    s3: "S3Client"
    settings: Settings
    listing_seconds: float = _LISTING_SECONDS
    turn: Callable[[], Budget] = _turn

    def handle_batch(self, batch: Batch, log: Log) -> tuple[str, ...]:
        """Handle an SQS batch and return the ids of the messages to return to the queue.

        Malformed messages are returned until SQS moves them to the dead-letter queue. The others are returned while a
        job is running or none can be started. Raises botocore's errors for anything unexpected: then Lambda returns the
        whole batch to the queue and counts an error.
        """
        budget = Budget.of(self.listing_seconds)
        if batch.malformed:
            log.error("malformed_messages", messageIds=batch.malformed)
        if not any(message.happened_by for message in batch.messages):
            return batch.malformed
        plan = plan_batch(batch.messages, self._jobs(log))
        done = plan.decision is Decision.COVERED
        if plan.decision is Decision.START:
            done = self._start(self._description(budget), log)
        log.info("batch", decision=plan.decision, messages=len(batch.messages), uncovered=len(plan.uncovered))
        return batch.malformed if done else (*batch.malformed, *plan.uncovered)

    def sweep(self, log: Log) -> Decision:
        """Start a job if `plan_sweep` decides so; return the decision."""
        budget = Budget.of(self.listing_seconds)
        jobs = self._jobs(log)
        if any(job.running for job in jobs):
            decision = Decision.WAIT
        else:
            description = self._description(budget)
            decision = plan_sweep(jobs=jobs, description=description, now=datetime.now(tz=UTC))
            if decision is Decision.START and not self._start(description, log):
                decision = Decision.WAIT
        log.info("sweep", decision=decision)
        return decision

    def _description(self, budget: Budget) -> str | None:
        return describe_content(self.s3, self.settings.documents_bucket, budget=budget)

    def _jobs(self, log: Log) -> tuple[Job, ...]:
        jobs = list_jobs(
            self.bedrock_agent,
            knowledge_base_id=self.settings.knowledge_base_id,
            data_source_id=self.settings.data_source_id,
            count=_JOBS_LISTED,
        )
        _log_failures(jobs, log)
        return jobs

    def _start(self, description: str | None, log: Log) -> bool:
        ids = {"knowledgeBaseId": self.settings.knowledge_base_id, "dataSourceId": self.settings.data_source_id}
        # The same token for all attempts: one whose answer was lost starts no second job.
        ids["clientToken"] = str(uuid.uuid4())
        start = partial(self.bedrock_agent.start_ingestion_job, **ids, description=description or NOT_COMPARED)
        try:
            answer = call_with_retries(start, budget=self.turn(), attempt_seconds=_ATTEMPT_SECONDS)
        except ClientError as error:
            if error_code(error) not in _BUSY:
                raise
            log.warning("busy", awsError=error_code(error))
            return False
        log.info("job_started", jobId=answer["ingestionJob"]["ingestionJobId"])
        return True


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

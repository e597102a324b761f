from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import boto3
from botocore.stub import ANY, Stubber

from ingest.job_starter import JobStarter
from ingest.queue import Queue
from ingest.settings import Settings
from shared.aws_calls import Budget
from tests.lambdas.helpers import NOON

QUEUE_URL = "https://sqs.us-west-2.amazonaws.com/111122223333/ingest"
SETTINGS = Settings(
    region="us-west-2",
    knowledge_base_id="KB00000001",
    data_source_id="DS00000001",
    documents_bucket="b",
    ingest_queue_url=QUEUE_URL,
)
TURN_SECONDS = 24.0
IDS = {"knowledgeBaseId": "KB00000001", "dataSourceId": "DS00000001"}


class StubbedClients:
    """A job starter's clients, and the responses that they give in turn."""

    def __init__(self) -> None:
        agent = boto3.client("bedrock-agent", region_name="us-west-2")
        s3 = boto3.client("s3", region_name="us-west-2")
        sqs = boto3.client("sqs", region_name="us-west-2")
        self.agent, self.s3, self.sqs = Stubber(agent), Stubber(s3), Stubber(sqs)
        for stubber in (self.agent, self.s3, self.sqs):
            stubber.activate()
        self.waited = 0.0
        self.queue = Queue(sqs=sqs, url=QUEUE_URL)
        self.starter = JobStarter(bedrock_agent=agent, s3=s3, queue=self.queue, settings=SETTINGS, turn=self._turn)
        self.without_time = replace(self.starter, listing_seconds=0)

    def _turn(self) -> Budget:
        """Return a budget whose clock only pauses advance, by a second each."""
        return Budget(deadline=self.waited + TURN_SECONDS, clock=lambda: self.waited, sleep=self._pause)

    def _pause(self, _seconds: float) -> None:
        self.waited += 1

    def has_jobs(self, *jobs: tuple[str, float, str], statistics: dict[str, int] | None = None) -> None:
        summaries = [
            _job(status, started=NOON + timedelta(seconds=seconds), description=description)
            | {"statistics": statistics or {}}
            for status, seconds, description in jobs
        ]
        expected = {**IDS, "maxResults": 100, "sortBy": {"attribute": "STARTED_AT", "order": "DESCENDING"}}
        self.agent.add_response("list_ingestion_jobs", {"ingestionJobSummaries": summaries}, expected)

    def has_objects(self, *objects: tuple[str, str]) -> None:
        contents = [{"Key": key, "ETag": etag} for key, etag in objects]
        self.s3.add_response("list_objects_v2", {"Contents": contents, "IsTruncated": False}, {"Bucket": "b"})

    def has_more_objects(self) -> None:
        """Give the first page of several. A request for the next page fails the test."""
        page: dict[str, Any] = {"Contents": [{"Key": "a", "ETag": "1"}], "IsTruncated": True}
        self.s3.add_response("list_objects_v2", {**page, "NextContinuationToken": "t"}, {"Bucket": "b"})

    def starts(self, *, description: object = ANY) -> None:
        answer = {"ingestionJob": _job("STARTING", started=NOON, description="")}
        self.agent.add_response("start_ingestion_job", answer, {**IDS, "clientToken": ANY, "description": description})

    def refuses_to_start(self, code: str, *, times: int = 1) -> None:
        for _ in range(times):
            self.agent.add_client_error("start_ingestion_job", code)

    def waits(self, *messages: tuple[str, int], failed: int = 0) -> None:
        """Let the visibility timeout of these messages (receipt handle, seconds) be changed in one call."""
        entries = [
            {"Id": str(number), "ReceiptHandle": handle, "VisibilityTimeout": seconds}
            for number, (handle, seconds) in enumerate(messages)
        ]
        ids = [{"Id": entry["Id"]} for entry in entries]
        failures = [{**found, "SenderFault": True, "Code": "ReceiptHandleIsInvalid"} for found in ids[:failed]]
        answer: dict[str, Any] = {"Successful": ids[failed:], "Failed": failures}
        self.sqs.add_response("change_message_visibility_batch", answer, {"QueueUrl": QUEUE_URL, "Entries": entries})

    def done(self) -> None:
        for stubber in (self.agent, self.s3, self.sqs):
            stubber.assert_no_pending_responses()


def _job(status: str, *, started: datetime, description: str) -> dict[str, object]:
    return {
        **IDS,
        "ingestionJobId": "JOB0000001",
        "status": status,
        "startedAt": started,
        "updatedAt": started,
        "description": description or "by hand",
    }

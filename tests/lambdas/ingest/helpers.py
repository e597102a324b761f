import bisect
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import boto3
from botocore.stub import ANY, Stubber

from ingest.bucket_pages import Page
from ingest.checkpoint import Checkpoint
from ingest.content import Bucket
from ingest.job_starter import JobStarter
from ingest.queue import Queue
from ingest.settings import Settings
from ingest.tombstones import Tombstones
from shared.aws_calls import Budget
from tests.lambdas.helpers import NOON

QUEUE_URL = "https://sqs.us-west-2.amazonaws.com/111122223333/ingest"
SETTINGS = Settings(
    region="us-west-2",
    knowledge_base_id="KB00000001",
    data_source_id="DS00000001",
    documents_bucket="b",
    ingest_queue_url=QUEUE_URL,
    sweep_parameter="/warm-standby/w/sweep",
)
TURN_SECONDS = 24.0
IDS = {"knowledgeBaseId": "KB00000001", "dataSourceId": "DS00000001"}


class FakeBucket:
    """A bucket's listing: `pages(after)` returns a page, as S3 does. `requests` are the positions that were asked."""

    def __init__(self, objects: Mapping[str, str], *, page_size: int = 1000) -> None:
        self.objects = dict(objects)
        self.page_size = page_size
        self.requests: list[str] = []

    def pages(self, after: str) -> Page:
        self.requests.append(after)
        keys = sorted(self.objects)
        start = bisect.bisect_right(keys, after)
        shown = keys[start : start + self.page_size]
        objects = tuple((key, self.objects[key]) for key in shown)
        return Page(objects=objects, more=start + self.page_size < len(keys))


class FakeParameters:
    """Parameter Store with one parameter. `writes` are its values, in turn."""

    def __init__(self) -> None:
        self.writes = ["{}"]

    def get_parameter(self, **_: object) -> dict[str, Any]:
        return {"Parameter": {"Value": self.writes[-1]}}

    def put_parameter(self, *, Value: str, **_: object) -> None:  # noqa: N803 - AWS's name
        self.writes.append(Value)


def fake_checkpoint(parameters: FakeParameters | None = None) -> Checkpoint:
    """Return a checkpoint in a fake of Parameter Store."""
    client: Any = parameters or FakeParameters()
    return Checkpoint(client=client, name=SETTINGS.sweep_parameter)


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
        self.parameters = FakeParameters()
        self.pages: list[Page | Exception] = []
        self.bucket = Bucket(
            read_page=self._next_page,
            checkpoint=fake_checkpoint(self.parameters),
            tombstones=Tombstones(s3=s3, bucket=SETTINGS.documents_bucket),
        )
        self.starter = JobStarter(
            bedrock_agent=agent, bucket=self.bucket, queue=self.queue, settings=SETTINGS, turn=self._turn
        )
        self.without_time = replace(self.starter, listing_budget=lambda: Budget.of(0))

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

    def has_objects(self, *objects: tuple[str, str], more: bool = False) -> None:
        """Give the next page of the listing."""
        self.pages.append(Page(objects=objects, more=more))

    def fails_to_list(self, error: Exception) -> None:
        self.pages.append(error)

    def _next_page(self, _after: str) -> Page:
        answer = self.pages.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

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
        assert not self.pages


def _job(status: str, *, started: datetime, description: str) -> dict[str, object]:
    return {
        **IDS,
        "ingestionJobId": "JOB0000001",
        "status": status,
        "startedAt": started,
        "updatedAt": started,
        "description": description or "by hand",
    }

"""Ingesting against botocore's own clients, stubbed with what AWS may answer."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import ANY, Stubber

from ingest.content_digest import content_description
from ingest.decision import Decision
from ingest.events import Batch, Message
from ingest.job_starter import Synchroniser
from ingest.settings import Settings
from shared.aws_calls import Budget
from shared.logs import Log
from tests.lambdas.helpers import NOON

SETTINGS = Settings(
    region="us-west-2", knowledge_base_id="KB00000001", data_source_id="DS00000001", documents_bucket="b"
)
IDS = {"knowledgeBaseId": "KB00000001", "dataSourceId": "DS00000001"}


class Stubbed:
    """The clients of a synchroniser, with the answers that they shall give."""

    def __init__(self) -> None:
        agent = boto3.client("bedrock-agent", region_name="us-west-2")
        s3 = boto3.client("s3", region_name="us-west-2")
        self.agent, self.s3 = Stubber(agent), Stubber(s3)
        self.agent.activate()
        self.s3.activate()
        self.synchroniser = Synchroniser(bedrock_agent=agent, s3=s3, settings=SETTINGS)
        self.hurried = replace(self.synchroniser, comparison_seconds=0)

    def has_jobs(self, *jobs: tuple[str, float, str], statistics: dict[str, int] | None = None) -> None:
        summaries = [
            _job(status, started=NOON + timedelta(seconds=seconds), description=description)
            | {"statistics": statistics or {}}
            for status, seconds, description in jobs
        ]
        expected = {**IDS, "maxResults": 100, "sortBy": {"attribute": "STARTED_AT", "order": "DESCENDING"}}
        self.agent.add_response("list_ingestion_jobs", {"ingestionJobSummaries": summaries}, expected)

    def holds(self, *objects: tuple[str, str]) -> None:
        contents = [{"Key": key, "ETag": etag} for key, etag in objects]
        self.s3.add_response("list_objects_v2", {"Contents": contents, "IsTruncated": False}, {"Bucket": "b"})

    def holds_many(self) -> None:
        """A first page of many: whoever asks for the next one fails the test."""
        page: dict[str, Any] = {"Contents": [{"Key": "a", "ETag": "1"}], "IsTruncated": True}
        self.s3.add_response("list_objects_v2", {**page, "NextContinuationToken": "t"}, {"Bucket": "b"})

    def starts(self, *, description: object = ANY) -> None:
        answer = {"ingestionJob": _job("STARTING", started=NOON, description="")}
        self.agent.add_response("start_ingestion_job", answer, {**IDS, "description": description})

    def refuses_to_start(self, code: str) -> None:
        self.agent.add_client_error("start_ingestion_job", code)

    def done(self) -> None:
        self.agent.assert_no_pending_responses()
        self.s3.assert_no_pending_responses()


def _job(status: str, *, started: datetime, description: str) -> dict[str, object]:
    return {
        **IDS,
        "ingestionJobId": "JOB0000001",
        "status": status,
        "startedAt": started,
        "updatedAt": started,
        "description": description or "by hand",
    }


@pytest.fixture
def stubbed() -> Stubbed:
    return Stubbed()


NEW = Message(message_id="new", happened_by=NOON)
BATCH = Batch(messages=(NEW,), malformed=())


def test_a_batch_starts_one_job(stubbed: Stubbed) -> None:
    stubbed.has_jobs()
    stubbed.holds(("a", "1"))
    stubbed.starts()
    assert stubbed.synchroniser.batch(Batch(messages=(NEW,) * 9, malformed=()), Log()) == ()
    stubbed.done()


def test_a_covered_batch_starts_none(stubbed: Stubbed) -> None:
    stubbed.has_jobs(("COMPLETE", 60, ""))
    assert stubbed.synchroniser.batch(BATCH, Log()) == ()
    stubbed.done()


def test_while_a_job_runs_the_messages_come_back(stubbed: Stubbed) -> None:
    stubbed.has_jobs(("IN_PROGRESS", 60, ""))
    assert stubbed.synchroniser.batch(BATCH, Log()) == ("new",)
    stubbed.done()


@pytest.mark.parametrize("code", ["ConflictException", "ThrottlingException", "ServiceQuotaExceededException"])
def test_when_no_job_can_be_started_the_messages_come_back(stubbed: Stubbed, code: str) -> None:
    stubbed.has_jobs()
    stubbed.holds()
    stubbed.refuses_to_start(code)
    assert stubbed.synchroniser.batch(BATCH, Log()) == ("new",)
    stubbed.done()


@pytest.mark.parametrize("code", ["AccessDeniedException", "ResourceNotFoundException", "ValidationException"])
def test_an_unexpected_error_fails_the_whole_batch(stubbed: Stubbed, code: str) -> None:
    stubbed.has_jobs()
    stubbed.holds()
    stubbed.refuses_to_start(code)
    with pytest.raises(ClientError, match=code):
        stubbed.synchroniser.batch(BATCH, Log())


def test_a_malformed_message_fails_alone(stubbed: Stubbed, capsys: pytest.CaptureFixture[str]) -> None:
    stubbed.has_jobs()
    stubbed.holds()
    stubbed.starts()
    assert stubbed.synchroniser.batch(Batch(messages=(NEW,), malformed=("bad",)), Log()) == ("bad",)
    stubbed.done()
    assert '"message": "malformed_messages", "messageIds": ["bad"]' in capsys.readouterr().out


def test_a_malformed_message_comes_back_with_the_waiting_ones(stubbed: Stubbed) -> None:
    stubbed.has_jobs(("STARTING", 0, ""))
    assert stubbed.synchroniser.batch(Batch(messages=(NEW,), malformed=("bad",)), Log()) == ("bad", "new")


def test_a_batch_without_events_asks_nobody(stubbed: Stubbed) -> None:
    test = Message(message_id="test", happened_by=None)
    assert stubbed.synchroniser.batch(Batch(messages=(test,), malformed=("bad",)), Log()) == ("bad",)


def test_the_sweep_does_not_list_the_bucket_while_a_job_runs(stubbed: Stubbed) -> None:
    stubbed.has_jobs(("STOPPING", 0, ""))
    assert stubbed.synchroniser.sweep(Log()) is Decision.WAIT


def test_the_sweep_waits_when_another_was_faster(stubbed: Stubbed) -> None:
    stubbed.has_jobs()
    stubbed.holds()
    stubbed.refuses_to_start("ConflictException")
    assert stubbed.synchroniser.sweep(Log()) is Decision.WAIT


def test_a_batch_starts_its_job_however_long_comparing_would_take(stubbed: Stubbed) -> None:
    stubbed.has_jobs()
    stubbed.holds_many()
    stubbed.starts(description="content not compared")
    assert stubbed.hurried.batch(BATCH, Log()) == ()
    stubbed.done()


def test_the_sweep_starts_its_job_however_long_comparing_would_take(stubbed: Stubbed) -> None:
    stubbed.has_jobs(("COMPLETE", 0, ""))
    stubbed.holds_many()
    stubbed.starts(description="content not compared")
    assert stubbed.hurried.sweep(Log()) is Decision.START
    stubbed.done()


def test_a_failed_last_job_is_logged_as_an_error(stubbed: Stubbed, capsys: pytest.CaptureFixture[str]) -> None:
    stubbed.has_jobs(("COMPLETE", 0, ""), ("FAILED", 60, ""))
    stubbed.holds()
    stubbed.starts()
    assert stubbed.synchroniser.sweep(Log()) is Decision.START
    assert '"level": "ERROR", "message": "last_job_failed"' in capsys.readouterr().out


def test_a_failed_job_is_told_of_while_the_next_one_runs_but_is_no_error_then(
    stubbed: Stubbed, capsys: pytest.CaptureFixture[str]
) -> None:
    stubbed.has_jobs(("FAILED", 0, ""), ("IN_PROGRESS", 60, ""))
    assert stubbed.synchroniser.sweep(Log()) is Decision.WAIT
    assert '"level": "WARNING", "message": "last_job_failed"' in capsys.readouterr().out


def test_a_failed_job_is_forgotten_once_another_was_complete(
    stubbed: Stubbed, capsys: pytest.CaptureFixture[str]
) -> None:
    stubbed.has_jobs(("FAILED", 0, ""), ("COMPLETE", 60, ""), ("IN_PROGRESS", 120, ""))
    stubbed.synchroniser.sweep(Log())
    assert "last_job_failed" not in capsys.readouterr().out


@pytest.mark.parametrize("number, told", [(0, []), (2, [("WARNING", "JOB0000001", 2)])])
def test_documents_that_a_complete_job_could_not_read_are_a_warning(
    stubbed: Stubbed, capsys: pytest.CaptureFixture[str], number: int, told: list[tuple[str, str, int]]
) -> None:
    stubbed.has_jobs(("COMPLETE", 60, ""), statistics={"numberOfDocumentsFailed": number})
    assert stubbed.synchroniser.batch(BATCH, Log()) == ()
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    failed = [line for line in lines if line["message"] == "documents_failed"]
    assert [(line["level"], line["jobId"], line["documents"]) for line in failed] == told


def described(*objects: tuple[str, str], max_pages: int = 100) -> str | None:
    stubbed = Stubbed()
    stubbed.holds(*objects)
    return content_description(stubbed.synchroniser.s3, "b", budget=Budget.of(30), max_pages=max_pages)


def test_any_change_of_the_content_changes_its_description() -> None:
    kinds = [(), (("a", "1"),), (("a", "2"),), (("b", "1"),), (("a", "1"), ("b", "1")), (("a1", ""),)]
    descriptions = [described(*objects) for objects in kinds]
    assert len(set(descriptions)) == len(kinds)
    assert descriptions[1] == described(("a", "1"))


def test_a_description_fits_into_a_jobs() -> None:
    assert len(described(("a", "1")) or "") == 72


def test_a_bucket_of_several_pages_is_read_to_its_end() -> None:
    stubbed = Stubbed()
    stubbed.holds_many()
    last = {"Contents": [{"Key": "b", "ETag": "1"}], "IsTruncated": False}
    stubbed.s3.add_response("list_objects_v2", last, {"Bucket": "b", "ContinuationToken": "t"})
    assert content_description(stubbed.synchroniser.s3, "b", budget=Budget.of(30)) == described(("a", "1"), ("b", "1"))


def test_a_bucket_with_too_many_pages_has_no_description() -> None:
    assert described(("a", "1"), max_pages=0) is None


def test_a_listing_ends_when_its_time_is_over() -> None:
    stubbed, clock = Stubbed(), iter((29.0, 30.0))
    stubbed.holds_many()
    more = {"Contents": [{"Key": "b", "ETag": "1"}], "IsTruncated": True, "NextContinuationToken": "u"}
    stubbed.s3.add_response("list_objects_v2", more, {"Bucket": "b", "ContinuationToken": "t"})
    budget = Budget(deadline=30, clock=lambda: next(clock))
    assert content_description(stubbed.synchroniser.s3, "b", budget=budget) is None
    stubbed.done()

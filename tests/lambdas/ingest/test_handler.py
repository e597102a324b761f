"""Ingesting, the whole way: the real handler against the emulator."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from tests.lambdas.helpers import Context, Handler, World, s3_notification, sqs_record

SCHEDULED = {"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}}


@pytest.fixture
def ingest(world: World, cold_start: Callable[..., Handler], variables: Callable[[World], dict[str, str]]) -> Handler:
    return cold_start("ingest", variables(world))


def jobs_of(world: World) -> list[Any]:
    agent = boto3.client("bedrock-agent", region_name=world.region)
    listed = agent.list_ingestion_jobs(knowledgeBaseId=world.knowledge_base_id, dataSourceId=world.data_source_id)
    return listed["ingestionJobSummaries"]


def put(world: World, key: str, body: bytes = b"text") -> None:
    boto3.client("s3", region_name=world.region).put_object(Bucket=world.bucket, Key=key, Body=body)


def test_an_event_leads_to_a_job_that_reads_the_document(ingest: Handler, world: World) -> None:
    put(world, "a.txt")
    event = {"Records": [sqs_record(s3_notification(bucket=world.bucket, at=datetime.now(tz=UTC)))]}
    assert ingest(event, Context()) == {"batchItemFailures": []}
    assert [found["statistics"]["numberOfNewDocumentsIndexed"] for found in jobs_of(world)] == [1]


def test_an_event_that_a_job_has_covered_leads_to_no_other(ingest: Handler, world: World) -> None:
    put(world, "a.txt")
    before = datetime.now(tz=UTC) - timedelta(minutes=1)
    event = {"Records": [sqs_record(s3_notification(bucket=world.bucket, at=before))]}
    assert ingest(event, Context()) == ingest(event, Context()) == {"batchItemFailures": []}
    assert len(jobs_of(world)) == 1


def test_the_answer_names_the_messages_that_come_back(ingest: Handler, world: World) -> None:
    event = {"Records": [sqs_record("not json", message_id="bad")]}
    assert ingest(event, Context()) == {"batchItemFailures": [{"itemIdentifier": "bad"}]}
    assert jobs_of(world) == []


def test_the_sweep_starts_a_job_only_when_the_bucket_has_changed(ingest: Handler, world: World) -> None:
    s3 = boto3.client("s3", region_name=world.region)
    changes: list[Callable[[], object]] = [
        lambda: put(world, "a.txt"),
        lambda: put(world, "a.txt", b"other text"),
        lambda: s3.delete_object(Bucket=world.bucket, Key="a.txt"),
    ]
    for number, change in enumerate(changes, start=1):
        change()
        assert ingest(SCHEDULED, Context()) == {"decision": "start"}
        assert ingest(SCHEDULED, Context()) == {"decision": "covered"}
        assert len(jobs_of(world)) == number


def test_the_sweep_leaves_alone_what_an_event_has_brought_in(ingest: Handler, world: World) -> None:
    put(world, "a.txt")
    ingest({"Records": [sqs_record(s3_notification(bucket=world.bucket))]}, Context())
    assert ingest(SCHEDULED, Context()) == {"decision": "covered"}


def test_an_event_of_another_kind_is_an_error(ingest: Handler) -> None:
    with pytest.raises(ValueError, match="neither"):
        ingest({"source": "aws.s3"}, Context())

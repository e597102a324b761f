"""The handler with the emulator: events and sweeps start ingestion jobs that read the documents."""

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import boto3
import pytest

from standby.deployment.sweep import sweep_event
from tests.lambdas.helpers import ColdStart, Context, EmulatedRegion, Handler, Variables, s3_notification, sqs_record

SCHEDULED = sweep_event("us-west-2")


@pytest.fixture
def ingest(emulated: EmulatedRegion, cold_start: ColdStart, variables: Variables) -> Handler:
    return cold_start("ingest", variables(emulated))


def jobs_of(emulated: EmulatedRegion) -> list[Any]:
    agent = boto3.client("bedrock-agent", region_name=emulated.region)
    listed = agent.list_ingestion_jobs(knowledgeBaseId=emulated.knowledge_base_id, dataSourceId=emulated.data_source_id)
    return listed["ingestionJobSummaries"]


def put(emulated: EmulatedRegion, key: str, body: bytes = b"text") -> None:
    boto3.client("s3", region_name=emulated.region).put_object(Bucket=emulated.bucket, Key=key, Body=body)


def delete(emulated: EmulatedRegion, key: str) -> None:
    boto3.client("s3", region_name=emulated.region).delete_object(Bucket=emulated.bucket, Key=key)


def test_an_event_starts_a_job_that_reads_the_document(ingest: Handler, emulated: EmulatedRegion) -> None:
    put(emulated, "a.txt")
    event = {"Records": [sqs_record(s3_notification(bucket=emulated.bucket, at=datetime.now(tz=UTC)))]}
    assert ingest(event, Context()) == {"batchItemFailures": []}
    assert [found["statistics"]["numberOfNewDocumentsIndexed"] for found in jobs_of(emulated)] == [1]


def test_an_event_that_a_job_has_covered_starts_no_other_job(ingest: Handler, emulated: EmulatedRegion) -> None:
    put(emulated, "a.txt")
    before = datetime.now(tz=UTC) - timedelta(minutes=1)
    event = {"Records": [sqs_record(s3_notification(bucket=emulated.bucket, at=before))]}
    assert ingest(event, Context()) == ingest(event, Context()) == {"batchItemFailures": []}
    assert len(jobs_of(emulated)) == 1


def test_the_response_names_the_messages_to_return(ingest: Handler, emulated: EmulatedRegion) -> None:
    event = {"Records": [sqs_record("not json", message_id="bad")]}
    assert ingest(event, Context()) == {"batchItemFailures": [{"itemIdentifier": "bad"}]}
    assert jobs_of(emulated) == []


def test_the_sweep_starts_a_job_only_when_the_bucket_has_changed(ingest: Handler, emulated: EmulatedRegion) -> None:
    changes = (
        partial(put, emulated, "a.txt"),
        partial(put, emulated, "a.txt", b"other text"),
        partial(delete, emulated, "a.txt"),
    )
    for number, change in enumerate(changes, start=1):
        change()
        assert ingest(SCHEDULED, Context()) == {"decision": "start"}
        assert ingest(SCHEDULED, Context()) == {"decision": "covered"}
        assert len(jobs_of(emulated)) == number


def test_the_sweep_starts_no_job_for_an_event_s_document(ingest: Handler, emulated: EmulatedRegion) -> None:
    put(emulated, "a.txt")
    ingest({"Records": [sqs_record(s3_notification(bucket=emulated.bucket))]}, Context())
    assert ingest(SCHEDULED, Context()) == {"decision": "covered"}


def test_an_event_of_another_kind_is_an_error(ingest: Handler) -> None:
    with pytest.raises(ValueError, match="neither"):
        ingest({"source": "aws.s3"}, Context())

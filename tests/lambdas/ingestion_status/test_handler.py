from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from botocore.stub import Stubber

from ingestion_status.jobs import last_jobs
from ingestion_status.settings import Settings
from tests.lambdas.helpers import NOON, SITE_ORIGIN, Context, Handler, World, api_event, body_of, error_of

SETTINGS = Settings(
    region="us-west-2", site_origin=SITE_ORIGIN, knowledge_base_id="KB00000001", data_source_id="DS00000001"
)


def summary(number: int, status: str, *, failed: int = 0) -> dict[str, object]:
    return {
        "knowledgeBaseId": "KB00000001",
        "dataSourceId": "DS00000001",
        "ingestionJobId": f"JOB000000{number}",
        "status": status,
        "startedAt": NOON + timedelta(minutes=number),
        "updatedAt": NOON + timedelta(minutes=number, seconds=30),
        "statistics": {"numberOfDocumentsScanned": 3, "numberOfDocumentsFailed": failed},
    }


def test_jobs_are_shown_newest_first_with_the_reasons_of_those_that_failed() -> None:
    client = boto3.client("bedrock-agent", region_name="us-west-2")
    stubber = Stubber(client)
    listed = [summary(1, "FAILED"), summary(3, "IN_PROGRESS"), summary(2, "COMPLETE")]
    stubber.add_response("list_ingestion_jobs", {"ingestionJobSummaries": listed})
    failed = {"ingestionJob": {**summary(1, "FAILED"), "failureReasons": ["no access"] * 30}}
    ids = {"knowledgeBaseId": "KB00000001", "dataSourceId": "DS00000001", "ingestionJobId": "JOB0000001"}
    stubber.add_response("get_ingestion_job", failed, ids)
    with stubber:
        jobs = last_jobs(client, SETTINGS)
    stubber.assert_no_pending_responses()
    assert [job["jobId"] for job in jobs] == ["JOB0000003", "JOB0000002", "JOB0000001"]
    assert [job["failureReasons"] for job in jobs] == [[], [], ["no access"] * 20]
    assert jobs[0]["startedAt"] == "2026-11-24T12:03:00.000Z"
    assert jobs[0]["updatedAt"] == "2026-11-24T12:03:30.000Z"
    assert jobs[0]["statistics"] == {"numberOfDocumentsScanned": 3, "numberOfDocumentsFailed": 0}


def test_a_complete_job_with_failed_documents_tells_why() -> None:
    client = boto3.client("bedrock-agent", region_name="us-west-2")
    stubber = Stubber(client)
    stubber.add_response("list_ingestion_jobs", {"ingestionJobSummaries": [summary(1, "COMPLETE", failed=1)]})
    job = {"ingestionJob": {**summary(1, "COMPLETE", failed=1), "failureReasons": ["bad file"]}}
    stubber.add_response("get_ingestion_job", job)
    with stubber:
        assert last_jobs(client, SETTINGS)[0]["failureReasons"] == ["bad file"]


@pytest.fixture
def status(world: World, cold_start: Callable[..., Handler], variables: Callable[[World], dict[str, str]]) -> Handler:
    return cold_start("ingestion_status", variables(world))


def run_job(world: World) -> None:
    boto3.client("bedrock-agent", region_name=world.region).start_ingestion_job(
        knowledgeBaseId=world.knowledge_base_id, dataSourceId=world.data_source_id
    )


def test_a_region_without_jobs_has_an_empty_list(status: Handler, world: World) -> None:
    assert body_of(status(api_event(), Context())) == {"jobs": [], "region": world.region}


def test_the_last_ten_jobs_are_shown(status: Handler, world: World) -> None:
    for _ in range(12):
        run_job(world)
    body = body_of(status(api_event(), Context()))
    assert set(body["jobs"][0]) == {"jobId", "status", "startedAt", "updatedAt", "statistics", "failureReasons"}
    started = [datetime.fromisoformat(job["startedAt"]) for job in body["jobs"]]
    assert len(started) == 10
    assert started == sorted(started, reverse=True)
    assert abs(datetime.now(tz=UTC) - started[0]) < timedelta(minutes=1)


def test_a_job_that_could_not_read_its_bucket_says_so(status: Handler, world: World) -> None:
    boto3.client("s3", region_name=world.region).delete_bucket(Bucket=world.bucket)
    run_job(world)
    job = body_of(status(api_event(), Context()))["jobs"][0]
    assert job["status"] == "FAILED"
    assert world.bucket in job["failureReasons"][0]


def test_a_lost_connection_is_a_503_that_invites_to_come_back(
    world: World,
    cold_start: Callable[..., Handler],
    variables: Callable[[World], dict[str, str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    status = cold_start("ingestion_status", variables(world))
    response = status(api_event(), Context())
    assert error_of(response) == (503, "upstream_unavailable")
    assert response["headers"]["Retry-After"] == "5"

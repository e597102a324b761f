from datetime import UTC, datetime, timedelta

import boto3
import pytest

from tests.lambdas.helpers import ColdStart, Context, EmulatedRegion, Handler, Variables, api_event, body_of, error_of


@pytest.fixture
def status(emulated: EmulatedRegion, cold_start: ColdStart, variables: Variables) -> Handler:
    return cold_start("ingestion_status", variables(emulated))


def run_job(emulated: EmulatedRegion) -> None:
    boto3.client("bedrock-agent", region_name=emulated.region).start_ingestion_job(
        knowledgeBaseId=emulated.knowledge_base_id, dataSourceId=emulated.data_source_id
    )


def test_a_region_without_jobs_has_an_empty_list(status: Handler, emulated: EmulatedRegion) -> None:
    assert body_of(status(api_event(), Context())) == {"jobs": [], "region": emulated.region}


def test_the_last_ten_jobs_are_listed(status: Handler, emulated: EmulatedRegion) -> None:
    for _ in range(12):
        run_job(emulated)
    body = body_of(status(api_event(), Context()))
    assert set(body["jobs"][0]) == {"jobId", "status", "startedAt", "updatedAt", "statistics", "failureReasons"}
    started = [datetime.fromisoformat(job["startedAt"]) for job in body["jobs"]]
    assert len(started) == 10
    assert started == sorted(started, reverse=True)
    assert abs(datetime.now(tz=UTC) - started[0]) < timedelta(minutes=1)


def test_a_job_that_could_not_read_its_bucket_names_it(status: Handler, emulated: EmulatedRegion) -> None:
    boto3.client("s3", region_name=emulated.region).delete_bucket(Bucket=emulated.bucket)
    run_job(emulated)
    job = body_of(status(api_event(), Context()))["jobs"][0]
    assert job["status"] == "FAILED"
    assert emulated.bucket in job["failureReasons"][0]


def test_a_lost_connection_is_a_503_with_retry_after(
    emulated: EmulatedRegion,
    cold_start: ColdStart,
    variables: Variables,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    status = cold_start("ingestion_status", variables(emulated))
    response = status(api_event(), Context())
    assert error_of(response) == (503, "upstream_unavailable")
    assert response["headers"]["Retry-After"] == "5"

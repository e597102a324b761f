from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import boto3
import pytest

from tests.lambdas.helpers import Context, Handler, World, api_event, body_of, error_of


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

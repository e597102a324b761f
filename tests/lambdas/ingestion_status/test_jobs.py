from datetime import timedelta

import boto3
from botocore.stub import Stubber

from ingestion_status.jobs import last_jobs
from ingestion_status.settings import Settings
from tests.lambdas.helpers import NOON, SITE_ORIGIN

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


def test_jobs_are_listed_newest_first_with_the_failure_reasons_of_failed_ones() -> None:
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


def test_a_complete_job_with_failed_documents_has_failure_reasons() -> None:
    client = boto3.client("bedrock-agent", region_name="us-west-2")
    stubber = Stubber(client)
    stubber.add_response("list_ingestion_jobs", {"ingestionJobSummaries": [summary(1, "COMPLETE", failed=1)]})
    job = {"ingestionJob": {**summary(1, "COMPLETE", failed=1), "failureReasons": ["bad file"]}}
    stubber.add_response("get_ingestion_job", job)
    with stubber:
        assert last_jobs(client, SETTINGS)[0]["failureReasons"] == ["bad file"]

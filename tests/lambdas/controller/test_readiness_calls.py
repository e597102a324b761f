"""What the controller asks of the failover region before it moves users, and what the answers mean."""

import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.response import StreamingBody
from botocore.stub import Stubber

from controller import readiness
from controller.readiness import describe_behind, describe_unhealthy
from controller.settings import ControlledRegion
from controller.vantage import DEEP_SECONDS, Answer

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
REGION = ControlledRegion(role="failover", region="us-east-1", api_url="https://a/prod/", frontend_bucket="b")
OPEN: Any = SimpleNamespace(
    health_function="",
    knowledge_base_id="KB00000001",
    data_source_id="DS00000001",
    documents_bucket="documents-test",
    max_lag=timedelta(minutes=15),
)
SIGNED_IN: Any = SimpleNamespace(**{**vars(OPEN), "health_function": "chatbot-health"})
HEALTHY = {"status": "healthy", "region": "us-east-1"}


@pytest.fixture
def stubs() -> Iterator[Any]:
    made = {name: boto3.client(name, region_name="us-east-1") for name in ("s3", "bedrock-agent", "lambda")}
    stubbers = {name: Stubber(client) for name, client in made.items()}
    for one in stubbers.values():
        one.activate()
    clients = SimpleNamespace(
        s3={"failover": made["s3"]}, bedrock_agent=made["bedrock-agent"], functions=made["lambda"]
    )
    yield SimpleNamespace(clients=clients, **{name.partition("-")[0]: one for name, one in stubbers.items()})
    for one in stubbers.values():
        one.assert_no_pending_responses()


@pytest.mark.parametrize(
    "document,said",
    [
        (HEALTHY, ""),
        ({**HEALTHY, "status": "degraded"}, "it is degraded"),
        ({**HEALTHY, "region": "us-west-2"}, "its API answers as another region"),
        ([], "its deep health check does not answer, or fails"),
        (None, "its deep health check does not answer, or fails"),
    ],
)
def test_an_open_api_is_asked_for_its_deep_health(monkeypatch: pytest.MonkeyPatch, document: object, said: str) -> None:
    def get(url: str, *, seconds: float) -> Answer:
        assert (url, seconds) == ("https://a/prod/health?deep=true", DEEP_SECONDS)
        return Answer(status=200, document=document)

    monkeypatch.setattr(readiness, "get", get)
    assert describe_unhealthy(SimpleNamespace(), OPEN, REGION) == said  # type: ignore[arg-type]  # no client is used


@pytest.mark.parametrize(
    "payload,said",
    [
        (json.dumps({"body": json.dumps(HEALTHY)}), ""),
        (json.dumps({"errorMessage": "x"}), "its deep health check does not answer, or fails"),
        ("nonsense", "its deep health check does not answer, or fails"),
    ],
)
def test_where_users_sign_in_the_function_itself_is_invoked(stubs: Any, payload: str, said: str) -> None:  # noqa: ANN401 - stubs by service
    event = {"httpMethod": "GET", "path": "/health", "queryStringParameters": {"deep": "true"}}
    body = payload.encode()
    asked = {"FunctionName": "chatbot-health", "Payload": json.dumps(event)}
    stubs.__dict__["lambda"].add_response(
        "invoke", {"StatusCode": 200, "Payload": StreamingBody(io.BytesIO(body), len(body))}, asked
    )
    assert describe_unhealthy(stubs.clients, SIGNED_IN, REGION) == said


def test_a_function_that_cannot_be_invoked_is_not_healthy(stubs: Any) -> None:  # noqa: ANN401 - stubs by service
    stubs.__dict__["lambda"].add_client_error("invoke", "AccessDeniedException")
    said = describe_unhealthy(stubs.clients, SIGNED_IN, REGION)
    assert said == "its deep health check does not answer, or fails"


def job(status: str, minutes: int) -> dict[str, object]:
    return {
        "knowledgeBaseId": "KB00000001",
        "dataSourceId": "DS00000001",
        "ingestionJobId": "JOB0000001",
        "status": status,
        "startedAt": NOW - timedelta(minutes=minutes),
        "updatedAt": NOW,
    }


def ask(stubs: Any, *pages: list[int], jobs: list[dict[str, object]]) -> str:  # noqa: ANN401 - stubs by service
    """Answer with these jobs, and with pages of documents that came so many seconds ago."""
    asked: dict[str, object] = {
        "knowledgeBaseId": "KB00000001",
        "dataSourceId": "DS00000001",
        "maxResults": 100,
        "sortBy": {"attribute": "STARTED_AT", "order": "DESCENDING"},
    }
    stubs.bedrock.add_response("list_ingestion_jobs", {"ingestionJobSummaries": jobs}, asked)
    listed: dict[str, object] = {"Bucket": "documents-test", "Prefix": "uploads/"}
    for number, seconds in enumerate(pages, start=1):
        more = number < len(pages)
        contents = [{"Key": "a", "LastModified": NOW - timedelta(seconds=one)} for one in seconds]
        answer = {"Contents": contents, "IsTruncated": more, **({"NextContinuationToken": "t"} if more else {})}
        stubs.s3.add_response("list_objects_v2", answer, listed)
        listed = {**listed, "ContinuationToken": "t"}
    return describe_behind(stubs.clients, OPEN, now=NOW)


@pytest.mark.parametrize(
    "pages,minutes,said",
    [
        ([[]], 60, ""),
        ([[7200]], 60, ""),
        ([[900]], 60, ""),
        ([[901]], 60, "a document of 2026-11-28 11:44 UTC is not indexed"),
        ([[901], [1800, 5]], 60, "a document of 2026-11-28 11:30 UTC is not indexed"),
        ([[3602]], 60, ""),
        ([[3601]], 60, "a document of 2026-11-28 10:59 UTC is not indexed"),
    ],
)
def test_a_document_that_came_after_the_last_complete_job_is_behind_after_the_objective(
    stubs: Any,  # noqa: ANN401 - stubs by service
    pages: list[list[int]],
    minutes: int,
    said: str,
) -> None:
    jobs = [job("FAILED", 1), job("COMPLETE", minutes), job("COMPLETE", 600)]
    assert ask(stubs, *pages, jobs=jobs) == said


def test_without_a_complete_job_each_document_counts(stubs: Any) -> None:  # noqa: ANN401 - stubs by service
    said = ask(stubs, [86_400], jobs=[job("FAILED", 1)])
    assert said == "a document of 2026-11-27 12:00 UTC is not indexed"


def test_a_bucket_that_cannot_be_compared_counts_as_behind(stubs: Any) -> None:  # noqa: ANN401 - stubs by service
    stubs.bedrock.add_client_error("list_ingestion_jobs", "AccessDeniedException")
    said = describe_behind(stubs.clients, OPEN, now=NOW)
    assert said == "it could not be compared with its bucket (AccessDeniedException)"

"""Events as API Gateway and SQS send them, readers of responses, and the record of an emulated region."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from shared.ingestion_jobs import Job

Handler = Callable[[Mapping[str, object], "Context"], dict[str, Any]]

SITE_ORIGIN = "https://chat.example.com"
ANSWER_MODEL = "us.anthropic.claude-haiku-4-5-20251001-v1:0"
OTHER_MODEL = "us.anthropic.claude-sonnet-4-6"
# The emulated model answers with its own name, so the guardrail blocks the answers of this one.
GUARDRAIL_WORD = "forbiddenword"
BLOCKED_MODEL = f"us.example.{GUARDRAIL_WORD}"
NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Context:
    """The part of Lambda's context object that the functions read."""

    aws_request_id: str = "11111111-2222-3333-4444-555555555555"


@dataclass(frozen=True, kw_only=True)
class EmulatedRegion:
    """The resources of an emulated region."""

    url: str
    region: str
    bucket: str
    queue_url: str
    knowledge_base_id: str
    data_source_id: str
    guardrail_id: str


ColdStart = Callable[[str, Mapping[str, str]], Handler]
Variables = Callable[[EmulatedRegion], dict[str, str]]

# For tests that make no call to AWS.
OFFLINE = EmulatedRegion(
    url="",
    region="us-west-2",
    bucket="documents-nowhere",
    queue_url="https://sqs.us-west-2.amazonaws.com/111122223333/nowhere",
    knowledge_base_id="KB00000001",
    data_source_id="DS00000001",
    guardrail_id="guardrail1",
)


def api_event(body: object = None, *, raw: str | None = None, query: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Make a Lambda proxy event. API Gateway sends null for absent fields."""
    return {
        "httpMethod": "POST",
        "headers": {"Origin": SITE_ORIGIN},
        "multiValueHeaders": None,
        "queryStringParameters": query,
        "multiValueQueryStringParameters": None,
        "pathParameters": None,
        "requestContext": {"requestId": "api-request", "stage": "prod"},
        "isBase64Encoded": False,
        "body": raw if raw is not None or body is None else json.dumps(body),
    }


def body_of(response: Mapping[str, Any]) -> dict[str, Any]:
    """Read a proxy response's body."""
    body: dict[str, Any] = json.loads(response["body"])
    return body


def error_of(response: Mapping[str, Any]) -> tuple[int, str]:
    """Read a proxy response's status and error code; check that it has the documented shape."""
    body = body_of(response)
    assert set(body) == {"error"}
    assert set(body["error"]) == {"code", "message"}
    return response["statusCode"], body["error"]["code"]


def client_error(code: str, operation: str = "Operation") -> ClientError:
    """Make the exception that botocore raises for an AWS error."""
    return ClientError({"Error": {"Code": code, "Message": "secret internals"}}, operation)


def job(status: str, *, started: float, job_id: str = "JOB0000001", description: str = "") -> Job:
    """Make a job; `started` is in seconds after noon."""
    moment = NOON + timedelta(seconds=started)
    return Job(job_id=job_id, status=status, started_at=moment, updated_at=moment, description=description)


def s3_notification(*, bucket: str, at: datetime = NOON, key: str = "uploads/1/a.txt") -> dict[str, Any]:
    """Make an S3 event notification with one record."""
    return {
        "Records": [
            {
                "eventVersion": "2.1",
                "eventSource": "aws:s3",
                "eventName": "ObjectCreated:Put",
                "eventTime": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
                "s3": {"bucket": {"name": bucket}, "object": {"key": key, "size": 1}},
            }
        ]
    }


def sqs_record(
    body: object, *, message_id: str = "m1", sent: datetime | None = None, receives: int = 1, receipt_handle: str = "r"
) -> dict[str, Any]:
    """Make one record of an SQS batch. A string is used as the body unchanged."""
    attributes = {} if sent is None else {"SentTimestamp": str(round(sent.timestamp() * 1000))}
    attributes["ApproximateReceiveCount"] = str(receives)
    return {
        "messageId": message_id,
        "receiptHandle": receipt_handle,
        "body": body if isinstance(body, str) else json.dumps(body),
        "attributes": attributes,
        "eventSource": "aws:sqs",
    }

"""The archive as Lambda runs it: in a process of its own, found by its handler string, called by its real sources."""

import io
import json
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.lambdas.helpers import World, api_event, body_of

ROOT = Path(__file__).parents[2] / "lambda_src"
_WITHIN_SECONDS = 15


def archive() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        for path in sorted(ROOT.rglob("*.py")):
            packed.write(path, path.relative_to(ROOT))
    return buffer.getvalue()


def deploy(world: World, function: str, variables: dict[str, str]) -> str:
    made = boto3.client("lambda", region_name=world.region).create_function(
        FunctionName=function,
        Runtime="python3.13",
        Role="arn:aws:iam::000000000000:role/test",
        Handler=f"{function}.handler.handler",
        Code={"ZipFile": archive()},
        Timeout=29,
        Environment={"Variables": variables},
    )
    return made["FunctionArn"]


@pytest.mark.parametrize(
    "function,event,field",
    [
        ("query", api_event({"question": "refunds?"}), "response"),
        ("upload", api_event({"fileName": "a.txt", "fileType": "text/plain"}), "uploadUrl"),
        ("ingestion_status", api_event(), "jobs"),
        ("health", api_event(query={"deep": "true"}), "checks"),
    ],
)
def test_a_packaged_function_answers_its_method(
    function: str,
    event: dict[str, Any],
    field: str,
    world: World,
    variables: Callable[[World], dict[str, str]],
) -> None:
    deploy(world, function, variables(world))
    client = boto3.client("lambda", region_name=world.region)
    answer = client.invoke(FunctionName=function, Payload=json.dumps(event).encode())
    response = json.loads(answer["Payload"].read())
    assert response["statusCode"] == 200, response
    assert field in body_of(response)


def test_an_uploaded_document_reaches_the_knowledge_base_through_queue_and_function(
    world: World, variables: Callable[[World], dict[str, str]]
) -> None:
    function_arn = deploy(world, "ingest", variables(world))
    sqs = boto3.client("sqs", region_name=world.region)
    queue_arn = sqs.get_queue_attributes(QueueUrl=world.queue_url, AttributeNames=["QueueArn"])["Attributes"][
        "QueueArn"
    ]
    boto3.client("lambda", region_name=world.region).create_event_source_mapping(
        EventSourceArn=queue_arn, FunctionName=function_arn, FunctionResponseTypes=["ReportBatchItemFailures"]
    )
    s3 = boto3.client("s3", region_name=world.region)
    s3.put_bucket_notification_configuration(
        Bucket=world.bucket,
        NotificationConfiguration={"QueueConfigurations": [{"QueueArn": queue_arn, "Events": ["s3:ObjectCreated:*"]}]},
    )
    s3.put_object(Bucket=world.bucket, Key="uploads/1/a.txt", Body=b"Refunds take ten days.")
    assert _retrieved(world, "refunds") == ["Refunds take ten days."]
    assert _in_queue(world) == 0


def _retrieved(world: World, text: str) -> list[str]:
    client = boto3.client("bedrock-agent-runtime", region_name=world.region)
    end = time.monotonic() + _WITHIN_SECONDS
    while time.monotonic() < end:
        found = client.retrieve(knowledgeBaseId=world.knowledge_base_id, retrievalQuery={"text": text})
        if found["retrievalResults"]:
            return [result["content"].get("text", "") for result in found["retrievalResults"]]
        time.sleep(0.2)
    return []


def _in_queue(world: World) -> int:
    """Count the messages, also those in flight; the mapping deletes them a moment after the function has ended."""
    names: Any = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    sqs = boto3.client("sqs", region_name=world.region)
    end = time.monotonic() + _WITHIN_SECONDS
    count = 1
    while count and time.monotonic() < end:
        counts = sqs.get_queue_attributes(QueueUrl=world.queue_url, AttributeNames=names)["Attributes"]
        count = sum(int(value) for value in counts.values())
        time.sleep(0.1)
    return count

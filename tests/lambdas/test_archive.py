"""The archive as Lambda runs it: in its own process, by its handler string, invoked by its event sources."""

import io
import json
import time
import zipfile
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.lambdas.helpers import EmulatedRegion, Variables, api_event, body_of

ROOT = Path(__file__).parents[2] / "lambda_src"
_WITHIN_SECONDS = 15


def archive() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        for path in sorted(ROOT.rglob("*.py")):
            packed.write(path, path.relative_to(ROOT))
    return buffer.getvalue()


def deploy(emulated: EmulatedRegion, function: str, variables: dict[str, str]) -> str:
    made = boto3.client("lambda", region_name=emulated.region).create_function(
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
    emulated: EmulatedRegion,
    variables: Variables,
) -> None:
    deploy(emulated, function, variables(emulated))
    client = boto3.client("lambda", region_name=emulated.region)
    answer = client.invoke(FunctionName=function, Payload=json.dumps(event).encode())
    response = json.loads(answer["Payload"].read())
    assert response["statusCode"] == 200, response
    assert field in body_of(response)


def test_an_uploaded_document_reaches_the_knowledge_base_through_queue_and_function(
    emulated: EmulatedRegion, variables: Variables
) -> None:
    function_arn = deploy(emulated, "ingest", variables(emulated))
    sqs = boto3.client("sqs", region_name=emulated.region)
    queue_arn = sqs.get_queue_attributes(QueueUrl=emulated.queue_url, AttributeNames=["QueueArn"])["Attributes"][
        "QueueArn"
    ]
    boto3.client("lambda", region_name=emulated.region).create_event_source_mapping(
        EventSourceArn=queue_arn, FunctionName=function_arn, FunctionResponseTypes=["ReportBatchItemFailures"]
    )
    s3 = boto3.client("s3", region_name=emulated.region)
    s3.put_bucket_notification_configuration(
        Bucket=emulated.bucket,
        NotificationConfiguration={"QueueConfigurations": [{"QueueArn": queue_arn, "Events": ["s3:ObjectCreated:*"]}]},
    )
    s3.put_object(Bucket=emulated.bucket, Key="uploads/1/a.txt", Body=b"Refunds take ten days.")
    assert _retrieved(emulated, "refunds") == ["Refunds take ten days."]
    assert _in_queue(emulated) == 0


def _retrieved(emulated: EmulatedRegion, text: str) -> list[str]:
    client = boto3.client("bedrock-agent-runtime", region_name=emulated.region)
    end = time.monotonic() + _WITHIN_SECONDS
    while time.monotonic() < end:
        found = client.retrieve(knowledgeBaseId=emulated.knowledge_base_id, retrievalQuery={"text": text})
        if found["retrievalResults"]:
            return [result["content"].get("text", "") for result in found["retrievalResults"]]
        time.sleep(0.2)
    return []


def _in_queue(emulated: EmulatedRegion) -> int:
    """Count the messages, also those in flight. The mapping deletes them shortly after the function has ended."""
    names: Any = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    sqs = boto3.client("sqs", region_name=emulated.region)
    end = time.monotonic() + _WITHIN_SECONDS
    count = 1
    while count and time.monotonic() < end:
        counts = sqs.get_queue_attributes(QueueUrl=emulated.queue_url, AttributeNames=names)["Attributes"]
        count = sum(int(value) for value in counts.values())
        time.sleep(0.1)
    return count

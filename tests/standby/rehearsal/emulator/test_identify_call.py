"""The emulator's process names every call, from the requests that the SDK, a browser and the edge send."""

from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

import pytest
from botocore.awsrequest import AWSPreparedRequest

from standby.deployment.sessions import EmulatorSession
from standby.rehearsal.emulator.ministack_server import identify_call
from standby.rehearsal.emulator.sickness import CALLS

if TYPE_CHECKING:
    from hypercorn.typing import Scope

REGION = "us-west-2"
ENDPOINT = "http://127.0.0.1:9"
QUEUE = {"QueueUrl": f"{ENDPOINT}/000000000000/ingest"}
OBJECT = {"Bucket": "documents", "Key": "uploads/a b.txt"}
KNOWLEDGE_BASE = {"knowledgeBaseId": "ABCDEFGHIJ", "dataSourceId": "ABCDEFGHIJ"}
BATCH = {"Paths": {"Quantity": 1, "Items": ["/config.json"]}, "CallerReference": "1"}
INVALIDATION = {"DistributionId": "E1", "InvalidationBatch": BATCH}
SIMULATION = {"PolicySourceArn": "arn:aws:iam::000000000000:role/upload", "ActionNames": ["s3:PutObject"]}
FORM = {"Content-Type": "multipart/form-data"}
REQUESTS: list[tuple[str, str, str, dict[str, Any]]] = [
    ("bedrock:ListIngestionJobs", "bedrock-agent", "list_ingestion_jobs", KNOWLEDGE_BASE),
    ("bedrock:ListKnowledgeBaseDocuments", "bedrock-agent", "list_knowledge_base_documents", KNOWLEDGE_BASE),
    ("cloudfront:CreateInvalidation", "cloudfront", "create_invalidation", INVALIDATION),
    ("cloudwatch:DescribeAlarms", "cloudwatch", "describe_alarms", {"AlarmNamePrefix": "chatbot-"}),
    ("events:DescribeRule", "events", "describe_rule", {"Name": "chatbot-sweep"}),
    ("events:ListTargetsByRule", "events", "list_targets_by_rule", {"Rule": "chatbot-sweep"}),
    ("iam:SimulatePrincipalPolicy", "iam", "simulate_principal_policy", SIMULATION),
    ("lambda:GetFunctionConcurrency", "lambda", "get_function_concurrency", {"FunctionName": "chatbot-query"}),
    ("lambda:GetFunctionConfiguration", "lambda", "get_function_configuration", {"FunctionName": "chatbot-upload"}),
    ("lambda:ListEventSourceMappings", "lambda", "list_event_source_mappings", {"FunctionName": "chatbot-ingest"}),
    ("lambda:InvokeFunction", "lambda", "invoke", {"FunctionName": "chatbot-ingest", "Payload": b"{}"}),
    ("s3:DeleteObject", "s3", "delete_object", OBJECT),
    ("s3:GetObject", "s3", "get_object", OBJECT),
    ("s3:GetObject", "s3", "head_object", OBJECT),
    ("s3:GetBucketNotification", "s3", "get_bucket_notification_configuration", {"Bucket": "documents"}),
    ("s3:GetReplicationConfiguration", "s3", "get_bucket_replication", {"Bucket": "documents"}),
    ("s3:GetObjectTagging", "s3", "get_object_tagging", OBJECT),
    ("s3:ListBucket", "s3", "list_objects_v2", {"Bucket": "documents", "Prefix": "uploads/"}),
    ("s3:ListBucket", "s3", "head_bucket", {"Bucket": "documents"}),
    ("s3:PutObject", "s3", "put_object", {**OBJECT, "Body": b"text"}),
    ("s3:PutObject", "s3", "copy_object", {**OBJECT, "CopySource": "other/a.txt"}),
    ("s3:PutObjectTagging", "s3", "put_object_tagging", {**OBJECT, "Tagging": {"TagSet": []}}),
    ("sqs:GetQueueAttributes", "sqs", "get_queue_attributes", QUEUE),
    ("ssm:GetParameter", "ssm", "get_parameter", {"Name": "/warm-standby/chatbot/manifest"}),
    ("sts:GetCallerIdentity", "sts", "get_caller_identity", {}),
]

BATCHES: list[tuple[str, str, str, dict[str, Any]]] = [
    ("sqs:ChangeMessageVisibility", "sqs", "change_message_visibility_batch", {**QUEUE, "Entries": []}),
    ("sqs:DeleteMessage", "sqs", "delete_message_batch", {**QUEUE, "Entries": []}),
    ("sqs:SendMessage", "sqs", "send_message_batch", {**QUEUE, "Entries": []}),
]
"""Calls that have no IAM action of their own, and that the operator's tool does not make."""


class PreparedRequestError(Exception):
    """Raised in place of sending the request."""

    def __init__(self, request: AWSPreparedRequest) -> None:
        super().__init__(request.url)
        self.request = request


def request_of(service: str, operation: str, parameters: dict[str, Any]) -> AWSPreparedRequest:
    """Return the request that the SDK sends."""
    client: Any = cast("Any", EmulatorSession(region=REGION, endpoint=ENDPOINT)).client(service)

    def keep(request: AWSPreparedRequest, **_: object) -> None:
        raise PreparedRequestError(request)

    client.meta.events.register("before-send", keep)
    with pytest.raises(PreparedRequestError) as raised:
        getattr(client, operation)(**parameters)
    return raised.value.request


def scope_of(method: str, url: str, headers: dict[str, str]) -> "Scope":
    parts = urlsplit(url)
    pairs = [(name.encode(), value.encode()) for name, value in {"Host": parts.netloc, **headers}.items()]
    found = {"type": "http", "method": method, "path": parts.path, "query_string": parts.query.encode()}
    return cast("Scope", {**found, "headers": pairs})


@pytest.mark.parametrize("name,service,operation,parameters", [*REQUESTS, *BATCHES])
def test_a_request_of_the_sdk_has_the_name_of_its_iam_action(
    name: str, service: str, operation: str, parameters: dict[str, Any]
) -> None:
    request = request_of(service, operation, parameters)
    headers = {
        key: value.decode() if isinstance(value, bytes) else str(value) for key, value in request.headers.items()
    }
    body = request.body if isinstance(request.body, bytes) else str(request.body or "").encode()
    assert identify_call(scope_of(request.method, request.url, headers), body) == name


def test_every_call_is_tested() -> None:
    assert {name for name, *_ in REQUESTS} == {call for call in CALLS if ":" in call}


@pytest.mark.parametrize(
    "name,method,url,headers",
    [
        ("api", "POST", f"{ENDPOINT}/_aws/execute-api/abc/prod/docs", {}),
        ("pages", "GET", "https://frontend.s3.us-west-2.amazonaws.com/", {"X-Rehearsal-Distribution": "arn"}),
        ("s3:GetObject", "GET", "https://frontend.s3.us-west-2.amazonaws.com/config.json", {}),
        ("s3:PutObject", "POST", "https://documents.s3.us-west-2.amazonaws.com/", FORM),
    ],
)
def test_a_request_of_a_browser_or_of_the_edge_has_its_name(
    name: str, method: str, url: str, headers: dict[str, str]
) -> None:
    assert identify_call(scope_of(method, url, headers), b"") == name

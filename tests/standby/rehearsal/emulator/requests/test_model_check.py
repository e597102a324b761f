"""Requests are read by AWS's models, and what the models refuse is refused, at any depth."""

import json
import re
from collections.abc import Mapping
from typing import Any

import pytest
from botocore.model import Shape
from hypothesis import given, settings
from hypothesis import strategies as st

from standby.rehearsal.emulator.requests.call import SERVICES, Call, read_call
from standby.rehearsal.emulator.requests.model_check import describe_violations, model_violations
from standby.rehearsal.emulator.requests.refusal import Refusal
from tests.standby.rehearsal.emulator.requests.helpers import EMULATED, call, client, sent

ARN = "arn:aws:bedrock:us-west-2:111122223333:knowledge-base/ABCDEFGHIJ"
STATE = {"TypeName": "AWS::Bedrock::KnowledgeBase", "DesiredState": "{}"}
KNOWLEDGE_BASE = {"name": "documents", "roleArn": "arn:aws:iam::111122223333:role/knowledge-base"}
VECTOR = {"type": "VECTOR", "vectorKnowledgeBaseConfiguration": {"embeddingModelArn": "amazon.titan-embed-text-v2:0"}}
RULE = {"Name": "sweep", "ScheduleExpression": "rate(5 minutes)"}
ALARM = {"AlarmName": "a", "EvaluationPeriods": 1, "Period": 60, "ComparisonOperator": "GreaterThanThreshold"}

READ: list[tuple[str, str, dict[str, Any]]] = [
    ("apigateway", "put_integration", {"restApiId": "a", "resourceId": "b", "httpMethod": "GET", "type": "AWS_PROXY"}),
    ("bedrock", "create_guardrail", {"name": "g", "blockedInputMessaging": "x", "blockedOutputsMessaging": "y"}),
    ("bedrock-agent", "create_knowledge_base", {**KNOWLEDGE_BASE, "knowledgeBaseConfiguration": VECTOR}),
    ("cloudcontrol", "create_resource", STATE),
    ("cloudfront", "get_distribution", {"Id": "E1A2B3C4D5E6F7"}),
    ("cloudwatch", "put_metric_alarm", ALARM),
    ("events", "put_rule", RULE),
    ("iam", "create_role", {"RoleName": "r", "AssumeRolePolicyDocument": "{}", "Tags": [{"Key": "a", "Value": "b"}]}),
    ("lambda", "get_function", {"FunctionName": "chatbot-query"}),
    ("logs", "put_retention_policy", {"logGroupName": "/aws/lambda/query", "retentionInDays": 30}),
    ("opensearchserverless", "create_collection", {"name": "documents", "type": "VECTORSEARCH"}),
    ("route53", "create_hosted_zone", {"Name": "example.com", "CallerReference": "a"}),
    ("s3", "put_bucket_versioning", {"Bucket": "docs", "VersioningConfiguration": {"Status": "Enabled"}}),
    ("s3", "list_objects_v2", {"Bucket": "docs", "Prefix": "a b/ü"}),
    ("sns", "create_topic", {"Name": "alerts", "Attributes": {"DisplayName": "a"}}),
    ("sqs", "create_queue", {"QueueName": "ingest", "Attributes": {"VisibilityTimeout": "60"}}),
    ("ssm", "put_parameter", {"Name": "/a", "Value": "v", "Type": "String"}),
    ("sts", "assume_role", {"RoleArn": "arn:aws:iam::111122223333:role/ci", "RoleSessionName": "session"}),
    ("acm", "request_certificate", {"DomainName": "chat.example.com"}),
]

REFUSED: list[tuple[str, str, dict[str, Any], str]] = [
    ("iam", "create_role", {"RoleName": "r" * 65, "AssumeRolePolicyDocument": "{}"}, "at 'RoleName' failed"),
    ("iam", "create_role", {"RoleName": "r"}, "AssumeRolePolicyDocument"),
    ("bedrock-agent", "tag_resource", {"resourceArn": ARN, "tags": {"owner": "Zürich"}}, "'Zürich' at 'tags.owner"),
    ("bedrock-agent", "create_knowledge_base", {**KNOWLEDGE_BASE, "knowledgeBaseConfiguration": {}}, "type"),
    (
        "bedrock-agent",
        "create_knowledge_base",
        {**KNOWLEDGE_BASE, "description": "d" * 201, "knowledgeBaseConfiguration": VECTOR},
        "at 'description' failed to satisfy constraint: Member must have length less than or equal to 200",
    ),
    (
        "bedrock-agent",
        "create_data_source",
        {
            "knowledgeBaseId": "ABCDEFGHIJ",
            "name": "d",
            "dataSourceConfiguration": {"type": "FTP"},
        },
        "'FTP' at 'dataSourceConfiguration.type' failed to satisfy constraint: Member must satisfy enum value set",
    ),
    ("bedrock-agent", "start_ingestion_job", {"knowledgeBaseId": "KB", "dataSourceId": "ABCDEFGHIJ"}, "'KB'"),
    (
        "bedrock-agent",
        "start_ingestion_job",
        {"knowledgeBaseId": "ABCDEFGHIJ", "dataSourceId": "ABCDEFGHIJ", "description": "d" * 201},
        "at 'description'",
    ),
    ("lambda", "create_function", {"FunctionName": "f", "Role": "r", "Code": {}, "MemorySize": 64}, "MemorySize"),
    (
        "lambda",
        "create_function",
        {"FunctionName": "f", "Role": "arn:aws:iam::111122223333:role/r", "Code": {}, "Runtime": "python9"},
        "'python9' at 'Runtime'",
    ),
    ("cloudwatch", "put_metric_alarm", {**ALARM, "ComparisonOperator": "Above"}, "'Above' at 'ComparisonOperator'"),
    ("cloudwatch", "put_metric_alarm", {**ALARM, "AlarmName": "a" * 256}, "at 'AlarmName'"),
    ("events", "put_rule", {"Name": "a rule"}, "regular expression pattern"),
    ("ssm", "put_parameter", {"Name": "/a", "Value": "v", "Tier": "Best"}, "'Best' at 'Tier'"),
    ("opensearchserverless", "create_collection", {"name": "Documents"}, "'Documents' at 'name'"),
    ("sns", "create_topic", {}, "Name"),
]


def violations(service: str, operation: str, parameters: Mapping[str, object]) -> list[str]:
    return model_violations(call(service, operation, **parameters))


@pytest.mark.parametrize("service,operation,parameters", READ)
def test_a_request_is_read_as_the_call_that_botocore_wrote(
    service: str, operation: str, parameters: dict[str, Any]
) -> None:
    found = call(service, operation, **parameters)
    assert (found.service, client(service).meta.method_to_api_mapping[operation]) == (service, found.operation)
    assert {name: found.parameters[name] for name in parameters} == parameters
    assert model_violations(found) == []


def test_every_checked_service_is_read() -> None:
    assert {service for service, _, _ in READ} == set(SERVICES.values())


@pytest.mark.parametrize("service,operation,parameters,reason", REFUSED)
def test_what_a_model_refuses_is_refused_with_the_member_s_name(
    service: str, operation: str, parameters: dict[str, Any], reason: str
) -> None:
    found = violations(service, operation, parameters)
    assert reason in describe_violations(found)
    assert "validation error" in describe_violations(found)


def test_a_bucket_in_the_host_name_is_the_bucket_of_the_call() -> None:
    raw = sent("s3", "get_object", Bucket="docs", Key="a/b.txt")
    assert raw.headers["host"].startswith("docs.s3.")
    found = read_call("s3", raw)
    assert found is not None
    assert (found.operation, found.parameters["Bucket"], found.parameters["Key"]) == ("GetObject", "docs", "a/b.txt")


def test_a_request_that_is_no_call_of_the_service_is_not_read() -> None:
    raw = sent("lambda", "get_function", FunctionName="f")
    assert read_call(EMULATED["apigateway"], raw) is None


def valid(shape: Shape) -> st.SearchStrategy[Any]:
    """Return scalar values that the model accepts."""
    rules = shape.metadata
    low, high = rules.get("min", 0), rules.get("max", 100)
    if rules.get("enum"):
        return st.sampled_from(rules["enum"])
    if rules.get("pattern"):
        return st.from_regex(re.compile(rules["pattern"], re.ASCII), fullmatch=True).filter(
            lambda text: low <= len(text) <= high
        )
    if shape.type_name == "boolean":
        return st.booleans()
    numbers = st.integers(min_value=int(low), max_value=int(min(high, low + 100)))
    letters = st.characters(min_codepoint=97, max_codepoint=122)
    return {
        "integer": numbers,
        "double": numbers.map(float),
        "string": st.text(letters, min_size=max(low, 1), max_size=min(high, low + 8)),
    }[shape.type_name]


SIMPLE = [
    ("events", "put_rule", ("Name", "State", "Description")),
    ("logs", "put_retention_policy", ("logGroupName", "retentionInDays")),
    ("ssm", "put_parameter", ("Name", "Value", "Type", "Tier", "Overwrite")),
    ("cloudwatch", "put_metric_alarm", ("AlarmName", "ComparisonOperator", "EvaluationPeriods", "Period", "Threshold")),
    ("iam", "create_role", ("RoleName", "MaxSessionDuration")),
    ("lambda", "create_event_source_mapping", ("FunctionName", "BatchSize", "Enabled")),
    ("bedrock-agent", "start_ingestion_job", ("knowledgeBaseId", "dataSourceId", "description")),
]


@pytest.mark.parametrize("service,operation,members", SIMPLE)
@given(data=st.data())
@settings(max_examples=20)
def test_what_a_model_accepts_is_accepted(
    service: str, operation: str, members: tuple[str, ...], data: st.DataObject
) -> None:
    model = (
        client(service)
        .meta.service_model.operation_model(client(service).meta.method_to_api_mapping[operation])
        .input_shape
    )
    required = {"AssumeRolePolicyDocument": "{}"} if operation == "create_role" else {}
    parameters = {name: data.draw(valid(model.members[name]), label=name) for name in members}
    assert violations(service, operation, {**required, **parameters}) == []


@pytest.mark.parametrize(
    "protocol,code,start",
    [
        ("json", "ValidationException", '{"__type": "ValidationException"'),
        ("rest-json", "ValidationException", '{"message"'),
        ("query", "ValidationError", "<?xml"),
        ("rest-xml", "InvalidArgument", "<?xml"),
    ],
)
def test_a_refusal_has_the_form_of_its_protocol(protocol: str, code: str, start: str) -> None:
    status, headers, body = Refusal(code=code, message="a < b").response("cloudfront", protocol)
    assert (status, body.decode()[: len(start)]) == (400, start)
    assert ("a &lt; b" in body.decode()) == (protocol in {"query", "rest-xml"})
    assert ("json" in protocol) == ("json" in headers["Content-Type"])
    if "json" in protocol:
        assert json.loads(body)["message"] == "a < b"


def test_a_call_is_named_as_in_iam() -> None:
    found: Call = call("events", "put_rule", **RULE)
    assert str(found) == "events:PutRule"


def test_a_pattern_that_no_value_of_aws_fits_refuses_nothing() -> None:
    assert violations("bedrock-agent", "list_tags_for_resource", {"resourceArn": ARN}) == []

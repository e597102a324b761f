"""What must be there before a call is looked for in the account."""

from dataclasses import replace
from unittest.mock import create_autospec

import pytest

from standby.rehearsal.emulator.requests.hook import moves_data
from standby.rehearsal.emulator.requests.prerequisites import Account, StartLimit, role_refusal
from tests.standby.rehearsal.emulator.requests.helpers import call, sent

ROLE = "arn:aws:iam::111122223333:role/service"
VECTOR = {"type": "VECTOR"}
JOB = {"knowledgeBaseId": "ABCDEFGHIJ", "dataSourceId": "ABCDEFGHIJ"}

PASSED = [
    ("lambda", "create_function", {"FunctionName": "f", "Role": ROLE, "Code": {}}, 1),
    ("lambda", "update_function_configuration", {"FunctionName": "f", "Role": ROLE}, 1),
    ("lambda", "update_function_configuration", {"FunctionName": "f", "Timeout": 3}, 0),
    (
        "bedrock-agent",
        "create_knowledge_base",
        {"name": "a", "roleArn": ROLE, "knowledgeBaseConfiguration": VECTOR},
        1,
    ),
    ("events", "put_targets", {"Rule": "r", "Targets": [{"Id": "a", "Arn": "a", "RoleArn": ROLE}]}, 1),
    ("events", "put_targets", {"Rule": "r", "Targets": [{"Id": "a", "Arn": "a"}]}, 0),
    (
        "apigateway",
        "update_account",
        {"patchOperations": [{"op": "replace", "path": "/cloudwatchRoleArn", "value": ROLE}]},
        1,
    ),
    (
        "s3",
        "put_bucket_replication",
        {"Bucket": "docs", "ReplicationConfiguration": {"Role": ROLE, "Rules": []}},
        1,
    ),
    ("cloudcontrol", "create_resource", {"TypeName": "AWS::A::B::C", "DesiredState": f'{{"RoleArn": "{ROLE}"}}'}, 1),
    ("cloudcontrol", "create_resource", {"TypeName": "AWS::A::B::C", "DesiredState": "no JSON"}, 0),
]


@pytest.mark.parametrize("service,operation,parameters,passed", PASSED)
def test_each_call_that_passes_a_role_needs_the_permission(
    service: str, operation: str, parameters: dict[str, object], passed: int
) -> None:
    account = create_autospec(Account, instance=True)
    account.denies_passing.side_effect = lambda role: f"caller of {role}"
    found = role_refusal(call(service, operation, **parameters), account)
    assert account.denies_passing.call_count == passed
    assert (found is not None) == bool(passed)
    if found is not None:
        assert found.status == 403
        assert found.code == ("AccessDenied" if service == "s3" else "AccessDeniedException")
        assert f"iam:PassRole on resource: {ROLE}" in found.message


def test_one_ingestion_job_starts_in_ten_seconds_for_each_region() -> None:
    times = iter([0.0, 9.9, 9.9, 10.0])
    limit = StartLimit(clock=lambda: next(times))
    first, other = create_autospec(Account, instance=True), create_autospec(Account, instance=True)
    first.scope.return_value, other.scope.return_value = "us-west-2", "us-east-1"
    start = call("bedrock-agent", "start_ingestion_job", **JOB)
    assert limit.refusal(start, first) is None
    refused = limit.refusal(start, first)
    assert refused is not None
    assert (refused.code, refused.status) == ("ThrottlingException", 429)
    assert limit.refusal(start, other) is None
    assert limit.refusal(start, first) is None
    assert limit.refusal(call("bedrock-agent", "list_ingestion_jobs", **JOB), first) is None


@pytest.mark.parametrize(
    "operation,parameters,moved",
    [
        ("get_object", {"Bucket": "docs", "Key": "a/b"}, True),
        ("list_objects_v2", {"Bucket": "docs"}, True),
        ("put_object", {"Bucket": "docs", "Key": "a/b", "Body": b""}, True),
        ("delete_object", {"Bucket": "docs", "Key": "a"}, True),
        ("delete_objects", {"Bucket": "docs", "Delete": {"Objects": []}}, True),
        ("put_object", {"Bucket": "docs", "Key": "a", "Body": b"", "Tagging": "a=b"}, False),
        ("put_object_tagging", {"Bucket": "docs", "Key": "a", "Tagging": {"TagSet": []}}, False),
        ("put_bucket_policy", {"Bucket": "docs", "Policy": "{}"}, False),
        ("put_bucket_lifecycle_configuration", {"Bucket": "docs", "LifecycleConfiguration": {"Rules": []}}, False),
    ],
)
def test_requests_that_only_move_data_are_not_read_as_calls(
    operation: str, parameters: dict[str, object], *, moved: bool
) -> None:
    assert moves_data(sent("s3", operation, **parameters)) is moved


def test_the_creation_of_a_bucket_is_read_by_its_path() -> None:
    raw = sent("s3", "put_object", Bucket="docs", Key="a", Body=b"")
    host = {**raw.headers, "host": "127.0.0.1:4566"}
    assert not moves_data(replace(raw, path="/docs", headers=host))
    assert moves_data(replace(raw, path="/docs/a", headers=host))

"""What must be there before a call is looked for in the account."""

from unittest.mock import create_autospec

import pytest

from standby.rehearsal.emulator.requests.prerequisites import Account, StartLimit, role_refusal
from tests.standby.rehearsal.emulator.requests.helpers import call

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

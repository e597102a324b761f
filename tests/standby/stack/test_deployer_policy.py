"""The deployer's policy: what the stack's resource types need, limited to the deployment, short enough for a role."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.loaders import Loader
from botocore.session import Session

from standby.errors import StandbyError
from standby.preflight.facts.names import LOOKS
from standby.stack.configuration import Resource, Stack, read_stack
from standby.stack.deployer_policy import (
    MAX_INLINE_CHARACTERS,
    PREFLIGHT_ACTIONS,
    actions_on_resources,
    deployer_policy,
    deployer_statements,
)
from standby.stack.type_permissions import name_of, permissions_by_type, permissions_of
from tests.constructs.plan import Plan, default_settings
from tests.constructs.variants import ALERTED, CHANGED, LONGEST, NAMED, NOTIFIED, SHIELDED
from warm_standby.settings import Settings

ACCOUNT = "111122223333"
EVERYTHING = Settings.model_validate(
    {
        **LONGEST.model_dump(exclude_unset=True),
        **SHIELDED.model_dump(include={"access", "operations"}, exclude_unset=True),
        **NOTIFIED.model_dump(include={"notifications"}, exclude_unset=True),
    }
)
"""The longest names, OpenSearch Serverless, AWS WAF with allowed addresses, access logs and notifications."""
EVERYTHING_NAMED = Settings.model_validate(
    {
        **EVERYTHING.model_dump(exclude_unset=True),
        "access": {"waf": True},
        "automatic": {"enabled": True},
        "dns": NAMED.dns.model_dump(),
    }
)
"""The same, with a name in DNS and a controller instead of allowed addresses, which exclude both."""
PERMISSIONS_ONLY = {
    "aoss:APIAccessAll": "any request to a collection",
    "apigateway:DELETE": "a method",
    "apigateway:GET": "a method",
    "apigateway:PATCH": "a method",
    "apigateway:POST": "a method",
    "apigateway:PUT": "a method",
    "apigateway:SetWebACL": "the association of a stage with a web ACL",
    "cloudfront:AllowVendedLogDeliveryForResource": "the delivery of a distribution's logs",
    "iam:PassRole": "a role that is given to a service",
    "s3:DeleteObjectVersion": "DeleteObject of a version",
    "s3:GetAccelerateConfiguration": "GetBucketAccelerateConfiguration",
    "s3:GetBucketCORS": "GetBucketCors",
    "s3:GetBucketNotification": "GetBucketNotificationConfiguration",
    "s3:GetBucketObjectLockConfiguration": "GetObjectLockConfiguration",
    "s3:GetBucketPublicAccessBlock": "GetPublicAccessBlock",
    "s3:GetEncryptionConfiguration": "GetBucketEncryption",
    "s3:GetLifecycleConfiguration": "GetBucketLifecycleConfiguration",
    "s3:GetReplicationConfiguration": "GetBucketReplication",
    "s3:ListAllMyBuckets": "ListBuckets",
    "s3:ListBucket": "HeadBucket, ListObjectsV2",
    "s3:ListBucketVersions": "ListObjectVersions",
    "s3:PutBucketCORS": "PutBucketCors",
    "s3:PutBucketNotification": "PutBucketNotificationConfiguration",
    "s3:PutBucketPublicAccessBlock": "PutPublicAccessBlock",
    "s3:PutEncryptionConfiguration": "PutBucketEncryption",
    "s3:PutLifecycleConfiguration": "PutBucketLifecycleConfiguration",
    "s3:PutReplicationConfiguration": "PutBucketReplication",
}
"""Actions without an operation of the same name, and their operations."""

StackOf = Callable[[Settings], Stack]


@pytest.fixture(scope="module")
def stack_of(synthesize: Callable[[Settings], Plan]) -> StackOf:
    return lambda settings: read_stack(synthesize(settings).document)


@pytest.fixture(scope="module", params=["s3-vectors", "opensearch-serverless"])
def stack(stack_of: StackOf, request: pytest.FixtureRequest) -> Stack:
    return stack_of(default_settings(operations=ALERTED, knowledge_base={"vector_store": request.param}))


def allowed(stack: Stack, action: str) -> list[str]:
    """Return the resources on which the policy allows an action."""
    return [arn for one in deployer_statements(stack) if action in one.actions for arn in one.resources]


def test_every_type_of_the_stack_has_a_row(stack: Stack) -> None:
    for kind in stack.kinds:
        assert permissions_of(kind)


def test_a_type_without_a_row_is_an_error_that_names_the_table(stack: Stack) -> None:
    unknown = Resource(kind="aws_new_thing", region="us-west-2", attributes={})
    changed = Stack(**{**vars(stack), "resources": (*stack.resources, unknown)})
    with pytest.raises(StandbyError, match="aws_new_thing") as error:
        deployer_policy(changed)
    assert "deployer_actions.toml" in error.value.hint


def test_every_action_is_an_operation_of_its_service_or_is_explained() -> None:
    session = Session()
    known: dict[str, set[str]] = {}
    session.register_component("data_loader", Loader())
    rows = [action for row in permissions_by_type().values() for actions in row.grants.values() for action in actions]
    for action in sorted({*rows, *PREFLIGHT_ACTIONS} - PERMISSIONS_ONLY.keys()):
        prefix, _, name = action.partition(":")
        for service in _services(prefix):
            known.setdefault(service, set(session.get_service_model(service).operation_names))
        assert any(name in known[service] for service in _services(prefix)), action


def _services(prefix: str) -> list[str]:
    names = {
        "aoss": ["opensearchserverless"],
        "bedrock": ["bedrock", "bedrock-agent", "bedrock-runtime"],
        "cloudformation": ["cloudcontrol"],
        "servicequotas": ["service-quotas"],
    }
    return names.get(prefix, [prefix])


def test_the_policy_has_what_no_resource_type_says_alone(stack: Stack) -> None:
    assert allowed(stack, "iam:PassRole") == ["arn:aws:iam::*:role/chatbot-*"]
    roles = "arn:aws:iam::*:role/aws-service-role"
    linked = allowed(stack, "iam:CreateServiceLinkedRole")
    assert f"{roles}/ops.apigateway.amazonaws.com/AWSServiceRoleForAPIGateway" in linked
    assert allowed(stack, "iam:GetRole")
    assert allowed(stack, "cloudformation:CreateResource") == ["*"]
    on_opensearch = stack.settings["knowledge_base.vector_store"] == "opensearch-serverless"
    assert bool(allowed(stack, "aoss:APIAccessAll")) is on_opensearch
    assert any("AmazonOpenSearchServerless" in role for role in linked) is on_opensearch
    assert bool(allowed(stack, "s3vectors:CreateIndex")) is not on_opensearch


def test_nothing_of_another_deployment_is_allowed(stack: Stack) -> None:
    for service in ("s3", "lambda", "sqs", "sns", "ssm", "iam", "events"):
        for statement in deployer_statements(stack):
            writes = [
                action
                for action in statement.actions
                if action.partition(":")[0] == service
                and action.partition(":")[2].startswith(("Create", "Put", "Delete"))
            ]
            limited = {
                action for action in writes if "EventSourceMapping" not in action and "ServiceLinked" not in action
            }
            if limited:
                assert all("chatbot" in resource for resource in statement.resources), statement


def test_a_state_in_s3_needs_its_object_and_its_lock_and_no_other(stack_of: StackOf) -> None:
    changed = stack_of(CHANGED)
    assert set(allowed(changed, "s3:PutObject")) == {
        "arn:aws:s3:::chatbot-*/*",
        "arn:aws:s3:::my-states/warm-standby/chatbot/terraform.tfstate",
        "arn:aws:s3:::my-states/warm-standby/chatbot/terraform.tfstate.tflock",
    }


@pytest.mark.parametrize(
    "settings",
    [LONGEST, CHANGED, default_settings(name="a" * 20), SHIELDED, EVERYTHING, EVERYTHING_NAMED],
    ids=["longest", "changed", "s3", "shielded", "all", "all with a name in DNS"],
)
def test_the_policy_fits_into_a_role(stack_of: StackOf, settings: Settings) -> None:
    text = json.dumps(deployer_policy(stack_of(settings), account=ACCOUNT), separators=(",", ":"))
    assert len(text) <= MAX_INLINE_CHARACTERS


def test_the_only_allowed_account_is_in_every_arn_that_has_one(stack_of: StackOf) -> None:
    one = stack_of(default_settings(allowed_account_ids=[ACCOUNT]))
    policy: dict[str, Any] = deployer_policy(one)
    arns = [arn for statement in policy["Statement"] for arn in statement["Resource"] if arn != "*"]
    assert {arn.split(":")[4] for arn in arns} == {"", ACCOUNT}


def test_iam_is_asked_about_real_names_without_patterns(stack: Stack) -> None:
    arns = [arn for found in actions_on_resources(stack, account=ACCOUNT).values() for arn in found]
    assert [arn for arn in arns if "*" in arn and arn != "*"] == []
    assert f"arn:aws:s3:::chatbot-docs-{ACCOUNT}-us-west-2" in arns
    assert "arn:aws:lambda:us-east-1:111122223333:function:chatbot-documents" in arns


def test_every_name_of_the_stack_can_be_looked_up(stack: Stack) -> None:
    elsewhere = {"AWS::S3Vectors::Index": "within its bucket", "aws_ssm_parameters_by_path": "no resource"}
    named = {part.kind for part in stack.resources if permissions_of(part.kind).name}
    assert named - elsewhere.keys() <= LOOKS.keys()
    for part in stack.resources:
        if part.kind in LOOKS:
            name = name_of(part, account=ACCOUNT)
            assert name, part.kind
            assert "${" not in name

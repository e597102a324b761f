"""IAM roles, trust policies and resource policies: no broad permission without a reason."""

import json
import re
from collections.abc import Iterator

import pytest
from syrupy.assertion import SnapshotAssertion

from tests.constructs.helpers import ACCOUNT, TextExtension, relative_to, render
from tests.constructs.plan import Json, Plan, Synthesize, default_settings, only, resources, role_statements, statements
from tests.constructs.variants import APART_OPENSEARCH, CHANGED
from warm_standby.iam import Statement

# Service Authorization Reference, AWS X-Ray: PutTraceSegments and PutTelemetryRecords support no resource types.
WITHOUT_RESOURCE_TYPES = {"xray:PutTelemetryRecords", "xray:PutTraceSegments"}
# API Gateway's logging role creates its own log groups. The managed policy AmazonAPIGatewayPushToCloudWatchLogs allows
# "*". The policy here allows this region and account only.
# Source: docs.aws.amazon.com, API Gateway, "Set up CloudWatch logging for REST APIs".
WHOLE_SERVICE = {"chatbot-api-logging-us-west-2": "logs", "chatbot-api-logging-us-east-1": "logs"}
SERVICES = {
    "apigateway.amazonaws.com",
    "bedrock.amazonaws.com",
    "lambda.amazonaws.com",
    "s3.amazonaws.com",
}


def allowed(plan: Plan) -> Iterator[tuple[str, Json, str]]:
    for role, found in role_statements(plan).items():
        for statement in found:
            assert statement["Effect"] == "Allow"
            for resource in statement["Resource"]:
                yield role, statement, render(plan, resource)


@pytest.fixture(params=["opensearch-serverless", "s3-vectors"])
def either(request: pytest.FixtureRequest, synthesize: Synthesize) -> Plan:
    return synthesize(default_settings(knowledge_base={"vector_store": request.param}))


def test_the_resource_wildcard_is_allowed_only_for_actions_without_resource_types(either: Plan) -> None:
    broad = {action for _, statement, resource in allowed(either) if resource == "*" for action in statement["Action"]}
    assert broad == WITHOUT_RESOURCE_TYPES


def test_no_action_is_a_wildcard(either: Plan) -> None:
    actions = {action for _, statement, _ in allowed(either) for action in statement["Action"]}
    assert len(actions) > 25
    assert {action for action in actions if not re.fullmatch(r"[a-z0-9-]+:[A-Z][A-Za-z]+", action)} == set()


def test_a_whole_service_is_allowed_only_with_a_written_reason(either: Plan) -> None:
    patterns = {(role, resource) for role, _, resource in allowed(either) if re.search(r":\*$", resource)}
    whole = {(role, resource) for role, resource in patterns if resource.count(":") == 5}
    assert {role: resource.split(":")[2] for role, resource in whole} == WHOLE_SERVICE
    others = {resource.split(":")[5] for _, resource in patterns - whole}
    assert others == {"log-group"}


def test_every_resource_is_this_account_s_and_this_region_s_or_a_model(either: Plan) -> None:
    for role, statement, resource in allowed(either):
        if resource == "*":
            continue
        _, _, service, region, account, _ = resource.split(":", 5)
        if service == "s3" or "foundation-model/" in resource:
            continue
        assert account == ACCOUNT, (role, statement["Sid"])
        assert role.endswith(region), (role, statement["Sid"])


def test_every_role_is_assumed_by_exactly_one_service(either: Plan) -> None:
    roles = list(resources(either, "aws_iam_role").values())
    assert len(roles) == 18
    for body in roles:
        trust = only(statements(body["assume_role_policy"]))
        assert (trust["Effect"], trust["Action"], set(trust["Principal"])) == ("Allow", "sts:AssumeRole", {"Service"})
        assert trust["Principal"]["Service"] in SERVICES


def test_a_trust_policy_for_bedrock_names_its_source(either: Plan) -> None:
    """Source: docs.aws.amazon.com, IAM, "The confused deputy problem"."""
    for body in resources(either, "aws_iam_role").values():
        trust = only(statements(body["assume_role_policy"]))
        if trust["Principal"]["Service"] == "bedrock.amazonaws.com":
            assert render(either, trust["Condition"]["StringEquals"]["aws:SourceAccount"]) == ACCOUNT
            assert "aws:SourceArn" in trust["Condition"]["ArnLike"]


def test_every_role_has_one_inline_policy_and_no_managed_one(either: Plan) -> None:
    assert len(role_statements(either)) == len(resources(either, "aws_iam_role"))
    attached = [type_ for type_ in either.document["resource"] if "iam" in type_ and "attachment" in type_]
    assert attached == []
    assert not any("managed_policy_arns" in body for body in resources(either, "aws_iam_role").values())
    assert "FullAccess" not in json.dumps(either.document)
    assert "iam::aws:policy" not in json.dumps(either.document)


def test_every_resource_policy_allows_one_service_with_a_named_source_and_denies_plain_http(either: Plan) -> None:
    policies = [
        body["policy"]
        for type_ in ("aws_s3_bucket_policy", "aws_sqs_queue", "aws_sns_topic_policy")
        for body in resources(either, type_).values()
        if "policy" in body
    ]
    assert len(policies) == 8
    for policy in policies:
        found = statements(policy)
        for statement in (statement for statement in found if statement["Effect"] == "Allow"):
            assert set(statement["Principal"]) == {"Service"}
            assert re.search(r"aws:Source(Arn|Account)", json.dumps(statement["Condition"]), re.IGNORECASE)
        deny = only(statement for statement in found if statement["Sid"] == "DenyWithoutTls")
        assert deny["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
        assert deny["Principal"] == "*"


@pytest.mark.parametrize("resource_list", [["*"], ["arn:aws:s3:::b", "*"]])
def test_a_statement_with_a_resource_wildcard_needs_a_reason(resource_list: list[str]) -> None:
    with pytest.raises(ValueError, match="Trace: resources = '\\*': name the resource"):
        Statement(sid="Trace", actions=["xray:PutTraceSegments"], resources=resource_list)
    because = "docs.aws.amazon.com, a page"
    reasoned = Statement(sid="T", actions=["xray:PutX"], resources=resource_list, wildcard_reason=because)
    assert "wildcard_reason" not in reasoned.to_json()


def test_a_profile_s_model_is_allowed_in_all_its_regions_and_a_plain_model_only_in_one(synthesize: Synthesize) -> None:
    plan = synthesize(CHANGED)
    by_sid = {statement["Sid"]: statement for statement in role_statements(plan)["chatbot-query-us-east-1"]}
    model, profile = "foundation-model", f"arn:aws:bedrock:us-east-1:{ACCOUNT}:inference-profile"
    assert set(by_sid["Answer"]["Resource"]) == {
        f"arn:aws:bedrock:us-east-1::{model}/anthropic.claude-x-v1:0",
        f"arn:aws:bedrock:us-west-2::{model}/anthropic.claude-x-v1:0",
        f"arn:aws:bedrock:us-east-1::{model}/amazon.nova-lite-v1:0",
        f"arn:aws:bedrock:us-east-1::{model}/anthropic.claude-y-v1:0",
        f"arn:aws:bedrock:::{model}/anthropic.claude-y-v1:0",
    }
    assert {render(plan, arn) for arn in by_sid["AnswerByProfile"]["Resource"]} == {
        f"{profile}/us.anthropic.claude-x-v1:0",
        f"{profile}/global.anthropic.claude-y-v1:0",
    }


def test_a_profile_that_is_called_from_a_neighboring_region_has_the_model_allowed_there_too(
    synthesize: Synthesize,
) -> None:
    """Source: docs.aws.amazon.com, Bedrock, "Geographic cross-Region inference": the model in the source region."""
    plan = synthesize(APART_OPENSEARCH)
    found = role_statements(plan)["chatbot-query-ca-central-1"]
    allowed = only(statement for statement in found if statement["Sid"] == "Answer")["Resource"]
    assert [arn.split(":")[3] for arn in allowed] == ["us-east-1", "us-east-2", "us-west-2", "ca-central-1"]


def test_every_role_s_permissions_are_the_reviewed_ones(plan: Plan, snapshot: SnapshotAssertion) -> None:
    lines = []
    for role, found in sorted(role_statements(plan).items()):
        if not role.endswith(plan.region("primary")):
            continue
        lines.append(f"{role.removesuffix(plan.region('primary'))}OWN_REGION")
        for statement in found:
            lines.append(f"  {statement['Sid']}: {', '.join(statement['Action'])}")
            lines += [f"    on {relative_to(plan, 'primary', resource)}" for resource in statement["Resource"]]
            condition = statement.get("Condition")
            lines += (
                [f"    if {relative_to(plan, 'primary', json.dumps(condition, sort_keys=True))}"] if condition else []
            )
    assert "\n".join(lines) + "\n" == snapshot(extension_class=TextExtension)

"""Documents replicate in both directions, with the rule and the permissions of the DR guide."""

import pytest

from tests.constructs.helpers import ACCOUNT, render, without_hash
from tests.constructs.plan import Json, Plan, Synthesize, in_region, only, resources, role_statements, statements
from tests.constructs.variants import SAME_API

DIRECTIONS = (("primary", "failover"), ("failover", "primary"))
CONFIGURATION = "aws_s3_bucket_replication_configuration"


def configuration(plan: Plan, source: str) -> Json:
    return only(in_region(plan, CONFIGURATION, source))


def documents(plan: Plan, role: str) -> str:
    return f"chatbot-docs-{ACCOUNT}-{plan.region(role)}"


@pytest.mark.parametrize("source, destination", DIRECTIONS)
def test_the_rule_is_v2_with_replication_time_control_and_without_delete_markers(
    plan: Plan, source: str, destination: str
) -> None:
    rule = dict(only(configuration(plan, source)["rule"]))
    target = dict(rule.pop("destination"))
    assert rule == {
        "id": rule["id"],
        "status": "Enabled",
        "priority": 1,
        "filter": {"prefix": ""},
        "delete_marker_replication": {"status": "Disabled"},
        "source_selection_criteria": {"replica_modifications": {"status": "Enabled"}},
    }
    assert without_hash(target.pop("bucket")) == f"${{aws_s3_bucket.{destination}_documents_private_bucket.arn}}"
    assert target == {
        "replication_time": {"status": "Enabled", "time": {"minutes": 15}},
        "metrics": {"status": "Enabled", "event_threshold": {"minutes": 15}},
    }


@pytest.mark.parametrize("source, destination", DIRECTIONS)
def test_replication_starts_at_the_source_after_both_buckets_are_versioned(
    plan: Plan, source: str, destination: str
) -> None:
    body = configuration(plan, source)
    assert without_hash(body["bucket"]) == f"${{aws_s3_bucket.{source}_documents_private_bucket.id}}"
    waits = {without_hash(address) for address in body["depends_on"]}
    assert {f"aws_s3_bucket_versioning.{role}_documents_private_versioning" for role in (source, destination)} <= waits
    assert any(address.startswith("aws_iam_role_policy.") for address in waits)


@pytest.mark.parametrize("source, destination", DIRECTIONS)
def test_the_role_of_a_direction_has_exactly_the_eight_actions_of_the_dr_guide(
    plan: Plan, source: str, destination: str
) -> None:
    name = f"chatbot-replication-{plan.region(source)}"
    allowed = {
        (action, render(plan, resource))
        for statement in role_statements(plan)[name]
        for action in statement["Action"]
        for resource in statement["Resource"]
    }
    own, other = (f"arn:aws:s3:::{documents(plan, role)}" for role in (source, destination))
    assert allowed == {
        ("s3:GetReplicationConfiguration", own),
        ("s3:ListBucket", own),
        ("s3:GetObjectVersionForReplication", f"{own}/*"),
        ("s3:GetObjectVersionAcl", f"{own}/*"),
        ("s3:GetObjectVersionTagging", f"{own}/*"),
        ("s3:ReplicateObject", f"{other}/*"),
        ("s3:ReplicateTags", f"{other}/*"),
    }


@pytest.mark.parametrize("source, destination", DIRECTIONS)
def test_the_role_of_a_direction_is_its_own_and_trusts_s3_without_conditions(
    plan: Plan, source: str, destination: str
) -> None:
    address = configuration(plan, source)["role"].removeprefix("${aws_iam_role.").removesuffix(".arn}")
    role = resources(plan, "aws_iam_role")[address]
    assert role["name"] == f"chatbot-replication-{plan.region(source)}"
    trust = only(statements(role["assume_role_policy"]))
    assert trust["Principal"] == {"Service": "s3.amazonaws.com"}
    assert "Condition" not in trust


def test_one_way_replicates_from_the_primary_only_and_has_alarms_only_for_that(synthesize: Synthesize) -> None:
    plan = synthesize(SAME_API)
    assert [body["provider"] for body in resources(plan, CONFIGURATION).values()] == ["aws.primary"]
    assert [name for name in role_statements(plan) if "replication" in name] == ["chatbot-replication-us-west-2"]
    watched = {
        (body["provider"], body["metric_name"])
        for body in resources(plan, "aws_cloudwatch_metric_alarm").values()
        if body.get("namespace") == "AWS/S3"
    }
    assert watched == {("aws.failover", "ReplicationLatency"), ("aws.primary", "OperationsFailedReplication")}

"""The rules of `standby review` about the shield in front, over the stack that has it."""

import copy
from typing import Any, Final

import pytest

from standby.review.plan import read_plan
from standby.review.report import find_all
from standby.review.rules.rule import Surroundings
from standby.review.summary import OTHER, purpose_of
from tests.constructs.plan import Plan, Synthesize
from tests.constructs.variants import SHIELDED
from tests.e2e.review.mutation import Body, PlanMutation, set_value
from tests.standby.review.helpers import plan_document

ACL: Final = "aws_wafv2_web_acl"


def without_rate_limit(body: Body) -> None:
    body["rule"] = [rule for rule in body["rule"] if rule["name"] != "rate-limit"]


def rule_of(body: Body, name: str) -> Body:
    found: Body = next(rule for rule in body["rule"] if rule["name"] == name)
    return found


def count_rate_limit(body: Body) -> None:
    rule_of(body, "rate-limit")["action"] = {"count": {}}


def count_reputation(body: Body) -> None:
    rule_of(body, "AWSManagedRulesAmazonIpReputationList")["override_action"] = {"count": {}}


def count_one_more(body: Body) -> None:
    group = rule_of(body, "AWSManagedRulesCommonRuleSet")["statement"]["managed_rule_group_statement"]
    group["rule_action_override"].append({"name": "NoUserAgent_HEADER", "action_to_use": {"count": {}}})


def raise_limit(body: Body) -> None:
    rule_of(body, "rate-limit")["statement"]["rate_based_statement"]["limit"] = 50_000


MUTATIONS: Final = (
    PlanMutation(
        name="association of a web ACL removed",
        rule="protection-removed",
        type_="aws_wafv2_web_acl_association",
        id_="primary_shield_association",
        twin="failover_shield_association",
        change=None,
    ),
    PlanMutation(
        name="distribution without web ACL",
        rule="shield-off",
        type_="aws_cloudfront_distribution",
        id_="distribution",
        change=lambda body: body.pop("web_acl_id"),
    ),
    PlanMutation(
        name="rate limit removed", rule="shield-weaker", type_=ACL, id_="site_shield_web_acl", change=without_rate_limit
    ),
    PlanMutation(
        name="rate limit only counts",
        rule="shield-weaker",
        type_=ACL,
        id_="primary_shield_acl_web_acl",
        twin="failover_shield_acl_web_acl",
        change=count_rate_limit,
    ),
    PlanMutation(
        name="rule group only counts",
        rule="shield-weaker",
        type_=ACL,
        id_="failover_shield_acl_web_acl",
        twin="primary_shield_acl_web_acl",
        change=count_reputation,
    ),
    PlanMutation(
        name="one more rule of a group only counts",
        rule="shield-weaker",
        type_=ACL,
        id_="site_shield_web_acl",
        change=count_one_more,
    ),
    PlanMutation(
        name="rate limit raised", rule="shield-weaker", type_=ACL, id_="site_shield_web_acl", change=raise_limit
    ),
    PlanMutation(
        name="address added",
        rule="addresses-added",
        type_="aws_wafv2_ip_set",
        id_="site_shield_allowed_ipv4",
        change=set_value(["203.0.113.0/24", "198.51.100.0/24"], "addresses"),
    ),
    PlanMutation(
        name="log bucket destroyed",
        rule="kept-resource-lost",
        type_="aws_s3_bucket",
        id_="primary_logs_private_bucket",
        twin="failover_logs_private_bucket",
        change=None,
    ),
    PlanMutation(
        name="delivery of the site's logs removed",
        rule="protection-removed",
        type_="aws_cloudwatch_log_delivery",
        id_="site_access_logs_delivery",
        change=None,
    ),
    PlanMutation(
        name="requests to the documents not logged",
        rule="protection-removed",
        type_="aws_s3_bucket_logging",
        id_="primary_logs_requests_to_docs",
        twin="failover_logs_requests_to_docs",
        change=None,
    ),
    PlanMutation(
        name="access logs kept for a day",
        rule="logs-kept-shorter",
        type_="aws_s3_bucket_lifecycle_configuration",
        id_="primary_logs_lifecycle",
        twin="failover_logs_lifecycle",
        change=set_value([{"days": 1}], "rule", 0, "expiration"),
    ),
    PlanMutation(
        name="fewer executions reserved",
        rule="reserved-concurrency-lower",
        type_="aws_lambda_function",
        id_="primary_functions_ingest_function",
        twin="failover_functions_ingest_function",
        change=set_value(3, "reserved_concurrent_executions"),
    ),
    PlanMutation(
        name="no execution reserved",
        rule="reserved-concurrency-lower",
        type_="aws_lambda_function",
        id_="primary_functions_health_function",
        twin="failover_functions_health_function",
        change=lambda body: body.pop("reserved_concurrent_executions"),
    ),
)


@pytest.fixture(scope="module")
def shielded(synthesize: Synthesize) -> Plan:
    return synthesize(SHIELDED)


def findings(before: Any, after: Any) -> set[tuple[str, str]]:  # noqa: ANN401 - JSON
    found = find_all(read_plan(plan_document(before, after)), Surroundings(stack=after))
    return {(finding.rule, finding.address) for finding in found}


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)
def test_a_mutation_of_the_shield_is_noticed(shielded: Plan, mutation: PlanMutation) -> None:
    stack = copy.deepcopy(shielded.document)
    address = mutation.apply(stack["resource"])
    assert (mutation.rule, address) in findings(shielded.document, stack)


def test_the_shielded_stack_itself_has_no_finding(shielded: Plan) -> None:
    assert findings(shielded.document, shielded.document) == set()
    assert findings(None, shielded.document) == set()


def test_putting_the_shield_in_front_of_a_deployment_has_no_finding_about_security(plan: Plan, shielded: Plan) -> None:
    found = {rule for rule, _ in findings(plan.document, shielded.document)}
    weaker = {"shield-off", "shield-weaker", "addresses-added", "protection-removed", "kept-resource-lost"}
    assert found & weaker == set()


def test_taking_all_of_it_away_is_blocked(plan: Plan, shielded: Plan) -> None:
    found = {rule for rule, _ in findings(shielded.document, plan.document)}
    assert {"shield-off", "protection-removed", "kept-resource-lost", "reserved-concurrency-lower"} <= found


def test_a_plan_in_terraform_s_own_form_is_read_the_same(shielded: Plan) -> None:
    """Terraform shows an empty block as `[{}]`, and one that is not there as `[]`."""
    before, after = copy.deepcopy(shielded.document), copy.deepcopy(shielded.document)
    for stack, set_action, other_action in ((before, "block", "count"), (after, "count", "block")):
        for body in stack["resource"][ACL].values():
            rule_of(body, "rate-limit")["action"] = [{"allow": [], set_action: [{}], other_action: []}]
    assert {rule for rule, _ in findings(before, after)} - {"protection-changed"} == {"shield-weaker"}


def test_every_resource_of_the_shield_and_of_the_logs_has_a_purpose(shielded: Plan) -> None:
    first = read_plan(plan_document(None, shielded.document))
    purposes = {change.construct: purpose_of(change) for change in first.changes}
    assert {name for name, purpose in purposes.items() if purpose == OTHER} == {
        "identity_first_apply",
        "manifest_parameter_primary",
        "manifest_parameter_failover",
    }
    logs = {name for name, purpose in purposes.items() if purpose == "access logs"}
    assert {"site_access_logs_delivery", "primary_logs_private_bucket", "failover_logs_requests_to_docs"} <= logs
    assert not any(name.endswith("_role_policy") or "functions" in name for name in logs)

"""The web ACLs in front of the distribution and of both APIs."""

import json
from typing import Any

import pytest

from standby.cost.stack import Stack
from tests.constructs.plan import (
    ROLES,
    Json,
    Plan,
    Synthesize,
    default_settings,
    everything,
    in_region,
    only,
    resources,
)
from tests.constructs.variants import SHIELDED
from warm_standby.shield.rules import COUNTED, MAX_CAPACITY, RULE_GROUPS

ACL = "aws_wafv2_web_acl"
WAF_ONLY = default_settings(access={"waf": True})


@pytest.fixture(scope="module")
def shielded(synthesize: Synthesize) -> Plan:
    return synthesize(SHIELDED)


def acls(plan: Plan) -> dict[str, Json]:
    """Return the web ACLs of the two APIs by their role, and that of the `site`."""
    found = resources(plan, ACL).values()
    return {"site" if body["scope"] == "CLOUDFRONT" else body["provider"].removeprefix("aws."): body for body in found}


def rule(web_acl: Json, name: str) -> Json:
    return only(one for one in web_acl["rule"] if one["name"] == name)


def test_without_the_setting_there_is_no_resource_of_the_shield(plan: Plan) -> None:
    types = {address.rpartition(".")[0] for address in everything(plan)}
    assert not {type_ for type_ in types if "waf" in type_ or "delivery" in type_ or "bucket_logging" in type_}
    assert {provider["alias"] for provider in plan.document["provider"]["aws"]} == set(ROLES)
    assert "web_acl_id" not in only(resources(plan, "aws_cloudfront_distribution").values())
    functions = resources(plan, "aws_lambda_function").values()
    assert not any("reserved_concurrent_executions" in body for body in functions)
    assert "x-readiness-check" not in json.dumps(plan.document)


def test_the_site_has_a_web_acl_in_us_east_1_and_each_api_has_one_in_its_region(shielded: Plan) -> None:
    assert set(acls(shielded)) == {"site", *ROLES}
    assert acls(shielded)["site"]["provider"] == "aws.failover"
    assert shielded.region("failover") == "us-east-1"
    distribution = only(resources(shielded, "aws_cloudfront_distribution").values())
    site = only(name for name, body in resources(shielded, ACL).items() if body["scope"] == "CLOUDFRONT")
    assert distribution["web_acl_id"] == f"${{{ACL}.{site}.arn}}"
    for role in ROLES:
        association = only(in_region(shielded, "aws_wafv2_web_acl_association", role))
        assert f"aws_api_gateway_stage.{role}_api_stage" in association["resource_arn"]
        assert f"{ACL}.{role}_shield" in association["web_acl_arn"]


ELSEWHERE = {"primary": "ca-central-1", "failover": "sa-east-1"}


@pytest.mark.parametrize("waf", [True, False])
def test_two_other_regions_have_a_third_provider_that_stays_when_the_shield_is_taken_away(
    synthesize: Synthesize, *, waf: bool
) -> None:
    """Terraform needs a resource's provider to destroy it: the plan that takes the shield away would fail without."""
    plan = synthesize(default_settings(regions=ELSEWHERE, access={"waf": waf}, allowed_account_ids=["111122223333"]))
    providers = {provider.pop("alias"): provider for provider in map(dict, plan.document["provider"]["aws"])}
    assert set(providers) == {"global", *ROLES}
    assert providers["global"].pop("region") == "us-east-1"
    assert providers["global"].items() <= providers["primary"].items()
    assert [body["provider"] for name, body in acls(plan).items() if name == "site"] == (["aws.global"] if waf else [])


def test_every_web_acl_has_the_same_rules_in_the_same_order(shielded: Plan) -> None:
    names = {
        provider: [one["name"] for one in sorted(body["rule"], key=lambda one: one["priority"])]
        for provider, body in acls(shielded).items()
    }
    groups = [group.name for group in RULE_GROUPS]
    assert set(map(tuple, names.values())) == {("allowed-addresses", "rate-limit", *groups)}
    assert {tuple(group) for group in (groups,)} == {
        (
            "AWSManagedRulesAmazonIpReputationList",
            "AWSManagedRulesCommonRuleSet",
            "AWSManagedRulesKnownBadInputsRuleSet",
        )
    }


def test_the_own_rules_block_and_the_groups_keep_their_actions(shielded: Plan) -> None:
    for body in acls(shielded).values():
        assert body["default_action"] == {"allow": {}}
        for one in body["rule"]:
            own = one["name"] in {"allowed-addresses", "rate-limit"}
            assert one.get("action") == ({"block": {}} if own else None)
            assert one.get("override_action") == (None if own else {"none": {}})


def test_a_question_with_a_long_history_is_counted_and_not_blocked(shielded: Plan) -> None:
    """The core rule set blocks bodies above 8 KB. A turn alone may have 8,000 characters."""
    for body in acls(shielded).values():
        group = rule(body, "AWSManagedRulesCommonRuleSet")["statement"]["managed_rule_group_statement"]
        overrides = {one["name"]: one["action_to_use"] for one in group["rule_action_override"]}
        assert overrides == {name: {"count": {}} for name in COUNTED}
        assert "SizeRestrictions_BODY" in overrides


def test_the_limit_for_one_address_is_the_setting_s(shielded: Plan) -> None:
    for body in acls(shielded).values():
        statement = rule(body, "rate-limit")["statement"]["rate_based_statement"]
        assert statement == {"limit": 500, "aggregate_key_type": "IP", "evaluation_window_sec": 300}


def test_the_allowed_addresses_are_in_a_set_for_each_ip_version(shielded: Plan) -> None:
    sets = resources(shielded, "aws_wafv2_ip_set")
    for name in ("site", *ROLES):
        kind, provider = (acls(shielded)[name][key] for key in ("scope", "provider"))
        own = [body for body in sets.values() if (body["scope"], body["provider"]) == (kind, provider)]
        found = {body["ip_address_version"]: body for body in own}
        assert {version: body["addresses"] for version, body in found.items()} == {
            "IPV4": ["203.0.113.0/24"],
            "IPV6": ["2001:db8::/32"],
        }
        assert len(own) == 2


def test_only_the_readiness_check_of_the_region_passes_from_another_address(shielded: Plan) -> None:
    """The addresses of Lambda are AWS's own, so the check is known by a random value in a header."""
    passes = set()
    for role in ROLES:
        statement = rule(acls(shielded)[role], "allowed-addresses")["statement"]["not_statement"]["statement"]
        *addresses, header = statement["or_statement"]["statement"]
        assert [list(one) for one in addresses] == [["ip_set_reference_statement"]] * 2
        match = header["byte_match_statement"]
        assert match["field_to_match"] == {"single_header": {"name": "x-readiness-check"}}
        assert match["positional_constraint"] == "EXACTLY"
        value = match["search_string"].removeprefix("${").removesuffix("}")
        assert value.startswith(f"terraform_data.{role}_shield_readiness_pass")
        targets = resources(shielded, "aws_cloudwatch_event_target")
        target = only(body for name, body in targets.items() if name.startswith(f"{role}_readiness_check"))
        assert f'"headers" = {{"x-readiness-check" = {value}}}' in target["input"]
        passes.add(value)
    assert len(passes) == 2
    site = rule(acls(shielded)["site"], "allowed-addresses")
    assert "byte_match_statement" not in json.dumps(site)


def test_the_random_value_is_made_once(shielded: Plan) -> None:
    made = [body for name, body in resources(shielded, "terraform_data").items() if "readiness_pass" in name]
    assert len(made) == 2
    for body in made:
        assert body["input"] == {"value": "${uuid()}"}
        assert body["lifecycle"] == {"ignore_changes": ["input"]}


def test_without_allowed_addresses_all_are_let_through_and_no_value_is_made(synthesize: Synthesize) -> None:
    plan = synthesize(WAF_ONLY)
    assert resources(plan, "aws_wafv2_ip_set") == {}
    assert all("allowed-addresses" not in json.dumps(body) for body in acls(plan).values())
    assert "readiness_pass" not in json.dumps(plan.document)


def test_addresses_of_one_ip_version_need_one_set_and_refuse_the_other_version(synthesize: Synthesize) -> None:
    plan = synthesize(default_settings(access={"waf": True, "allowed_cidrs": ["203.0.113.7/32"]}))
    assert len(resources(plan, "aws_wafv2_ip_set")) == 3
    statement = rule(acls(plan)["site"], "allowed-addresses")["statement"]["not_statement"]["statement"]
    assert list(statement) == ["ip_set_reference_statement"]


def test_the_capacity_is_within_what_the_price_includes() -> None:
    """Sources: docs.aws.amazon.com, AWS WAF, "Rate-based rule statement" (2), "IP set match rule statement" (1),
    "String match rule statement" (2, and 10 for a text transformation).
    """
    own = 2 + 2 * 1 + 12
    assert sum(group.capacity for group in RULE_GROUPS) + own < MAX_CAPACITY


def test_aws_keeps_no_sample_of_a_request(shielded: Plan) -> None:
    """A sample has the headers of a request, and so its token."""
    blocks: list[dict[str, Any]] = []
    for body in acls(shielded).values():
        blocks += [body["visibility_config"], *(one["visibility_config"] for one in body["rule"])]
    assert {block["sampled_requests_enabled"] for block in blocks} == {False}
    names = [block["metric_name"] for body in [*acls(shielded).values()] for block in [body["visibility_config"]]]
    assert all(len(name) <= 128 for name in names)


def test_the_site_s_web_acl_is_counted_for_the_primary_region(shielded: Plan) -> None:
    stack = Stack(document=shielded.document)
    assert [len(stack.web_acls(role)) for role in ROLES] == [2, 1]

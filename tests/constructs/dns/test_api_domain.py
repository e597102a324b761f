"""The name of the API in DNS: its certificates, its custom domains, its health checks and its failover records."""

from typing import Final

import pytest

from tests.constructs.helpers import render_json
from tests.constructs.plan import ROLES, Json, Plan, Synthesize, everything, in_region, only, references, resources
from tests.constructs.variants import APART_NAMED, NAMED

CHECK: Final = "aws_route53_health_check"
RECORD: Final = "aws_route53_record"
NAME: Final = "api.example.com"


@pytest.fixture(scope="module")
def named(synthesize: Synthesize) -> Plan:
    return synthesize(NAMED)


def checks(plan: Plan) -> dict[str, Json]:
    """Return the health checks by the purpose in their tag."""
    return {body["tags"]["Name"].removeprefix("chatbot-"): body for body in resources(plan, CHECK).values()}


def failover_records(plan: Plan) -> dict[str, Json]:
    found = resources(plan, RECORD).values()
    return {body["set_identifier"]: body for body in found if "failover_routing_policy" in body}


def address_of(plan: Plan, body: Json) -> str:
    return only(address for address, other in everything(plan).items() if other is body)


def test_without_the_setting_there_is_no_resource_of_dns(plan: Plan) -> None:
    types = {address.partition(".")[0] for address in everything(plan)}
    assert not {type_ for type_ in types if "route53" in type_ or "acm" in type_ or "domain_name" in type_}
    assert "api_domain_url" not in plan.document["output"]
    assert "dns" not in render_json(plan, plan.document["output"]["manifest"]["value"])


@pytest.mark.parametrize("role", ROLES)
def test_each_region_s_api_answers_under_the_name_with_tls_1_2_and_a_certificate_of_its_own(
    named: Plan, role: str
) -> None:
    certificate = only(in_region(named, "aws_acm_certificate", role))
    assert (certificate["domain_name"], certificate["validation_method"]) == (NAME, "DNS")
    domain = only(in_region(named, "aws_api_gateway_domain_name", role))
    assert (domain["security_policy"], domain["endpoint_configuration"]) == ("TLS_1_2", {"types": ["REGIONAL"]})
    validated = only(in_region(named, "aws_acm_certificate_validation", role))
    assert references(domain["regional_certificate_arn"]) == {address_of(named, validated)}
    assert references(validated["certificate_arn"]) == {address_of(named, certificate)}
    mapping = only(in_region(named, "aws_api_gateway_base_path_mapping", role))
    assert references(mapping["api_id"]) == {
        address_of(named, only(in_region(named, "aws_api_gateway_rest_api", role)))
    }
    assert references(mapping["stage_name"]) == {
        address_of(named, only(in_region(named, "aws_api_gateway_stage", role)))
    }
    assert references(mapping["domain_name"]) == {address_of(named, domain)}


def test_one_record_validates_both_certificates(named: Plan) -> None:
    record = only(body for body in resources(named, RECORD).values() if "alias" not in body)
    for role in ROLES:
        assert only(in_region(named, "aws_acm_certificate_validation", role))["depends_on"] == [
            address_of(named, record)
        ]
    assert references(record["name"]) == {address_of(named, only(in_region(named, "aws_acm_certificate", "primary")))}


def test_the_primary_record_needs_both_checks_and_the_secondary_none(named: Plan) -> None:
    records, found = failover_records(named), checks(named)
    calculated = found["primary"]
    assert (calculated["type"], calculated["child_health_threshold"]) == ("CALCULATED", 2)
    assert references(str(calculated["child_healthchecks"])) == {
        address_of(named, found["primary-health"]),
        address_of(named, found["serving"]),
    }
    assert references(records["primary"]["health_check_id"]) == {address_of(named, calculated)}
    assert "health_check_id" not in records["failover"]


@pytest.mark.parametrize("role, kind", [("primary", "PRIMARY"), ("failover", "SECONDARY")])
def test_a_record_is_the_alias_of_its_region_s_domain(named: Plan, role: str, kind: str) -> None:
    record = failover_records(named)[role]
    assert (record["name"], record["type"], record["failover_routing_policy"]) == (NAME, "A", {"type": kind})
    assert record["alias"]["evaluate_target_health"] is False
    domain = address_of(named, only(in_region(named, "aws_api_gateway_domain_name", role)))
    assert references(record["alias"]["name"]) == references(record["alias"]["zone_id"]) == {domain}


@pytest.mark.parametrize("purpose, role, interval", [("primary-health", "primary", 10), ("standby", "failover", 30)])
def test_health_is_asked_at_the_api_s_own_host_with_the_stage_and_sni(
    named: Plan, purpose: str, role: str, interval: int
) -> None:
    check = checks(named)[purpose]
    api = address_of(named, only(in_region(named, "aws_api_gateway_rest_api", role)))
    assert check["fqdn"] == f"${{{api}.id}}.execute-api.{named.region(role)}.amazonaws.com"
    assert (check["type"], check["resource_path"], check["port"]) == ("HTTPS", "/prod/health", 443)
    assert (check["enable_sni"], check["request_interval"], check["failure_threshold"]) == (True, interval, 3)


def test_config_json_is_read_through_the_distribution_s_own_host(named: Plan) -> None:
    check = checks(named)["serving"]
    assert references(check["fqdn"]) == {
        address_of(named, only(resources(named, "aws_cloudfront_distribution").values()))
    }
    assert (check["type"], check["resource_path"]) == ("HTTPS_STR_MATCH", "/config.json")
    assert (check["enable_sni"], check["request_interval"], check["failure_threshold"]) == (True, 10, 3)


def test_the_manifest_names_the_health_checks(named: Plan) -> None:
    dns = render_json(named, named.document["output"]["manifest"]["value"])["dns"]
    assert dns["name"] == NAME
    assert len(set(dns.values())) == len(dns) == 4
    assert named.document["output"]["api_domain_url"]["value"] == f"https://{NAME}/"


def test_the_page_calls_the_apis_own_addresses(named: Plan, plan: Plan) -> None:
    for role in ROLES:
        configs = [
            only(body for body in in_region(one, "aws_s3_object", role) if body["key"] == "config.json")["content"]
            for one in (named, plan)
        ]
        assert configs[0] == configs[1]


@pytest.mark.parametrize("purpose, check", [("dns-primary", "primary"), ("dns-standby", "standby")])
def test_an_unhealthy_check_raises_an_alarm_in_us_east_1(
    synthesize: Synthesize, named: Plan, purpose: str, check: str
) -> None:
    for plan, region in ((named, "aws.failover"), (synthesize(APART_NAMED), "aws.global")):
        alarms = resources(plan, "aws_cloudwatch_metric_alarm").values()
        alarm = only(body for body in alarms if body["alarm_name"] == f"chatbot-{purpose}")
        assert alarm["provider"] == region
        assert (alarm["namespace"], alarm["metric_name"]) == ("AWS/Route53", "HealthCheckStatus")
        assert alarm["treat_missing_data"] == "breaching"
        assert references(alarm["dimensions"]["HealthCheckId"]) == {address_of(plan, checks(plan)[check])}
        topic = only(references(alarm["alarm_actions"][0]))
        assert everything(plan)[topic]["provider"] == region


def test_without_a_region_in_us_east_1_the_alarms_have_a_topic_with_the_same_subscribers(
    synthesize: Synthesize,
) -> None:
    plan = synthesize(APART_NAMED)
    subscriptions = resources(plan, "aws_sns_topic_subscription").values()
    assert "aws.global" in {body["provider"] for body in subscriptions}

"""CloudFront: pages fail over automatically, and config.json is never cached."""

import pytest

from tests.constructs.helpers import render, without_hash
from tests.constructs.plan import Json, Plan, Synthesize, only, resources
from tests.constructs.variants import CERTIFICATE, CHANGED

# Source: docs.aws.amazon.com, CloudFront, "Use managed cache policies".
CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"


NAME = "https://chat.example.com"
CLOUDFRONT = "https://d111111abcdef8.cloudfront.net"


def distribution(plan: Plan) -> Json:
    return only(resources(plan, "aws_cloudfront_distribution").values())


def behaviors(plan: Plan) -> dict[str, Json]:
    """Return the behaviors by their path patterns; the default behavior has "*"."""
    body = distribution(plan)
    ordered = {behavior["path_pattern"]: behavior for behavior in body["ordered_cache_behavior"]}
    return {"*": body["default_cache_behavior"], **ordered}


def test_the_origins_are_the_two_frontend_buckets_by_their_regional_names(plan: Plan) -> None:
    origins = {body["origin_id"]: without_hash(body["domain_name"]) for body in distribution(plan)["origin"]}
    bucket = "${{aws_s3_bucket.{}_frontend_private_bucket.bucket_regional_domain_name}}"
    assert origins == {role: bucket.format(role) for role in ("primary", "failover")}


def test_cloudfront_signs_its_requests_to_both_origins(plan: Plan) -> None:
    name, control = only([dict(resources(plan, "aws_cloudfront_origin_access_control"))]).popitem()
    assert control["origin_access_control_origin_type"] == "s3"
    assert (control["signing_behavior"], control["signing_protocol"]) == ("always", "sigv4")
    wanted = f"${{aws_cloudfront_origin_access_control.{name}.id}}"
    assert [origin["origin_access_control_id"] for origin in distribution(plan)["origin"]] == [wanted, wanted]


def test_cloudfront_tries_an_origin_once_for_one_second(plan: Plan) -> None:
    tried = [(body["connection_attempts"], body["connection_timeout"]) for body in distribution(plan)["origin"]]
    assert tried == [(1, 1), (1, 1)]


def test_pages_are_read_from_the_primary_first_and_config_json_from_the_failover_first(plan: Plan) -> None:
    order = {
        group["origin_id"]: [member["origin_id"] for member in group["member"]]
        for group in distribution(plan)["origin_group"]
    }
    found = behaviors(plan)
    assert order[found["*"]["target_origin_id"]] == ["primary", "failover"]
    assert order[found["/config.json"]["target_origin_id"]] == ["failover", "primary"]
    assert len(order) == 2


def test_each_origin_check_is_read_from_its_own_bucket_alone(plan: Plan) -> None:
    objects = resources(plan, "aws_s3_object").values()
    for role in ("primary", "failover"):
        key = f"origin-check/{role}.json"
        assert behaviors(plan)[f"/{key}"]["target_origin_id"] == role
        file = only(body for body in objects if body["key"] == key)
        assert file["provider"] == f"aws.{role}"
        assert without_hash(file["bucket"]) == f"${{aws_s3_bucket.{role}_frontend_private_bucket.id}}"


def test_both_groups_fail_over_on_the_guide_s_codes_and_on_403_and_404(plan: Plan) -> None:
    codes = [group["failover_criteria"]["status_codes"] for group in distribution(plan)["origin_group"]]
    assert codes == [[403, 404, 500, 502, 503, 504]] * 2


def test_the_codes_are_a_setting(synthesize: Synthesize) -> None:
    plan = synthesize(CHANGED)
    codes = [group["failover_criteria"]["status_codes"] for group in distribution(plan)["origin_group"]]
    assert codes == [[500, 503, 504]] * 2


def test_config_json_and_the_origin_checks_are_never_cached_and_pages_are(plan: Plan) -> None:
    found = behaviors(plan)
    pages = found.pop("*")
    assert (pages["cache_policy_id"], pages["compress"]) == (CACHING_OPTIMIZED, True)
    assert set(found) == {"/config.json", "/origin-check/primary.json", "/origin-check/failover.json"}
    assert {behavior["cache_policy_id"] for behavior in found.values()} == {CACHING_DISABLED}


def test_only_methods_that_an_origin_group_fails_over_for_are_allowed(plan: Plan) -> None:
    """Source: docs.aws.amazon.com, CloudFront, "Optimize high availability with CloudFront origin failover"."""
    for behavior in behaviors(plan).values():
        assert sorted(behavior["allowed_methods"]) == sorted(behavior["cached_methods"]) == ["GET", "HEAD", "OPTIONS"]


def test_all_behaviors_are_https_only_with_the_security_headers(plan: Plan) -> None:
    (policy,) = resources(plan, "aws_cloudfront_response_headers_policy")
    for behavior in behaviors(plan).values():
        assert behavior["viewer_protocol_policy"] == "redirect-to-https"
        assert behavior["response_headers_policy_id"] == f"${{aws_cloudfront_response_headers_policy.{policy}.id}}"


def test_the_site_supports_http_2_and_3_and_ipv6_at_its_root(plan: Plan) -> None:
    body = distribution(plan)
    assert body["http_version"] == "http2and3"
    assert body["is_ipv6_enabled"] is True
    assert body["enabled"] is True
    assert body["default_root_object"] == "index.html"
    assert "aliases" not in body


def test_without_a_certificate_cloudfront_s_default_is_used(plan: Plan) -> None:
    assert distribution(plan)["viewer_certificate"] == {"cloudfront_default_certificate": True}


@pytest.fixture
def named(synthesize: Synthesize) -> Plan:
    return synthesize(CHANGED)


def test_with_a_certificate_the_minimum_is_tls_1_2(named: Plan) -> None:
    assert distribution(named)["viewer_certificate"] == {
        "acm_certificate_arn": CERTIFICATE,
        "minimum_protocol_version": "TLSv1.2_2021",
        "ssl_support_method": "sni-only",
    }
    assert distribution(named)["aliases"] == ["chat.example.com"]


def test_a_domain_name_is_the_site_s_first_origin(named: Plan) -> None:
    assert named.document["locals"]["site_origin"] == NAME
    assert named.document["output"]["cloudfront_url"]["value"] == NAME


def cors_origins(plan: Plan) -> dict[str, set[str]]:
    """Return the origins of every place of the stack that allows a page to read an answer, by the kind of place."""
    found: dict[str, set[str]] = {}

    def add(kind: str, value: str) -> None:
        found.setdefault(kind, set()).add(render(plan, value).strip("'"))

    for body in resources(plan, "aws_s3_bucket_cors_configuration").values():
        add("buckets", " ".join(body["cors_rule"][0]["allowed_origins"]))
    for body in resources(plan, "aws_lambda_function").values():
        if origins := body["environment"]["variables"].get("SITE_ORIGIN"):
            add("functions", origins)
    header = "header.Access-Control-Allow-Origin"
    for body in resources(plan, "aws_api_gateway_integration_response").values():
        add("preflights", body["response_parameters"][f"method.response.{header}"])
    for body in resources(plan, "aws_api_gateway_gateway_response").values():
        add("errors of the API", body["response_parameters"][f"gatewayresponse.{header}"])
    return found


def test_only_cloudfront_s_address_is_allowed_without_a_domain_name(plan: Plan) -> None:
    found = cors_origins(plan)
    assert found.keys() == {"buckets", "functions", "preflights", "errors of the API"}
    assert set.union(*found.values()) == {CLOUDFRONT}


def test_cloudfront_s_address_goes_on_working_beside_a_domain_name(named: Plan) -> None:
    """All users are there until DNS has the name. API Gateway's own answers, without data, can have one value only."""
    both = {f"{NAME} {CLOUDFRONT}"}
    assert cors_origins(named) == {"buckets": both, "functions": both, "preflights": {"*"}, "errors of the API": {"*"}}

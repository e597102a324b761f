"""The security headers of all responses."""

from tests.constructs.helpers import render
from tests.constructs.plan import Json, Plan, only, resources


def headers(plan: Plan) -> Json:
    policy: Json = only(resources(plan, "aws_cloudfront_response_headers_policy").values())["security_headers_config"]
    return policy


def test_responses_may_not_be_framed_sniffed_or_fetched_over_plain_http(plan: Plan) -> None:
    config = headers(plan)
    assert config["frame_options"]["frame_option"] == "DENY"
    assert config["content_type_options"] == {"override": True}
    assert config["referrer_policy"]["referrer_policy"] == "no-referrer"
    assert config["strict_transport_security"]["access_control_max_age_sec"] >= 365 * 24 * 3600
    assert {section["override"] for section in config.values()} == {True}


def test_hsts_does_not_include_subdomains(plan: Plan) -> None:
    """On chat.example.com, includeSubDomains would also forbid plain HTTP to hosts outside of the deployment."""
    assert headers(plan)["strict_transport_security"]["include_subdomains"] is False


def test_the_content_security_policy_allows_the_site_both_apis_and_both_documents_buckets(plan: Plan) -> None:
    policy = headers(plan)["content_security_policy"]["content_security_policy"]
    directives = dict(directive.split(" ", 1) for directive in render(plan, policy).split("; "))
    assert directives["default-src"] == "'none'"
    assert directives["frame-ancestors"] == "'none'"
    assert directives["script-src"] == directives["style-src"] == "'self'"
    assert set(directives["connect-src"].split()) == {
        "'self'",
        *(f"https://a1b2c3d4e5.execute-api.{region}.amazonaws.com" for region in ("us-west-2", "us-east-1")),
        *(f"https://chatbot-docs-111122223333-{r}.s3.{r}.amazonaws.com" for r in ("us-west-2", "us-east-1")),
    }
    assert "unsafe" not in policy
    assert "*" not in policy

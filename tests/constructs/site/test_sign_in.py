"""What the page is told about sign-in, and the origins that it may call for it."""

import pytest

from tests.constructs.helpers import render, render_json
from tests.constructs.plan import ROLES, Plan, Synthesize, in_region, only, resources
from tests.constructs.variants import SIGN_IN


@pytest.fixture(scope="module")
def signed_in(synthesize: Synthesize) -> Plan:
    return synthesize(SIGN_IN)


def _file(plan: Plan, role: str, key: str) -> dict[str, object]:
    file = only(body for body in in_region(plan, "aws_s3_object", role) if body["key"] == key)
    return render_json(plan, file["content"])


@pytest.mark.parametrize("role", ROLES)
def test_both_frontend_buckets_tell_the_page_where_users_sign_in(signed_in: Plan, role: str) -> None:
    assert _file(signed_in, role, "access.json") == {
        "issuer": "https://login.example.com/tenant",
        "clientId": "page",
        "audience": "https://chatbot.example.com/api",
        "audienceParameter": "resource",
        "scopes": ["openid", "offline_access"],
    }
    assert _file(signed_in, role, "limits.json")["access"] == "access.json"


@pytest.mark.parametrize("role", ROLES)
def test_an_open_deployment_has_no_such_file_and_names_none(plan: Plan, role: str) -> None:
    assert "access.json" not in {body["key"] for body in in_region(plan, "aws_s3_object", role)}
    assert set(_file(plan, role, "limits.json")) == {"maxUploadBytes", "uploadTypes"}


def test_the_page_may_call_the_issuer_s_origins_and_nothing_else_more(plan: Plan, signed_in: Plan) -> None:
    added = _connect_sources(signed_in) - _connect_sources(plan)
    assert added == {"https://login.example.com", "https://token.example.com"}


def _connect_sources(plan: Plan) -> set[str]:
    policy = only(resources(plan, "aws_cloudfront_response_headers_policy").values())["security_headers_config"]
    directives = render(plan, policy["content_security_policy"]["content_security_policy"]).split("; ")
    return set(only(each for each in directives if each.startswith("connect-src ")).split()[1:])

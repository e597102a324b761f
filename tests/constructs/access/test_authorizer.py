"""Sign-in in the synthesized stack: what it adds to each region, and that an open deployment has none of it."""

import json
import re
from collections.abc import Iterator

import pytest

from tests.constructs.grants import Grant, grants
from tests.constructs.helpers import region_view, render, without_hash
from tests.constructs.plan import (
    FUNCTIONS,
    ROLES,
    SIGN_IN_FUNCTIONS,
    Json,
    Plan,
    Synthesize,
    everything,
    functions,
    in_region,
    only,
    role_statements,
)
from tests.constructs.variants import SIGN_IN
from warm_standby.access.authorizer import EMPTY_COPY

ADDED = {
    "aws_api_gateway_authorizer",
    "aws_api_gateway_gateway_response",
    "aws_cloudwatch_event_rule",
    "aws_cloudwatch_event_target",
    "aws_cloudwatch_log_group",
    "aws_iam_role",
    "aws_iam_role_policy",
    "aws_lambda_function",
    "aws_lambda_permission",
    "aws_s3_object",
    "aws_ssm_parameter",
}


@pytest.fixture(scope="module")
def signed_in(synthesize: Synthesize) -> Plan:
    return synthesize(SIGN_IN)


def _methods(plan: Plan, role: str) -> Iterator[tuple[str, str, Json]]:
    """Yield the path, the HTTP method and the body of each method of a region's API."""
    paths = {
        f"${{aws_api_gateway_resource.{name}.id}}": body["path_part"]
        for name, body in plan.document["resource"]["aws_api_gateway_resource"].items()
    }
    for body in in_region(plan, "aws_api_gateway_method", role):
        yield paths[body["resource_id"]], body["http_method"], body


@pytest.mark.parametrize("role", ROLES)
def test_every_route_but_health_and_the_preflights_needs_a_token(signed_in: Plan, role: str) -> None:
    open_methods = {
        (path, method) for path, method, body in _methods(signed_in, role) if body["authorization"] == "NONE"
    }
    preflights = {(path, "OPTIONS") for path, _, _ in _methods(signed_in, role)}
    assert open_methods == {("health", "GET"), *preflights}
    guarded = [body for _, _, body in _methods(signed_in, role) if body["authorization"] != "NONE"]
    assert len(guarded) >= 3
    assert {body["authorization"] for body in guarded} == {"CUSTOM"}
    (authorizer,) = {body["authorizer_id"] for body in guarded}
    assert authorizer.startswith(f"${{aws_api_gateway_authorizer.{role}_")


@pytest.mark.parametrize("role", ROLES)
def test_the_authorizer_is_asked_for_a_token_and_its_answer_is_kept_a_minute(signed_in: Plan, role: str) -> None:
    authorizer = only(in_region(signed_in, "aws_api_gateway_authorizer", role))
    assert (authorizer["type"], authorizer["identity_source"]) == ("REQUEST", "method.request.header.Authorization")
    assert authorizer["authorizer_result_ttl_in_seconds"] == 60
    assert f":{signed_in.region(role)}:lambda:" in authorizer["authorizer_uri"]
    assert f"aws_lambda_function.{role}_access_function_" in authorizer["authorizer_uri"]


def test_both_regions_refuse_alike(signed_in: Plan) -> None:
    primary, failover = (region_view(signed_in, role) for role in ROLES)
    access = [address for address in primary if "_access_" in address or "aws_api_gateway" in address]
    access.remove("aws_cloudfront_origin_access_control.distribution_origin_access_control")  # there is one
    assert len(access) > 30
    assert [address for address in access if primary[address] != failover.get(address)] == []


def test_sign_in_adds_the_same_to_both_regions_and_removes_nothing(plan: Plan, signed_in: Plan) -> None:
    before, after = ({without_hash(address) for address in everything(each)} for each in (plan, signed_in))
    assert before <= after
    assert {address.partition(".")[0] for address in after - before} == ADDED
    primary = {address for address in after - before if "primary" in address}
    assert {address.replace("primary", "failover") for address in primary} == after - before - primary


def test_an_open_deployment_has_nothing_of_it(plan: Plan) -> None:
    text = json.dumps(plan.document["resource"])
    assert "aws_api_gateway_authorizer" not in plan.document["resource"]
    assert not any(
        word in text for word in ("CUSTOM", "authorizer.handler", "issuer-keys", "access.json", "DEEP_CHECK")
    )
    for role in ROLES:
        assert sorted(functions(plan, role)) == list(FUNCTIONS)


def test_the_authorizer_has_an_archive_of_its_own_and_the_other_functions_have_not_its_packages(
    signed_in: Plan,
) -> None:
    for role in ROLES:
        found = functions(signed_in, role)
        assert sorted(found) == list(SIGN_IN_FUNCTIONS)
        own = found.pop("authorizer")["filename"]
        assert own.endswith("/authorizer.zip")
        assert own not in {body["filename"] for body in found.values()}


@pytest.mark.parametrize("role", ROLES)
def test_a_deep_check_asks_the_authorizer_of_its_own_region_and_no_other_function(signed_in: Plan, role: str) -> None:
    found = functions(signed_in, role)
    name = found["authorizer"]["function_name"]
    assert found["health"]["environment"]["variables"]["DEEP_CHECK_AUTHORIZER"] == name
    held = role_statements(signed_in)[f"{signed_in.settings.name}-health-{signed_in.region(role)}"]
    (statement,) = (one for one in held if one["Sid"] == "AskAuthorizer")
    (resource,) = statement["Resource"]
    assert re.fullmatch(rf"arn:aws:lambda:{signed_in.region(role)}:[^:]+:function:{name}", resource)


def test_the_roles_gain_exactly_these_grants(plan: Plan, signed_in: Plan) -> None:
    for role in ROLES:
        assert grants(signed_in, role) - grants(plan, role) == {
            Grant("authorizer", "KeepKeys", "ssm:GetParameter"),
            Grant("authorizer", "KeepKeys", "ssm:PutParameter"),
            Grant("authorizer", "WriteLogs", "logs:CreateLogStream"),
            Grant("authorizer", "WriteLogs", "logs:PutLogEvents"),
            Grant("authorizer", "WriteTraces", "xray:PutTelemetryRecords"),
            Grant("authorizer", "WriteTraces", "xray:PutTraceSegments"),
            Grant("function:authorizer", "api", "lambda:InvokeFunction"),
            Grant("function:authorizer", "scheduled-issuer-keys", "lambda:InvokeFunction"),
            Grant("health", "AskAuthorizer", "lambda:InvokeFunction"),
            Grant("health", "AskFunctions", "lambda:InvokeFunction"),
        }
        assert grants(plan, role) <= grants(signed_in, role)


@pytest.mark.parametrize("role", ROLES)
def test_the_authorizer_may_use_one_parameter_which_terraform_creates_and_leaves_alone(
    signed_in: Plan, role: str
) -> None:
    parameter = only(body for body in in_region(signed_in, "aws_ssm_parameter", role) if "issuer-keys" in body["name"])
    assert parameter["insecure_value"] == EMPTY_COPY
    assert parameter["lifecycle"]["ignore_changes"] == ["insecure_value"]
    policies = [
        render(signed_in, body["policy"])
        for body in in_region(signed_in, "aws_iam_role_policy", role)
        if "KeepKeys" in body["policy"]
    ]
    (statement,) = [each for each in json.loads(only(policies))["Statement"] if each["Sid"] == "KeepKeys"]
    name = f"parameter{parameter['name']}"
    assert statement["Resource"] == [f"arn:aws:ssm:{signed_in.region(role)}:111122223333:{name}"]


@pytest.mark.parametrize("role", ROLES)
def test_a_401_and_a_403_have_cors_headers_and_bodies_of_our_own(signed_in: Plan, role: str) -> None:
    responses = {body["response_type"]: body for body in in_region(signed_in, "aws_api_gateway_gateway_response", role)}
    for kind, status, code in (("UNAUTHORIZED", "401", "unauthorized"), ("ACCESS_DENIED", "403", "forbidden")):
        response = responses[kind]
        assert response["status_code"] == status
        assert json.loads(response["response_templates"]["application/json"])["error"]["code"] == code
        assert "gatewayresponse.header.Access-Control-Allow-Origin" in response["response_parameters"]
    assert responses["UNAUTHORIZED"]["response_parameters"]["gatewayresponse.header.WWW-Authenticate"] == "'Bearer'"


@pytest.mark.parametrize("role", ROLES)
def test_a_preflight_allows_the_authorization_header(plan: Plan, signed_in: Plan, role: str) -> None:
    name = "method.response.header.Access-Control-Allow-Headers"
    for each, expected in ((plan, "'Content-Type'"), (signed_in, "'Authorization,Content-Type'")):
        answers = in_region(each, "aws_api_gateway_integration_response", role)
        assert {body["response_parameters"][name] for body in answers} == {expected}


def test_the_manifest_names_the_issuer_the_function_and_the_schedule(plan: Plan, signed_in: Plan) -> None:
    def manifest(of: Plan) -> str:
        found = [body for body in in_region(of, "aws_ssm_parameter", "primary") if body["name"].endswith("/manifest")]
        return str(only(found)["insecure_value"])

    assert '"issuer" = "https://login.example.com/tenant"' in manifest(signed_in)
    assert "chatbot-authorizer" in manifest(signed_in)
    assert "chatbot-issuer-keys" in manifest(signed_in)
    assert "issuer" not in manifest(plan)

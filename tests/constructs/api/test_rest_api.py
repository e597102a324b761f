"""The REST API: routes, validation, CORS, throttling, logs and error responses."""

import json

import pytest

from tests.constructs.helpers import render, without_hash
from tests.constructs.plan import (
    ROLES,
    Json,
    Plan,
    Synthesize,
    default_settings,
    everything,
    functions,
    in_region,
    only,
    resources,
)
from tests.constructs.variants import CHANGED

ORIGIN = "https://d111111abcdef8.cloudfront.net"
CONTRACT = {
    ("POST", "docs"),
    ("POST", "upload"),
    ("GET", "ingestion-status"),
    ("GET", "health"),
    ("GET", "documents"),
    ("DELETE", "documents/{id}"),
    ("GET", "documents/{id}/content"),
}


def path_of(plan: Plan, body: Json) -> str:
    name = body["resource_id"].removeprefix("${aws_api_gateway_resource.").removesuffix(".id}")
    return full_path(plan, name)


def full_path(plan: Plan, name: str) -> str:
    body = resources(plan, "aws_api_gateway_resource")[name]
    parent = body["parent_id"].removeprefix("${aws_api_gateway_resource.").removesuffix(".id}")
    known = parent in resources(plan, "aws_api_gateway_resource")
    return f"{full_path(plan, parent)}/{body['path_part']}" if known else str(body["path_part"])


def methods(plan: Plan, role: str) -> dict[tuple[str, str], Json]:
    return {
        (body["http_method"], path_of(plan, body)): body for body in in_region(plan, "aws_api_gateway_method", role)
    }


@pytest.mark.parametrize("role", ROLES)
def test_the_api_has_the_routes_of_the_contract_each_with_its_preflight(plan: Plan, role: str) -> None:
    assert set(methods(plan, role)) == CONTRACT | {("OPTIONS", path) for _, path in CONTRACT}


@pytest.mark.parametrize("role", ROLES)
def test_each_route_is_answered_by_its_function_in_its_own_region(plan: Plan, role: str) -> None:
    answered = {
        path_of(plan, body): body["uri"]
        for body in in_region(plan, "aws_api_gateway_integration", role)
        if body["type"] == "AWS_PROXY"
    }
    names = {"docs": "query", "upload": "upload", "ingestion-status": "ingestion_status", "health": "health"}
    names |= {path: "documents" for _, path in CONTRACT if path.startswith("documents")}
    assert set(answered) == set(names)
    for path, uri in answered.items():
        assert f":apigateway:{plan.region(role)}:lambda:path/2015-03-31/functions/" in uri
        address = without_hash(uri).split("${")[1].split("}")[0]
        assert address == f"aws_lambda_function.{role}_functions_{names[path]}_function.arn"


@pytest.mark.parametrize("role", ROLES)
def test_api_gateway_may_invoke_each_function_for_its_route_and_no_other(plan: Plan, role: str) -> None:
    sources = {
        render(plan, body["source_arn"]).split("a1b2c3d4e5/*/")[1]
        for body in in_region(plan, "aws_lambda_permission", role)
        if body["principal"] == "apigateway.amazonaws.com"
    }
    assert sources == {f"{method}/{path.replace('{id}', '*')}" for method, path in CONTRACT}


@pytest.mark.parametrize("role", ROLES)
def test_bodies_of_any_content_type_are_validated(plan: Plan, role: str) -> None:
    models = resources(plan, "aws_api_gateway_model")
    validator = only(in_region(plan, "aws_api_gateway_request_validator", role))
    assert validator["validate_request_body"] is True
    required = {}
    for (method, path), body in methods(plan, role).items():
        if method == "POST":
            assert "aws_api_gateway_request_validator." in body["request_validator_id"]
            model = body["request_models"]["$default"].removeprefix("${aws_api_gateway_model.").removesuffix(".name}")
            required[path] = json.loads(models[model]["schema"])["required"]
    assert required == {"docs": ["question"], "upload": ["fileName", "fileType"]}


@pytest.mark.parametrize("role", ROLES)
def test_the_preflight_allows_the_site_s_origin_and_the_route_s_method(plan: Plan, role: str) -> None:
    answers = in_region(plan, "aws_api_gateway_integration_response", role)
    assert len(answers) == len(CONTRACT)
    allowed = {path: method for method, path in CONTRACT}
    for body in answers:
        sent = {
            name.removeprefix("method.response.header."): render(plan, value)
            for name, value in body["response_parameters"].items()
        }
        assert sent["Access-Control-Allow-Origin"] == f"'{ORIGIN}'"
        assert allowed[path_of(plan, body)] in sent["Access-Control-Allow-Methods"].strip("'").split(",")
        assert sent["Access-Control-Allow-Headers"] == "'Content-Type'"
        assert sent["Vary"] == "'Origin'"


@pytest.mark.parametrize("role", ROLES)
def test_gateway_responses_have_the_format_of_our_errors_and_cors_headers(plan: Plan, role: str) -> None:
    answers = {body["response_type"]: body for body in in_region(plan, "aws_api_gateway_gateway_response", role)}
    assert {"DEFAULT_4XX", "DEFAULT_5XX", "BAD_REQUEST_BODY", "THROTTLED", "MISSING_AUTHENTICATION_TOKEN"} <= set(
        answers
    )
    for body in answers.values():
        error = json.loads(body["response_templates"]["application/json"])["error"]
        assert set(error) == {"code", "message"}
        origin = body["response_parameters"]["gatewayresponse.header.Access-Control-Allow-Origin"]
        assert render(plan, origin) == f"'{ORIGIN}'"
        assert body["response_parameters"]["gatewayresponse.header.Vary"] == "'Origin'"
    statuses = {name: body.get("status_code") for name, body in answers.items()}
    assert (statuses["BAD_REQUEST_BODY"], statuses["THROTTLED"], statuses["DEFAULT_5XX"]) == ("400", "429", None)


@pytest.mark.parametrize("role", ROLES)
def test_the_stage_is_throttled_traced_and_logs_json_without_bodies(plan: Plan, role: str) -> None:
    stage = only(in_region(plan, "aws_api_gateway_stage", role))
    assert (stage["stage_name"], stage["xray_tracing_enabled"]) == ("prod", True)
    assert set(json.loads(stage["access_log_settings"]["format"])) >= {"requestId", "status", "path", "latencyMs", "ip"}
    assert "body" not in stage["access_log_settings"]["format"].lower()
    assert "aws_cloudwatch_log_group." in stage["access_log_settings"]["destination_arn"]
    limits = only(in_region(plan, "aws_api_gateway_method_settings", role))
    assert limits["method_path"] == "*/*"
    assert limits["settings"]["throttling_rate_limit"] == 100
    assert limits["settings"]["throttling_burst_limit"] == 200
    assert limits["settings"].get("data_trace_enabled", False) is False
    assert resources(plan, "aws_api_gateway_usage_plan") == {}


def test_the_throttle_is_a_setting(synthesize: Synthesize) -> None:
    plan = synthesize(CHANGED)
    limits = [body["settings"] for body in resources(plan, "aws_api_gateway_method_settings").values()]
    assert [(limit["throttling_rate_limit"], limit["throttling_burst_limit"]) for limit in limits] == [(7, 9)] * 2


@pytest.mark.parametrize("role", ROLES)
def test_api_gateway_may_log_in_each_region_before_its_stage_does(plan: Plan, role: str) -> None:
    account = only(in_region(plan, "aws_api_gateway_account", role))
    assert "aws_iam_role_policy." in only(account["depends_on"])
    assert "aws_api_gateway_account." in only(only(in_region(plan, "aws_api_gateway_stage", role))["depends_on"])


def test_the_account_s_own_logging_role_is_not_replaced_if_the_setting_is_false(
    synthesize: Synthesize, plan: Plan
) -> None:
    other = synthesize(default_settings(operations={"api_gateway_account": False}))
    gone = set(everything(plan)) - set(everything(other))
    assert {address.partition(".")[0] for address in gone} == {
        "aws_api_gateway_account",
        "aws_iam_role",
        "aws_iam_role_policy",
    }
    assert len(gone) == 6
    assert set(everything(other)) <= set(everything(plan))
    for role in ROLES:
        stage = only(in_region(other, "aws_api_gateway_stage", role))
        assert stage["access_log_settings"]
        assert "aws_api_gateway_account" not in json.dumps(stage)


def test_the_integration_waits_as_long_as_the_slowest_function_takes(plan: Plan) -> None:
    slowest = max(body["timeout"] for name, body in functions(plan, "primary").items() if name != "ingest")
    waits = [
        body.get("timeout_milliseconds", 29_000) for body in in_region(plan, "aws_api_gateway_integration", "primary")
    ]
    assert min(waits) >= slowest * 1000

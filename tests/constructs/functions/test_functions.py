"""The six functions of each region, each with the environment variables that its package reads."""

import importlib
import inspect
import json
import re
import sys
import zipfile
from collections.abc import Iterator

import pytest

from tests.constructs.helpers import render
from tests.constructs.plan import FUNCTIONS, ROLES, Json, Plan, Synthesize, functions, in_region, only, resources
from tests.constructs.variants import CHANGED

ALL = [(role, name) for role in ROLES for name in FUNCTIONS]


class Recorder(dict[str, str]):
    """Environment variables that record which of them were read."""

    def __init__(self, variables: dict[str, str]) -> None:
        super().__init__(variables)
        self.read: set[str] = set()

    def get(self, key: str, default: object = None) -> str:
        self.read.add(key)
        return super().get(key, str(default))


@pytest.fixture
def function(request: pytest.FixtureRequest, plan: Plan) -> Json:
    role, name = request.param
    return functions(plan, role)[name]


@pytest.fixture
def fresh_modules() -> Iterator[None]:
    """Import handlers as a cold start does, and remove them afterward, so that other tests import their own."""
    handlers = [f"{name}.handler" for name in FUNCTIONS]
    for handler in handlers:
        sys.modules.pop(handler, None)
    yield
    for handler in handlers:
        sys.modules.pop(handler, None)


def variables(plan: Plan, body: Json) -> dict[str, str]:
    return {name: render(plan, value) for name, value in body["environment"]["variables"].items()}


def log_group(plan: Plan, body: Json) -> Json:
    name = body["logging_config"]["log_group"].removeprefix("${aws_cloudwatch_log_group.").removesuffix(".name}")
    return resources(plan, "aws_cloudwatch_log_group")[name]


@pytest.mark.parametrize("role", ROLES)
def test_each_region_has_the_functions(plan: Plan, role: str) -> None:
    assert sorted(functions(plan, role)) == list(FUNCTIONS)


def test_every_function_has_a_role_of_its_own(plan: Plan) -> None:
    roles = [body["role"] for role in ROLES for body in functions(plan, role).values()]
    assert len(set(roles)) == len(roles) == 12
    known = {f"${{aws_iam_role.{name}.arn}}" for name in resources(plan, "aws_iam_role")}
    assert set(roles) <= known


@pytest.mark.parametrize("function", ALL, indirect=True)
def test_a_function_is_traced_on_arm_and_logs_json(function: Json) -> None:
    assert function["tracing_config"] == {"mode": "Active"}
    assert function["architectures"] == ["arm64"]
    assert function["logging_config"]["log_format"] == "JSON"
    assert re.fullmatch(r"python3\.1[2-4]", function["runtime"])


@pytest.mark.parametrize("function", ALL, indirect=True)
def test_a_function_logs_to_its_own_log_group_that_is_created_before_it(plan: Plan, function: Json) -> None:
    group = log_group(plan, function)
    assert group["name"] == f"/aws/lambda/{function['function_name']}"
    assert group["provider"] == function["provider"]
    assert group["retention_in_days"] == 30


@pytest.mark.parametrize("function", ALL, indirect=True)
def test_a_function_is_created_after_its_permissions(plan: Plan, function: Json) -> None:
    policies = [address.split(".")[1] for address in function["depends_on"] if "aws_iam_role_policy" in address]
    of = {resources(plan, "aws_iam_role_policy")[name]["role"].replace(".name}", ".arn}") for name in policies}
    assert of == {function["role"]}


def test_the_log_retention_is_a_setting(synthesize: Synthesize) -> None:
    plan = synthesize(CHANGED)
    groups = resources(plan, "aws_cloudwatch_log_group").values()
    assert len(groups) == 14
    assert {group["retention_in_days"] for group in groups} == {7}


@pytest.mark.parametrize("function", ALL, indirect=True)
def test_a_function_gets_exactly_the_variables_that_its_package_reads(plan: Plan, function: Json) -> None:
    package = function["handler"].partition(".")[0]
    given = variables(plan, function)
    environment = importlib.import_module("shared.environment").Environment
    recorder = Recorder({**given, "AWS_REGION": plan.region(function["provider"].removeprefix("aws."))})
    importlib.import_module(f"{package}.settings").Settings.read(environment(variables=recorder))
    assert recorder.read - {"AWS_REGION", "DEEP_CHECK_AUTHORIZER"} == set(given)


@pytest.mark.parametrize("function", [("primary", name) for name in FUNCTIONS], indirect=True)
def test_a_handler_starts_with_the_variables_of_the_stack(
    plan: Plan, function: Json, fresh_modules: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {**variables(plan, function), "AWS_REGION": "us-west-2"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    module, _, name = function["handler"].rpartition(".")
    handler = getattr(importlib.import_module(module), name)
    assert list(inspect.signature(handler).parameters) == ["event", "context"]


@pytest.mark.parametrize("function", ALL, indirect=True)
def test_the_archive_is_at_the_path_of_the_plan_and_has_the_handler(plan: Plan, function: Json) -> None:
    path = plan.directory / function["filename"]
    with zipfile.ZipFile(path) as archive:
        assert f"{function['handler'].rpartition('.')[0].replace('.', '/')}.py" in archive.namelist()
        assert "shared/environment.py" in archive.namelist()
    assert function["source_code_hash"] == f'${{filebase64sha256("{function["filename"]}")}}'


def test_the_settings_reach_the_functions(synthesize: Synthesize) -> None:
    plan = synthesize(CHANGED)
    allowed = '["us.anthropic.claude-x-v1:0", "amazon.nova-lite-v1:0", "global.anthropic.claude-y-v1:0"]'
    for role in ROLES:
        named = {name: variables(plan, body) for name, body in functions(plan, role).items()}
        assert named["query"]["ANSWER_MODEL_ID"] == named["health"]["ANSWER_MODEL_ID"] == "us.anthropic.claude-x-v1:0"
        assert named["query"]["ALLOWED_MODEL_IDS"] == allowed
        assert named["upload"]["MAX_UPLOAD_BYTES"] == str(2 * 1024 * 1024)
        assert named["upload"]["UPLOAD_TYPES"] == '{".md": "text/markdown", ".pdf": "application/pdf"}'


@pytest.mark.parametrize("role", ROLES)
def test_the_function_that_lists_whole_buckets_has_a_whole_cpu(plan: Plan, role: str) -> None:
    """Source: docs.aws.amazon.com, Lambda, "Configure Lambda function memory": one vCPU at 1,769 MB."""
    assert functions(plan, role)["ingest"]["memory_size"] >= 1769


@pytest.mark.parametrize("role", ROLES)
def test_no_function_behind_the_api_may_run_longer_than_api_gateway_waits(plan: Plan, role: str) -> None:
    """Source: docs.aws.amazon.com, API Gateway, "Quotas for configuring and running a REST API": 29 seconds."""
    timeouts = {name: body["timeout"] for name, body in functions(plan, role).items() if name != "ingest"}
    assert {name: seconds for name, seconds in timeouts.items() if seconds > 29} == {}


def test_every_permission_to_invoke_a_function_has_one_source_in_its_own_region(plan: Plan) -> None:
    permissions = list(resources(plan, "aws_lambda_permission").values())
    assert len(permissions) == 20
    for body in permissions:
        region = plan.region(body["provider"].removeprefix("aws."))
        assert body["principal"] in {"apigateway.amazonaws.com", "events.amazonaws.com"}
        assert re.fullmatch(rf"arn:aws:(execute-api|events):{region}:111122223333:.+", render(plan, body["source_arn"]))


@pytest.mark.parametrize("role", ROLES)
def test_query_gets_the_messages_of_its_guardrail(plan: Plan, role: str) -> None:
    guardrail = only(in_region(plan, "aws_bedrock_guardrail", role))
    blocked = json.loads(variables(plan, functions(plan, role)["query"])["BLOCKED_MESSAGES"])
    assert blocked == [guardrail["blocked_input_messaging"], guardrail["blocked_outputs_messaging"]]

"""The schedules of the sweep, of the health check and of the readiness check."""

import pytest

from health.readiness import ReadinessCheck
from tests.constructs.helpers import ACCOUNT, render, render_json, without_hash
from tests.constructs.plan import ROLES, Plan, Synthesize, default_settings, in_region, resources
from tests.constructs.variants import CHANGED


def schedules(plan: Plan, role: str) -> dict[str, tuple[str, str]]:
    targets = {without_hash(body["rule"]): body for body in in_region(plan, "aws_cloudwatch_event_target", role)}
    found = {}
    for name, rule in resources(plan, "aws_cloudwatch_event_rule").items():
        if rule["provider"] == f"aws.{role}":
            target = targets[f"${{aws_cloudwatch_event_rule.{without_hash(name)}.name}}"]
            function = without_hash(target["arn"]).removeprefix(f"${{aws_lambda_function.{role}_functions_")
            found[rule["name"]] = (rule["schedule_expression"], function.removesuffix("_function.arn}"))
    return found


@pytest.mark.parametrize("role", ROLES)
def test_the_sweep_the_health_check_and_the_readiness_check_have_their_intervals(plan: Plan, role: str) -> None:
    assert schedules(plan, role) == {
        "chatbot-sweep": ("rate(5 minutes)", "ingest"),
        "chatbot-health-check": ("rate(1 minute)", "health"),
        "chatbot-readiness-check": ("rate(60 minutes)", "health"),
    }


def test_the_rates_are_settings_in_eventbridge_s_grammar(synthesize: Synthesize, plan: Plan) -> None:
    """Source: docs.aws.amazon.com, EventBridge, "Creating a rule that runs on a schedule", "Rate expressions"."""
    each_minute = synthesize(CHANGED)
    assert [schedules(each_minute, role)["chatbot-sweep"][0] for role in ROLES] == ["rate(1 minute)"] * 2
    assert [schedules(plan, role)["chatbot-sweep"][0] for role in ROLES] == ["rate(5 minutes)"] * 2
    assert [schedules(each_minute, role)["chatbot-readiness-check"][0] for role in ROLES] == ["rate(3 minutes)"] * 2


@pytest.mark.parametrize("role", ROLES)
def test_eventbridge_may_invoke_the_scheduled_functions(plan: Plan, role: str) -> None:
    sources = {
        render(plan, body["source_arn"])
        for body in in_region(plan, "aws_lambda_permission", role)
        if body["principal"] == "events.amazonaws.com"
    }
    prefix = f"arn:aws:events:{plan.region(role)}:{ACCOUNT}:rule/"
    assert sources == {f"{prefix}chatbot-{name}" for name in ("sweep", "health-check", "readiness-check")}


@pytest.mark.parametrize("role", ROLES)
def test_the_scheduled_health_check_sends_an_api_gateway_event(plan: Plan, role: str) -> None:
    targets = {body["target_id"]: body for body in in_region(plan, "aws_cloudwatch_event_target", role)}
    event = render_json(plan, targets["health-check"]["input"])
    assert (event["httpMethod"], event["path"]) == ("GET", "/health")
    assert "input" not in targets["sweep"]  # ingest recognizes EventBridge's own event by its source


@pytest.mark.parametrize("role", ROLES)
def test_the_readiness_check_asks_the_api_of_its_own_region_with_an_accepted_type_of_file(
    plan: Plan, role: str
) -> None:
    targets = {body["target_id"]: body for body in in_region(plan, "aws_cloudwatch_event_target", role)}
    check = ReadinessCheck.read(render_json(plan, targets["readiness-check"]["input"]))
    assert check.api_url == f"https://a1b2c3d4e5.execute-api.{plan.region(role)}.amazonaws.com/prod/"
    assert f"aws_api_gateway_rest_api.{role}_api" in targets["readiness-check"]["input"]
    extension = check.file_name.removeprefix("readiness-check")
    assert default_settings().documents.content_types[extension] == check.file_type

"""The schedules of the sweep and of the health check."""

import pytest

from tests.constructs.helpers import ACCOUNT, render, render_json, without_hash
from tests.constructs.plan import ROLES, Plan, Synthesize, in_region, resources
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
def test_the_bucket_is_swept_every_five_minutes_and_health_checked_every_minute(plan: Plan, role: str) -> None:
    assert schedules(plan, role) == {
        "chatbot-sweep": ("rate(5 minutes)", "ingest"),
        "chatbot-health-check": ("rate(1 minute)", "health"),
    }


def test_the_sweep_s_rate_is_a_setting_in_eventbridge_s_grammar(synthesize: Synthesize, plan: Plan) -> None:
    """Source: docs.aws.amazon.com, EventBridge, "Creating a rule that runs on a schedule", "Rate expressions"."""
    each_minute = synthesize(CHANGED)
    assert [schedules(each_minute, role)["chatbot-sweep"][0] for role in ROLES] == ["rate(1 minute)"] * 2
    assert [schedules(plan, role)["chatbot-sweep"][0] for role in ROLES] == ["rate(5 minutes)"] * 2


@pytest.mark.parametrize("role", ROLES)
def test_eventbridge_may_invoke_the_scheduled_functions(plan: Plan, role: str) -> None:
    sources = {
        render(plan, body["source_arn"])
        for body in in_region(plan, "aws_lambda_permission", role)
        if body["principal"] == "events.amazonaws.com"
    }
    prefix = f"arn:aws:events:{plan.region(role)}:{ACCOUNT}:rule/"
    assert sources == {f"{prefix}chatbot-sweep", f"{prefix}chatbot-health-check"}


@pytest.mark.parametrize("role", ROLES)
def test_the_scheduled_health_check_sends_an_api_gateway_event(plan: Plan, role: str) -> None:
    targets = {body["target_id"]: body for body in in_region(plan, "aws_cloudwatch_event_target", role)}
    event = render_json(plan, targets["health-check"]["input"])
    assert (event["httpMethod"], event["path"]) == ("GET", "/health")
    assert "input" not in targets["sweep"]  # ingest recognizes EventBridge's own event by its source

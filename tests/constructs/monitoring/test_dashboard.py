"""The dashboard shows the functions, queues and health of its own region."""

import json

import pytest

from tests.constructs.helpers import render
from tests.constructs.plan import ROLES, Plan, functions, in_region, only


@pytest.mark.parametrize("role", ROLES)
def test_the_dashboard_shows_its_own_region_s_functions_queues_and_health(plan: Plan, role: str) -> None:
    dashboard = only(in_region(plan, "aws_cloudwatch_dashboard", role))
    widgets = json.loads(dashboard["dashboard_body"])["widgets"]
    assert dashboard["dashboard_name"].endswith(plan.region(role))  # dashboards belong to the account, not to a region
    assert {widget["properties"]["region"] for widget in widgets} == {plan.region(role)}
    shown = render(plan, json.dumps(widgets))
    for body in functions(plan, role).values():
        assert f'"{body["function_name"]}"' in shown
    for queue in in_region(plan, "aws_sqs_queue", role):
        assert f'"{queue["name"]}"' in shown
    assert "healthy-percent" in shown
    places = [(widget["x"], widget["y"]) for widget in widgets]
    assert len(set(places)) == len(places)

"""A new deployment of the REST API happens when its definition changes, and only then."""

import dataclasses

import pytest

from tests.constructs.helpers import render
from tests.constructs.plan import ROLES, Plan, Synthesize, default_settings, in_region, only, resources
from tests.constructs.variants import CHANGED, LONGEST, SAME_API
from warm_standby.api import definition
from warm_standby.api.definition import GATEWAY_RESPONSES, ROUTES, definition_digest

DEPLOYED = ("method", "integration", "method_response", "integration_response", "model", "gateway_response")


def trigger(plan: Plan) -> list[dict[str, str]]:
    return [
        {
            key: render(plan, value)
            for key, value in only(in_region(plan, "aws_api_gateway_deployment", role))["triggers"].items()
        }
        for role in ROLES
    ]


@pytest.mark.parametrize("role", ROLES)
def test_the_deployment_waits_for_everything_that_it_publishes(plan: Plan, role: str) -> None:
    deployment = only(in_region(plan, "aws_api_gateway_deployment", role))
    parts = {
        f"aws_api_gateway_{kind}.{name}"
        for kind in DEPLOYED
        for name, body in resources(plan, f"aws_api_gateway_{kind}").items()
        if body["provider"] == f"aws.{role}"
    }
    assert len(parts) == 8 + 8 + 4 + 4 + 2 + 5
    assert set(deployment["depends_on"]) == parts
    assert deployment["lifecycle"] == {"create_before_destroy": True}


def test_only_the_api_and_the_origin_make_a_new_deployment(synthesize: Synthesize, plan: Plan) -> None:
    assert trigger(synthesize(SAME_API)) == trigger(plan)


def test_another_origin_makes_a_new_deployment(synthesize: Synthesize, plan: Plan) -> None:
    for before, after in zip(trigger(plan), trigger(synthesize(CHANGED)), strict=True):
        assert {key for key in before if before[key] != after[key]} == {"site_origin"}
        assert after["site_origin"] == "*"


def test_renamed_functions_make_a_new_deployment(synthesize: Synthesize, plan: Plan) -> None:
    """The old deployment would still call the functions with the old names, which no longer exist."""
    for before, after in zip(trigger(plan), trigger(synthesize(LONGEST)), strict=True):
        assert before["functions"] != after["functions"]


@pytest.mark.parametrize(
    "field, value",
    [
        ("method", "PUT"),
        ("path", "x"),
        ("function", "x"),
        ("schema", {"a": 1}),
        ("authorization", "AWS_IAM"),
        ("authorizer_id", "a1b2c3"),
        ("integration", "AWS"),
    ],
)
def test_any_change_of_a_route_changes_the_digest(monkeypatch: pytest.MonkeyPatch, field: str, value: object) -> None:
    before = definition_digest(sign_in=False)
    changed = dataclasses.replace(ROUTES[0], **{field: value})  # type: ignore[arg-type] # each value fits its field
    monkeypatch.setattr(definition, "ROUTES", (changed, *ROUTES[1:]))
    assert definition_digest(sign_in=False) != before


@pytest.mark.parametrize("what", ["PREFLIGHT", "PREFLIGHT_HEADERS", "VALIDATION", "GATEWAY_RESPONSE_HEADERS"])
def test_any_change_of_the_data_that_all_routes_share_changes_the_digest(
    monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    before = definition_digest(sign_in=False)
    monkeypatch.setattr(definition, what, {**getattr(definition, what), "more": "x"})
    assert definition_digest(sign_in=False) != before


def test_an_authorizer_of_a_route_is_deployed(
    monkeypatch: pytest.MonkeyPatch, synthesize: Synthesize, plan: Plan
) -> None:
    guarded = (dataclasses.replace(ROUTES[0], authorization="AWS_IAM"), *ROUTES[1:])
    monkeypatch.setattr(definition, "ROUTES", guarded)

    changed = synthesize(default_settings(), fresh=True)
    authorized = [body["authorization"] for body in resources(changed, "aws_api_gateway_method").values()]
    assert authorized.count("AWS_IAM") == len(ROLES)
    for before, after in zip(trigger(plan), trigger(changed), strict=True):
        assert before["definition"] != after["definition"]


@pytest.mark.parametrize("field", ["response_type", "status_code", "code", "message"])
def test_any_change_of_a_gateway_response_changes_the_digest(monkeypatch: pytest.MonkeyPatch, field: str) -> None:
    before = definition_digest(sign_in=False)
    changed = dataclasses.replace(GATEWAY_RESPONSES[0], **{field: "changed"})
    monkeypatch.setattr(definition, "GATEWAY_RESPONSES", (changed, *GATEWAY_RESPONSES[1:]))
    assert definition_digest(sign_in=False) != before


def test_a_changed_schema_makes_a_new_deployment(
    synthesize: Synthesize, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    schema = {**dict(ROUTES[0].schema or {}), "required": ["question", "modelId"]}
    changed = (dataclasses.replace(ROUTES[0], schema=schema), *ROUTES[1:])
    monkeypatch.setattr(definition, "ROUTES", changed)

    after = synthesize(default_settings(), fresh=True)
    assert all(new != old for new, old in zip(trigger(after), trigger(plan), strict=True))

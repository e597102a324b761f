"""config.json: Terraform creates it once."""

import pytest

from tests.constructs.helpers import render_json
from tests.constructs.plan import ROLES, Plan, Synthesize, in_region, only
from tests.constructs.variants import CHANGED


@pytest.mark.parametrize("role", ROLES)
def test_config_json_is_created_once_and_then_left_to_the_operator(plan: Plan, role: str) -> None:
    config = only(body for body in in_region(plan, "aws_s3_object", role) if body["key"] == "config.json")
    assert config["lifecycle"] == {"ignore_changes": "all"}
    assert config["cache_control"] == "no-store"
    assert config["content_type"] == "application/json"
    assert render_json(plan, config["content"].replace("plantimestamp()", '"2026-11-24T00:00:00Z"')) == {
        "apiUrl": f"https://a1b2c3d4e5.execute-api.{plan.region('primary')}.amazonaws.com/prod/",
        "fallbackApiUrl": f"https://a1b2c3d4e5.execute-api.{plan.region('failover')}.amazonaws.com/prod/",
        "region": plan.region("primary"),
        "role": "primary",
        "generation": 1,
        "updatedAt": "2026-11-24T00:00:00Z",
    }


def test_without_the_fallback_config_json_has_one_api_only(synthesize: Synthesize) -> None:
    plan = synthesize(CHANGED)
    for role in ROLES:
        config = only(body for body in in_region(plan, "aws_s3_object", role) if body["key"] == "config.json")
        assert "fallbackApiUrl" not in config["content"]
    assert render_json(plan, plan.document["output"]["manifest"]["value"])["site"]["apiFallback"] is False

"""The guardrail's filters."""

import pytest

from tests.constructs.plan import ROLES, Plan, in_region, only


@pytest.mark.parametrize("role", ROLES)
def test_the_guardrail_filters_harm_both_ways_and_prompt_attacks_in_questions(plan: Plan, role: str) -> None:
    content = only(only(in_region(plan, "aws_bedrock_guardrail", role))["content_policy_config"])
    strengths = {body["type"]: (body["input_strength"], body["output_strength"]) for body in content["filters_config"]}
    assert strengths.pop("PROMPT_ATTACK") == ("HIGH", "NONE")
    assert set(strengths) == {"HATE", "INSULTS", "MISCONDUCT", "SEXUAL", "VIOLENCE"}
    assert set(strengths.values()) == {("HIGH", "HIGH")}

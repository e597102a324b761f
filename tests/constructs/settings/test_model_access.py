"""How many models may be allowed: what the settings accept fits into IAM's policy and Lambda's environment."""

import json
from pathlib import Path

import pytest

from tests.constructs.helpers import render
from tests.constructs.plan import ROLES, Plan, Synthesize, default_settings, functions, resources
from tests.constructs.variants import LONGEST
from warm_standby.settings import Settings, SettingsError
from warm_standby.settings.model_access import OTHER_ENVIRONMENT_BYTES, OTHER_POLICY_CHARACTERS

# Sources: docs.aws.amazon.com, IAM, "IAM and AWS STS quotas"; Lambda, "Lambda quotas".
INLINE_POLICY_CHARACTERS = 10_240
ENVIRONMENT_BYTES = 4_096
REGIONS = ["us-east-1", "us-east-2", "us-west-2"]


def accepted(models: list[str]) -> Settings | None:
    try:
        return default_settings(answers={"allowed_models": models, "profile_regions": REGIONS})
    except ValueError:
        return None


def most(form: str) -> tuple[int, Settings]:
    """Return how many models of this form of ID the settings accept, and these settings."""
    count, settings = 0, default_settings()
    while found := accepted([form.format(number) for number in range(count + 1)]):
        count, settings = count + 1, found
    return count, settings


def policies(plan: Plan) -> dict[str, int]:
    """Return the size of each role's inline policies, without white space, as IAM counts."""
    sizes: dict[str, int] = {}
    for body in resources(plan, "aws_iam_role_policy").values():
        document = json.loads(render(plan, body["policy"]))
        sizes[body["role"]] = sizes.get(body["role"], 0) + len(json.dumps(document, separators=(",", ":")))
    return sizes


def environments(plan: Plan) -> dict[str, int]:
    """Return the size in bytes of each function's environment, keys and values."""
    found = {}
    for role in ROLES:
        for name, body in functions(plan, role).items():
            variables = body["environment"]["variables"]
            found[f"{role} {name}"] = sum(
                len(key) + len(render(plan, text).encode()) for key, text in variables.items()
            )
    return found


@pytest.mark.parametrize(
    "form",
    [
        "us.anthropic.claude-model-{:03}-20260101-v1:0",
        "anthropic.claude-model-{:03}-20260101-v1:0",
        "global.x.{:03}" + "y" * 100,
    ],
)
def test_the_most_models_that_are_accepted_fit(synthesize: Synthesize, form: str) -> None:
    count, settings = most(form)
    plan = synthesize(settings)
    largest = max(policies(plan).values()), max(environments(plan).values())
    assert count >= 15
    assert largest[0] <= INLINE_POLICY_CHARACTERS
    assert largest[1] <= ENVIRONMENT_BYTES
    # And nearly all of one of the two is used: the rule is not narrower than it has to be.
    assert largest[0] > INLINE_POLICY_CHARACTERS - 2_500 or largest[1] > ENVIRONMENT_BYTES - 1_200


def test_what_is_kept_for_the_rest_is_enough_for_the_longest_names(synthesize: Synthesize) -> None:
    plan = synthesize(LONGEST)
    models = len(json.dumps(plan.settings.answers.models))
    query = [body for body in resources(plan, "aws_iam_role_policy").values() if "functions_query" in body["role"]]
    for body in query:
        statements = json.loads(render(plan, body["policy"]))["Statement"]
        rest = [statement for statement in statements if not statement["Sid"].startswith("Answer")]
        longest = len(json.dumps(rest, separators=(",", ":"))) + 400  # the two other statements without their ARNs
        assert longest <= OTHER_POLICY_CHARACTERS
    assert len(query) == 2
    used = {name: size for name, size in environments(plan).items() if name.endswith(" query")}
    assert max(used.values()) - models <= OTHER_ENVIRONMENT_BYTES


@pytest.mark.parametrize(
    "form, said",
    [
        ("us.anthropic.claude-model-{:03}-20260101-v1:0", "characters in the role's policy"),
        ("anthropic.claude-model-{:03}-20260101-v1:0", "bytes in the function's environment"),
    ],
)
def test_one_more_is_refused_with_the_limit(tmp_path: Path, form: str, said: str) -> None:
    models = [form.format(number) for number in range(most(form)[0] + 1)]
    file = tmp_path / "standby.toml"
    file.write_text(f'name = "chatbot"\nanswers = {{allowed_models = {json.dumps(models)}}}')
    with pytest.raises(SettingsError) as refused:
        Settings.load(file)
    assert str(refused.value).startswith(f"{file}: answers.allowed_models = [")
    assert said in str(refused.value)
    assert str(refused.value).endswith(" are free: list fewer models or profile_regions")

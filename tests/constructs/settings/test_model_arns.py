"""The ARNs that a function may invoke, and how many models fit, without a synthesis."""

import pytest

from warm_standby.settings.model_access import exceeded_limit, foundation_model_arns, profile_arn

PROFILE_REGIONS = ("us-east-1", "us-west-2")


@pytest.mark.parametrize(
    "model, arns",
    [
        ("a.b-v1:0", ["arn:aws:bedrock:eu-west-1::foundation-model/a.b-v1:0"]),
        (
            "global.a.b",
            ["arn:aws:bedrock:eu-west-1::foundation-model/a.b", "arn:aws:bedrock:::foundation-model/a.b"],
        ),
        (
            "us.a.us.b",
            [
                "arn:aws:bedrock:us-east-1::foundation-model/a.us.b",
                "arn:aws:bedrock:us-west-2::foundation-model/a.us.b",
                "arn:aws:bedrock:eu-west-1::foundation-model/a.us.b",
            ],
        ),
    ],
)
def test_a_model_is_named_in_each_region_that_may_run_it(model: str, arns: list[str]) -> None:
    assert foundation_model_arns(model, region="eu-west-1", profile_regions=PROFILE_REGIONS) == arns


def test_a_region_that_a_profile_names_is_listed_once() -> None:
    found = foundation_model_arns("us.a.b", region="us-east-1", profile_regions=PROFILE_REGIONS)
    assert found == [f"arn:aws:bedrock:{region}::foundation-model/a.b" for region in PROFILE_REGIONS]


def test_a_profile_is_named_with_region_and_account() -> None:
    found = profile_arn("us.a.b", region="us-east-1", account="111122223333")
    assert found == "arn:aws:bedrock:us-east-1:111122223333:inference-profile/us.a.b"


def _model(characters: int, prefix: str = "") -> str:
    return f"{prefix}a.{'b' * (characters - 2)}"


def test_the_models_may_take_2944_bytes_of_the_environment() -> None:
    """Of its 4,096 bytes, 1,152 are for the other variables. As JSON, each model takes four bytes more than its ID."""
    fits = [_model(124) for _ in range(23)]
    assert exceeded_limit(fits, region="us-east-1", profile_regions=()) == ""
    assert exceeded_limit([*fits[:-1], _model(125)], region="us-east-1", profile_regions=()) == (
        "23 models need 2945 bytes in the function's environment, and 2944 are free: list fewer models or "
        "profile_regions"
    )


def test_the_arns_may_take_8192_characters_of_the_policy() -> None:
    """Of its 10,240 characters, 2,048 are for the other statements."""
    regions = [f"us-east-{number:02}" for number in range(100)]
    fits, more = (
        exceeded_limit([_model(29, "us.")], region="us-east-1", profile_regions=[*regions, "x" * characters])
        for characters in (256, 257)
    )
    assert fits == ""
    assert more == (
        "1 models need 8193 characters in the role's policy, and 8192 are free: list fewer models or profile_regions"
    )

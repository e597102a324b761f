"""The ARNs that a function needs to invoke the models, and whether they fit into its policy and its environment."""

import json
from collections.abc import Iterable, Sequence
from typing import Final

from warm_standby.settings.validators import geography

# Source: docs.aws.amazon.com, IAM, "IAM and AWS STS quotas": inline policies of a role, without white space.
_POLICY_CHARACTERS: Final = 10_240
# Source: docs.aws.amazon.com, Lambda, "Lambda quotas": environment variables, in bytes.
_ENVIRONMENT_BYTES: Final = 4_096
OTHER_POLICY_CHARACTERS: Final = 2_048
OTHER_ENVIRONMENT_BYTES: Final = 1_152
"""What the other statements and the other variables of a function may take. Tests measure the longest ones."""


def foundation_model_arns(model: str, *, region: str, profile_regions: Iterable[str]) -> list[str]:
    """Return the model's ARN in each region that may run it: a profile's regions and this one, else this one only.

    Source: docs.aws.amazon.com, Bedrock, "Geographic cross-Region inference", "IAM policy requirements".
    """
    profile = geography(model)
    foundation_model = f"foundation-model/{model.removeprefix(f'{profile}.')}"
    own_region = f"arn:aws:bedrock:{region}::{foundation_model}"
    if profile is None:
        return [own_region]
    if profile == "global":
        return [own_region, f"arn:aws:bedrock:::{foundation_model}"]
    return [f"arn:aws:bedrock:{each}::{foundation_model}" for each in dict.fromkeys((*profile_regions, region))]


def profile_arn(model: str, *, region: str, account: str) -> str:
    """Return the ARN of an inference profile."""
    return f"arn:aws:bedrock:{region}:{account}:inference-profile/{model}"


def exceeded_limit(models: Sequence[str], *, region: str, profile_regions: Iterable[str]) -> str:
    """Return which limit of AWS the models exceed, and the fix; "" if they fit."""
    listed = tuple(profile_regions)
    arns = [arn for model in models for arn in foundation_model_arns(model, region=region, profile_regions=listed)]
    arns += [profile_arn(model, region=region, account="0" * 12) for model in models if geography(model)]
    policy, variable = len(json.dumps(arns, separators=(",", ":"))), len(json.dumps(models))
    for size, limit, place in (
        (policy, _POLICY_CHARACTERS - OTHER_POLICY_CHARACTERS, "characters in the role's policy"),
        (variable, _ENVIRONMENT_BYTES - OTHER_ENVIRONMENT_BYTES, "bytes in the function's environment"),
    ):
        if size > limit:
            return (
                f"{len(models)} models need {size} {place}, and {limit} are free: list fewer models or profile_regions"
            )
    return ""

"""The guardrail for questions and answers."""

from typing import Final

from cdktf_cdktf_provider_aws.bedrock_guardrail import (
    BedrockGuardrail,
    BedrockGuardrailContentPolicyConfig,
    BedrockGuardrailContentPolicyConfigFiltersConfig,
)
from cdktf_cdktf_provider_aws.provider import AwsProvider
from constructs import Construct

from warm_standby.names import Names

BLOCKED_QUESTION: Final = "This question cannot be answered here."
BLOCKED_ANSWER: Final = "This answer was withheld."

_FILTERS: Final = (
    *((harm, "HIGH", "HIGH") for harm in ("HATE", "INSULTS", "MISCONDUCT", "SEXUAL", "VIOLENCE")),
    ("PROMPT_ATTACK", "HIGH", "NONE"),
)


class Guardrail(Construct):
    """One region's guardrail: content filters for questions and answers, a prompt attack filter for questions.

    The functions use the working draft, which both regions get from the same apply. A published version would become
    outdated when the policy changes, because Terraform does not publish new versions by itself.
    The prompt attack filter applies to text that the caller marks as user input. Model output has no such filter.
    Source: docs.aws.amazon.com, Bedrock, "Detect prompt attacks with Amazon Bedrock Guardrails".
    """

    def __init__(self, scope: Construct, id_: str, *, provider: AwsProvider, names: Names) -> None:
        super().__init__(scope, id_)
        filters = [
            BedrockGuardrailContentPolicyConfigFiltersConfig(type=kind, input_strength=question, output_strength=answer)
            for kind, question, answer in _FILTERS
        ]
        self.guardrail = BedrockGuardrail(
            self,
            "guardrail",
            provider=provider,
            name=names.regional("answers"),
            description="Refuse harmful content and prompt attacks",
            blocked_input_messaging=BLOCKED_QUESTION,
            blocked_outputs_messaging=BLOCKED_ANSWER,
            content_policy_config=[BedrockGuardrailContentPolicyConfig(filters_config=filters)],
        )
        self.id = self.guardrail.guardrail_id
        self.version = self.guardrail.version
        self.arn = self.guardrail.guardrail_arn

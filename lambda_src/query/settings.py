"""The query function's settings, which the stack puts into its environment."""

from dataclasses import dataclass

from shared.environment import ConfigurationError, Environment


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The query function's environment. Model ids are ids of Bedrock models or inference profiles.

    `blocked_messages` are the guardrail's messages that replace a blocked question's answer or a blocked answer.
    """

    region: str
    site_origin: str
    knowledge_base_id: str
    answer_model_id: str
    allowed_model_ids: tuple[str, ...]
    guardrail_id: str
    guardrail_version: str
    blocked_messages: tuple[str, ...]

    @classmethod
    def read(cls, environment: Environment) -> "Settings":
        """Read the settings. Raises `ConfigurationError`, which names the wrong variable."""
        default, allowed = environment.text("ANSWER_MODEL_ID"), environment.texts("ALLOWED_MODEL_IDS")
        if default not in allowed:
            raise ConfigurationError(f"environment variable ALLOWED_MODEL_IDS must contain ANSWER_MODEL_ID ({default})")
        return cls(
            region=environment.text("AWS_REGION"),
            site_origin=environment.text("SITE_ORIGIN"),
            knowledge_base_id=environment.text("KNOWLEDGE_BASE_ID"),
            answer_model_id=default,
            allowed_model_ids=allowed,
            guardrail_id=environment.text("GUARDRAIL_ID"),
            guardrail_version=environment.text("GUARDRAIL_VERSION"),
            blocked_messages=environment.texts("BLOCKED_MESSAGES"),
        )

"""The query function's settings, which the stack puts into its environment."""

from dataclasses import dataclass

from shared.environment import ConfigurationError, EnvironmentSettings


@dataclass(frozen=True, kw_only=True)
class Settings(EnvironmentSettings):
    """The query function's environment. Model ids are ids of Bedrock models or inference profiles.

    `blocked_messages` are the guardrail's messages that replace a blocked question's answer or a blocked answer.
    """

    site_origin: str
    knowledge_base_id: str
    answer_model_id: str
    allowed_model_ids: tuple[str, ...]
    guardrail_id: str
    guardrail_version: str
    blocked_messages: tuple[str, ...]

    def __post_init__(self) -> None:
        """Refuse a default model that is not allowed. Raises `ConfigurationError`."""
        if self.answer_model_id not in self.allowed_model_ids:
            raise ConfigurationError(
                f"environment variable ALLOWED_MODEL_IDS must contain ANSWER_MODEL_ID ({self.answer_model_id})"
            )

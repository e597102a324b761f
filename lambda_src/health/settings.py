"""The health function's settings, which the stack puts into its environment."""

from dataclasses import dataclass

from shared.environment import Environment


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The health function's environment."""

    region: str
    site_origin: str
    knowledge_base_id: str
    data_source_id: str
    documents_bucket: str
    ingest_queue_url: str
    answer_model_id: str
    guardrail_id: str
    guardrail_version: str

    @classmethod
    def read(cls, environment: Environment) -> "Settings":
        """Read the settings. Raises `ConfigurationError`, which names the wrong variable."""
        return cls(
            region=environment.text("AWS_REGION"),
            site_origin=environment.text("SITE_ORIGIN"),
            knowledge_base_id=environment.text("KNOWLEDGE_BASE_ID"),
            data_source_id=environment.text("DATA_SOURCE_ID"),
            documents_bucket=environment.text("DOCUMENTS_BUCKET"),
            ingest_queue_url=environment.text("INGEST_QUEUE_URL"),
            answer_model_id=environment.text("ANSWER_MODEL_ID"),
            guardrail_id=environment.text("GUARDRAIL_ID"),
            guardrail_version=environment.text("GUARDRAIL_VERSION"),
        )

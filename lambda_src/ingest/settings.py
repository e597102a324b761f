"""The ingest function's settings, which the stack puts into its environment."""

from dataclasses import dataclass

from shared.environment import Environment


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The ingest function's environment."""

    region: str
    knowledge_base_id: str
    data_source_id: str
    documents_bucket: str

    @classmethod
    def read(cls, environment: Environment) -> "Settings":
        """Read the settings. Raises `ConfigurationError`, which names the wrong variable."""
        return cls(
            region=environment.text("AWS_REGION"),
            knowledge_base_id=environment.text("KNOWLEDGE_BASE_ID"),
            data_source_id=environment.text("DATA_SOURCE_ID"),
            documents_bucket=environment.text("DOCUMENTS_BUCKET"),
        )

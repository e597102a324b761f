"""The ingestion status function's settings, which the stack puts into its environment."""

from dataclasses import dataclass

from shared.environment import Environment


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The ingestion status function's environment."""

    region: str
    site_origin: str
    knowledge_base_id: str
    data_source_id: str

    @classmethod
    def read(cls, environment: Environment) -> "Settings":
        """Read the settings. Raises `ConfigurationError`, which names the wrong variable."""
        return cls(
            region=environment.text("AWS_REGION"),
            site_origin=environment.text("SITE_ORIGIN"),
            knowledge_base_id=environment.text("KNOWLEDGE_BASE_ID"),
            data_source_id=environment.text("DATA_SOURCE_ID"),
        )

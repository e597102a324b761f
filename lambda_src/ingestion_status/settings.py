"""The ingestion status function's settings, which the stack puts into its environment."""

from dataclasses import dataclass

from shared.environment import EnvironmentSettings


@dataclass(frozen=True, kw_only=True)
class Settings(EnvironmentSettings):
    """The ingestion status function's environment."""

    site_origin: str
    knowledge_base_id: str
    data_source_id: str

"""The ingest function's settings, which the stack puts into its environment."""

from dataclasses import dataclass

from shared.environment import EnvironmentSettings


@dataclass(frozen=True, kw_only=True)
class Settings(EnvironmentSettings):
    """The ingest function's environment."""

    knowledge_base_id: str
    data_source_id: str
    documents_bucket: str
    ingest_queue_url: str
    sweep_parameter: str

"""The health function's settings, which the stack puts into its environment."""

from dataclasses import dataclass

from shared.environment import EnvironmentSettings


@dataclass(frozen=True, kw_only=True)
class Settings(EnvironmentSettings):
    """The health function's environment.

    `deep_check_authorizer`: the function that decides on a caller of the API who wants a deep check; None where no
    user signs in.
    """

    site_origin: str
    knowledge_base_id: str
    data_source_id: str
    documents_bucket: str
    ingest_queue_url: str
    answer_model_id: str
    guardrail_id: str
    guardrail_version: str
    deep_check_authorizer: str | None = None

"""The documents function's settings, which the stack puts into its environment."""

from dataclasses import dataclass

from shared.environment import ConfigurationError, EnvironmentSettings


@dataclass(frozen=True, kw_only=True)
class Settings(EnvironmentSettings):
    """The documents function's environment.

    `access_mode`: `open` (every caller may delete) or `oidc`. `delete_claims`: claims and their accepted values. With
    `oidc`, a caller whose token satisfies them may delete every document, and an uploader the uploaded ones. Without
    any claims, only uploaders delete.
    """

    site_origin: str
    documents_bucket: str
    knowledge_base_id: str
    data_source_id: str
    access_mode: str
    delete_claims: dict[str, tuple[str, ...]]

    def __post_init__(self) -> None:
        """Refuse an unknown mode. Raises `ConfigurationError`."""
        if self.access_mode not in {"open", "oidc"}:
            raise ConfigurationError(f"environment variable ACCESS_MODE is {self.access_mode!r}: expected open or oidc")

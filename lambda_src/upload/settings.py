"""The upload function's settings, which the stack puts into its environment."""

from dataclasses import dataclass

from shared.environment import ConfigurationError, EnvironmentSettings


@dataclass(frozen=True, kw_only=True)
class Settings(EnvironmentSettings):
    """The upload function's environment. `upload_types` maps an extension to its content type."""

    site_origin: str
    documents_bucket: str
    max_upload_bytes: int
    upload_types: dict[str, str]

    def __post_init__(self) -> None:
        """Refuse an extension that no normalized file name can have. Raises `ConfigurationError`."""
        for extension in self.upload_types:
            if not extension.startswith(".") or extension != extension.lower():
                raise ConfigurationError(
                    f'environment variable UPLOAD_TYPES: {extension!r} must be a lower-case extension such as ".pdf"'
                )

"""The upload function's settings, which the stack puts into its environment."""

from dataclasses import dataclass

from shared.environment import ConfigurationError, Environment


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The upload function's environment. `upload_types` maps an extension to its content type."""

    region: str
    site_origin: str
    documents_bucket: str
    max_upload_bytes: int
    upload_types: dict[str, str]

    @classmethod
    def read(cls, environment: Environment) -> "Settings":
        """Read the settings. Raises `ConfigurationError`, which names the wrong variable."""
        return cls(
            region=environment.text("AWS_REGION"),
            site_origin=environment.text("SITE_ORIGIN"),
            documents_bucket=environment.text("DOCUMENTS_BUCKET"),
            max_upload_bytes=environment.positive_integer("MAX_UPLOAD_BYTES"),
            upload_types=_upload_types(environment.text_map("UPLOAD_TYPES")),
        )


def _upload_types(types: dict[str, str]) -> dict[str, str]:
    for extension in types:
        if not extension.startswith(".") or extension != extension.lower():
            raise ConfigurationError(
                f'environment variable UPLOAD_TYPES: {extension!r} must be a lower-case extension such as ".pdf"'
            )
    return types

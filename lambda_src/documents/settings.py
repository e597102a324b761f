"""The documents function's settings, which the stack puts into its environment."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from shared.environment import ConfigurationError, EnvironmentSettings


@dataclass(frozen=True, kw_only=True)
class Settings(EnvironmentSettings):
    """The documents function's environment.

    `access_mode`: `open` (every caller may delete) or `oidc`. `delete_claims`: a JSON object from claims to their
    values. With `oidc`, a caller who has one of them may delete every document, and an uploader the uploaded ones.
    """

    site_origin: str
    documents_bucket: str
    knowledge_base_id: str
    data_source_id: str
    access_mode: str
    delete_claims: str

    def __post_init__(self) -> None:
        """Refuse an unknown mode, and claims that are no JSON object. Raises `ConfigurationError`."""
        if self.access_mode not in {"open", "oidc"}:
            raise ConfigurationError(f"environment variable ACCESS_MODE is {self.access_mode!r}: expected open or oidc")
        if not isinstance(self._read_claims(), dict):
            raise ConfigurationError("environment variable DELETE_CLAIMS must be a JSON object of lists of strings")

    @property
    def claims_that_delete(self) -> Mapping[str, object]:
        """The claims whose holders may delete every document, each with its values."""
        claims = self._read_claims()
        return claims if isinstance(claims, dict) else {}

    def _read_claims(self) -> object:
        try:
            claims: object = json.loads(self.delete_claims)
        except ValueError:
            return None
        return claims

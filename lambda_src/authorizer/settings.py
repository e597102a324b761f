"""The authorizer's settings, which the stack puts into its environment."""

from dataclasses import dataclass

from shared.environment import EnvironmentSettings


@dataclass(frozen=True, kw_only=True)
class Settings(EnvironmentSettings):
    """The authorizer's environment. The functions see the claims that `required_claims` and `delete_claims` name."""

    issuer: str
    client_id: str
    audience: str
    required_claims: dict[str, tuple[str, ...]]
    delete_claims: dict[str, tuple[str, ...]]
    keys_parameter: str

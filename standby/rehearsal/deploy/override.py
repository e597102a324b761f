"""The Terraform override file that points an unchanged configuration at the emulator.

Terraform merges an override file in the same directory into the configuration: it merges each provider block by its
alias and replaces the backend. Source: developer.hashicorp.com, Terraform, "Override Files".
"""

from collections.abc import Mapping
from importlib.resources import files
from typing import Final

from standby.deployment.sessions import EMULATOR_ACCOUNT, EMULATOR_CREDENTIALS
from standby.errors import StandbyError
from standby.rehearsal.deploy.applier import role_arn

OVERRIDE_NAME: Final = "rehearsal_override.tf.json"

ENDPOINT_SERVICES: Final = tuple(
    files(__package__).joinpath("provider_services.txt").read_text(encoding="utf-8").split()
)
"""All services whose endpoint can be set in the provider 5.100.0, so that no call goes to AWS. The provider accepts one
name for each service, so the file has one of several synonyms. Source: hashicorp/aws 5.100.0, "Custom Service Endpoint
Configuration"."""

_PROVIDER_SETTINGS: Final[Mapping[str, object]] = {
    "access_key": EMULATOR_CREDENTIALS,
    "assume_role": [{"role_arn": role_arn(), "session_name": "rehearsal"}],
    "allowed_account_ids": [EMULATOR_ACCOUNT],
    "secret_key": EMULATOR_CREDENTIALS,
    "s3_use_path_style": True,
    "skip_credentials_validation": True,
    "skip_metadata_api_check": "true",
    "skip_region_validation": True,
}


def override(configuration: Mapping[str, object], *, endpoint: str, state: str) -> dict[str, object]:
    """Return the override for a synthesized configuration.

    `endpoint` is the URL of the emulator, `state` is the path of the state file relative to the configuration. Raises
    `StandbyError` when the configuration has no AWS provider block.
    """
    return {
        "terraform": {"backend": {"local": {"path": state}}},
        "provider": {"aws": [_provider(alias, endpoint=endpoint) for alias in provider_aliases(configuration)]},
    }


def provider_aliases(configuration: Mapping[str, object]) -> tuple[str | None, ...]:
    """Return the alias of every AWS provider block, None for a block without an alias."""
    providers = configuration.get("provider")
    blocks = providers.get("aws") if isinstance(providers, dict) else None
    if not isinstance(blocks, list) or not blocks:
        raise StandbyError("The synthesized configuration has no AWS provider block, so it cannot be rehearsed.")
    return tuple(block.get("alias") for block in blocks)


def _provider(alias: str | None, *, endpoint: str) -> dict[str, object]:
    aliased = {} if alias is None else {"alias": alias}
    return {**aliased, **_PROVIDER_SETTINGS, "endpoints": [dict.fromkeys(ENDPOINT_SERVICES, endpoint)]}

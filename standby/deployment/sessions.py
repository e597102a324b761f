"""The only module that creates boto3 sessions. It sets their time-outs and endpoints."""

import os
import threading
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import boto3
from botocore.config import Config
from botocore.loaders import Loader
from botocore.session import Session as BotocoreSession

from standby.deployment.credentials import name_failures
from standby.endpoints import environment_endpoints, profile_endpoints

CONNECT_TIMEOUT_SECONDS: Final = 3
READ_TIMEOUT_SECONDS: Final = 20
EMULATOR_CREDENTIALS: Final = "test"
"""Both halves of the key pair of the root user of the emulator's account."""
EMULATOR_ACCOUNT: Final = "000000000000"


class EmulatorCredentials(NamedTuple):
    """Credentials in the emulator: a key pair, and the token of temporary ones."""

    key: str
    secret: str
    token: str | None = None


ROOT_CREDENTIALS: Final = EmulatorCredentials(EMULATOR_CREDENTIALS, EMULATOR_CREDENTIALS)

# Name in a configuration file, environment variable, default, conversion: a profile named in the environment belongs to
# a real account and may not even exist on this machine.
_NO_USER_CONFIGURATION: Final = {
    "profile": (None, None, None, None),
    "config_file": (None, None, os.devnull, None),
    "credentials_file": (None, None, os.devnull, None),
}


class EmulatorSession(boto3.Session):
    """A boto3 session whose clients use a local emulator and ignore the environment and `~/.aws`."""

    def __init__(self, *, region: str, endpoint: str, credentials: EmulatorCredentials = ROOT_CREDENTIALS) -> None:
        super().__init__(
            aws_access_key_id=credentials.key,
            aws_secret_access_key=credentials.secret,
            aws_session_token=credentials.token,
            region_name=region,
            botocore_session=_botocore_session(Config(proxies={})),
        )
        self._endpoint = endpoint

    if not TYPE_CHECKING:  # a type checker keeps boto3's own overloads: one precise type per service

        def client(self, service_name, **arguments):  # noqa: ANN001, ANN003, ANN201 - typed by boto3's own overloads
            """Create a client as boto3 does, with the emulator as its endpoint."""
            return super().client(service_name, **{"endpoint_url": self._endpoint, **arguments})


def account_session(region: str, *, profile: str | None, config: Config) -> boto3.Session:
    """Return a session for one region of an AWS account. Raises botocore's `ProfileNotFound`.

    Credentials from STS come from this region's STS, so an outage of another region has no effect. `config` applies to
    its clients, and to those that fetch credentials.
    """
    session = _bare_session(profile)
    session.set_config_variable("sts_regional_endpoints", "regional")
    session.set_default_client_config(config)
    return boto3.Session(botocore_session=session, region_name=region)


def trusted_certificates(profile: str | None) -> str | bool:
    """Return boto3's trusted certificates: a file, or True for its own list. Raises botocore's `ProfileNotFound`.

    Source: boto3's documentation, "Configuration", `AWS_CA_BUNDLE`; `REQUESTS_CA_BUNDLE` is botocore's second choice.
    """
    named = _bare_session(profile).get_config_variable("ca_bundle") or os.environ.get("REQUESTS_CA_BUNDLE")
    return str(named) if named else True


def configured_endpoints(profile: str | None) -> dict[str, str]:
    """Return the endpoints that the user has configured, by their names. Raises botocore's `ProfileNotFound`."""
    session = _bare_session(profile)
    if session.get_config_variable("ignore_configured_endpoint_urls"):
        return {}
    scoped = session.get_scoped_config()
    services = session.full_config.get("services", {}).get(scoped.get("services"), {})
    return environment_endpoints(os.environ) | profile_endpoints(scoped, services)


def _bare_session(profile: str | None) -> BotocoreSession:
    session = BotocoreSession(profile=profile)
    name_failures(session)
    if session.get_config_variable("data_path") is None:  # otherwise the user has service models of their own
        session.register_component("data_loader", _SERVICE_MODELS)
    return session


def _botocore_session(extra: Config) -> BotocoreSession:
    session = BotocoreSession(session_vars=_NO_USER_CONFIGURATION)
    base = Config(
        connect_timeout=CONNECT_TIMEOUT_SECONDS,
        read_timeout=READ_TIMEOUT_SECONDS,
        retries={"mode": "standard", "total_max_attempts": 3},
    )
    session.set_default_client_config(base.merge(extra))
    session.register_component("data_loader", _SERVICE_MODELS)
    return session


class _ServiceModels(Loader):
    """botocore's service models, read once for all sessions, even if two regions need one at the same time.

    Reading them takes most of the time of creating a client.
    """

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.RLock()

    def load_service_model(self, service_name: str, type_name: str, api_version: str | None = None) -> object:
        """Return a service's model."""
        with self._lock:
            return super().load_service_model(service_name, type_name, api_version)

    def load_data_with_path(self, name: str) -> tuple[dict[str, Any], str]:
        """Return a data file and its path."""
        with self._lock:
            return super().load_data_with_path(name)


_SERVICE_MODELS: Final = _ServiceModels()

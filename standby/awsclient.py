"""The one module that makes boto3 sessions. Everything else asks it, so time-outs and endpoints are decided here."""

import os
from typing import TYPE_CHECKING, Final

import boto3
from botocore.config import Config
from botocore.session import Session as BotocoreSession

CONNECT_TIMEOUT_SECONDS: Final = 3
READ_TIMEOUT_SECONDS: Final = 20
EMULATOR_CREDENTIALS: Final = "test"
"""Both halves of the key pair that the emulator takes for the root user of its account."""

# Name in a configuration file, environment variable, default, conversion: a profile named in the environment belongs to
# a real account and may not even exist on this machine.
_NO_USER_CONFIGURATION: Final = {
    "profile": (None, None, None, None),
    "config_file": (None, None, os.devnull, None),
    "credentials_file": (None, None, os.devnull, None),
}


class EmulatorSession(boto3.Session):
    """A boto3 session whose clients talk to a local emulator, whatever the environment and `~/.aws` say."""

    def __init__(self, *, region: str, endpoint: str) -> None:
        super().__init__(
            aws_access_key_id=EMULATOR_CREDENTIALS,
            aws_secret_access_key=EMULATOR_CREDENTIALS,
            region_name=region,
            botocore_session=_botocore_session(Config(proxies={})),
        )
        self._endpoint = endpoint

    if not TYPE_CHECKING:  # a type checker keeps boto3's own overloads: one precise type per service

        def client(self, service_name, **arguments):  # noqa: ANN001, ANN003, ANN201 - typed by boto3's own overloads
            """Make a client as boto3 does, with the emulator as its endpoint."""
            return super().client(service_name, **{"endpoint_url": self._endpoint, **arguments})


def _botocore_session(extra: Config) -> BotocoreSession:
    session = BotocoreSession(session_vars=_NO_USER_CONFIGURATION)
    base = Config(
        connect_timeout=CONNECT_TIMEOUT_SECONDS,
        read_timeout=READ_TIMEOUT_SECONDS,
        retries={"mode": "standard", "total_max_attempts": 3},
    )
    session.set_default_client_config(base.merge(extra))
    return session

"""The connection to a deployment in any place, and the connection to one in an AWS account."""

from functools import partial
from typing import Protocol

from botocore.exceptions import ProfileNotFound

from standby.deployment.clients import FACTS_CONFIG, Clients
from standby.deployment.http_client import HTTP_SECONDS, HttpClient, HttpResponse
from standby.errors import BadUsageError


class Connection(Protocol):
    """The connection to one deployment.

    `where` is in the first line of every command. `rehearsed`: the deployment is in a rehearsal's emulator.
    `allowed_accounts`: the account IDs in which it may be; any account if there are none.
    """

    name: str
    allowed_accounts: tuple[str, ...]
    regions: tuple[str, ...]
    where: str
    rehearsed: bool
    clients: Clients

    def request(
        self, method: str, url: str, *, body: bytes | None = None, seconds: float = HTTP_SECONDS
    ) -> HttpResponse:
        """Send one request to an API or to the site. Raises `NoAnswerError` when there is no answer in time."""


class AwsConnection:
    """A deployment in an AWS account."""

    rehearsed = False

    def __init__(
        self, *, name: str, regions: tuple[str, ...], profile: str | None, allowed_accounts: tuple[str, ...] = ()
    ) -> None:
        from standby.deployment.sessions import account_session, trusted_certificates  # noqa: PLC0415 - boto3; a rehearsal may be meant

        self.name, self.regions, self.allowed_accounts = name, regions, allowed_accounts
        self.where = f"AWS, profile {profile}" if profile else "AWS, default credentials"
        self.clients = Clients(partial(account_session, profile=profile, config=FACTS_CONFIG))
        try:
            self._web = HttpClient(trusted=trusted_certificates(profile))
        except ProfileNotFound as error:
            raise BadUsageError(f"{error}.", hint="`aws configure list-profiles`") from error

    def request(
        self, method: str, url: str, *, body: bytes | None = None, seconds: float = HTTP_SECONDS
    ) -> HttpResponse:
        """Send one request. Raises `NoAnswerError` when there is no answer in time."""
        return self._web.request(method, url, body=body, seconds=seconds)

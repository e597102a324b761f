"""The connection to a deployment in any place, and the connection to one in an AWS account."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Protocol

from botocore.exceptions import ConfigNotFound, ConfigParseError, ProfileNotFound

from standby.deployment.clients import FACTS_CONFIG, Clients
from standby.deployment.dns.lookup import Lookup, look_up
from standby.deployment.http_client import HTTP_SECONDS, HttpClient, HttpResponse
from standby.endpoints import describe_local_endpoint
from standby.errors import BadUsageError, NoDeploymentError
from standby.text import pluralize


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

    def look_up(self, name: str) -> Lookup:
        """Look a name up in DNS. Raises `NoAnswerError` when there is no answer in time."""

    def request(
        self, method: str, url: str, *, body: bytes | None = None, seconds: float = HTTP_SECONDS, token: str = ""
    ) -> HttpResponse:
        """Send one request to an API or to the site. Raises `NoAnswerError` when there is no answer in time.

        `token` is sent as a bearer token.
        """


class AwsConnection:
    """A deployment in an AWS account, with the credentials of `profile`.

    `context` is the name of the user's context that named it, if one did. Raises `BadUsageError` for a
    profile or a configuration that cannot be read, and `RefusedError` if AWS's calls would go to this machine.
    """

    rehearsed = False

    def __init__(
        self,
        *,
        name: str,
        regions: tuple[str, ...],
        profile: str | None,
        allowed_accounts: tuple[str, ...] = (),
        context: str = "",
    ) -> None:
        from standby.deployment import sessions  # noqa: PLC0415 - boto3; a rehearsal may be meant

        self.name, self.regions, self.allowed_accounts = name, regions, allowed_accounts
        self.profile = profile
        with _user_configuration():
            endpoints = sessions.configured_endpoints(profile)
            self._web = HttpClient(trusted=sessions.trusted_certificates(profile))
        _refuse_local_endpoint(endpoints)
        self.where = _describe_account(profile, context, endpoints)
        self.clients = Clients(partial(sessions.account_session, profile=profile, config=FACTS_CONFIG))

    def look_up(self, name: str) -> Lookup:
        """Look a name up with this machine's resolver. Raises `NoAnswerError` when there is no answer in time."""
        return look_up(name)

    def request(
        self, method: str, url: str, *, body: bytes | None = None, seconds: float = HTTP_SECONDS, token: str = ""
    ) -> HttpResponse:
        """Send one request. Raises `NoAnswerError` when there is no answer in time."""
        return self._web.request(method, url, body=body, seconds=seconds, token=token)


def _describe_account(profile: str | None, context: str, endpoints: Mapping[str, str]) -> str:
    """Return the start of the first line of every command: which account, and which endpoint if it is not AWS's."""
    parts = [f"AWS, context {context}" if context else "AWS"]
    if profile or not context:
        parts.append(f"profile {profile}" if profile else "default credentials")
    parts += [f"endpoint {name}={url}" for name, url in list(endpoints.items())[:1]]
    parts += [pluralize(len(endpoints) - 1, "more endpoint")] if len(endpoints) > 1 else []
    return ", ".join(parts)


def _refuse_local_endpoint(endpoints: Mapping[str, str]) -> None:
    local = describe_local_endpoint(endpoints)
    if local is not None:
        raise NoDeploymentError(
            f"{local}: calls to AWS would go to this machine, not to the account.",
            hint='`eval "$(standby rehearse env --unset)"` removes what a rehearsal exported to this shell.',
        )


@contextmanager
def _user_configuration() -> Iterator[None]:
    """Report a profile that is missing, or a configuration file that cannot be read."""
    try:
        yield
    except ProfileNotFound as error:
        raise BadUsageError(f"{error}.", hint="`aws configure list-profiles`") from error
    except (ConfigParseError, ConfigNotFound) as error:
        raise BadUsageError(f"{error}.", hint="`aws configure list` reads the same file.") from error

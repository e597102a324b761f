"""The OpenID Connect provider of a rehearsal: oidc-provider, an npm package, in a Node process of its own."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Final, Literal

import urllib3
from pydantic import Field

from standby.errors import RefusedError, StandbyError
from standby.json_model import JsonModel, Key
from standby.rehearsal.files.json_files import read_json, write_json
from standby.rehearsal.files.paths import RehearsalPaths
from standby.rehearsal.identity.access import AUDIENCE, CLIENT_ID, ISSUER, Access
from standby.rehearsal.processes.daemon import Daemon, responds, resume_daemon, start_daemon, stop_daemon
from standby.rehearsal.processes.ports import HOST, wait_until_free
from standby.rehearsal.processes.process import ProcessIdentity
from standby.rehearsal.processes.programs import NODE, find_program

PROVIDER: Final = "identity-provider"
PROGRAM: Final = Path(__file__).with_name("provider.mjs")
PACKAGE: Final = "oidc-provider"
CONTROL_PATH: Final = "/control"
ACCESS_TOKEN_SECONDS: Final = 300
"""The lifetime of an access token. Entra ID, Okta and Auth0 issue them for an hour or more by default."""

RESPONSE_SECONDS: Final = 5.0
SIGN_IN_HINT: Final = "`standby rehearse up --access oidc` starts a rehearsal with sign-in."
USERS: Final = ("alice", "carol", "bob")


class User(JsonModel):
    """A user of the rehearsal's provider. `note` says what the user may do."""

    name: str = Field(description="the full name of the user")
    password: str = Field(description="the password, which protects nothing")
    note: str = Field(description="what the user may do")
    claims: Mapping[Annotated[str, Key("CLAIM")], tuple[str, ...]] = Field(
        description="the claims in the user's access tokens"
    )


class ProviderSettings(JsonModel):
    """The settings of the running provider that a test or a drill may change.

    `audience` is that of new access tokens, and `algorithm` signs them. `issued` counts them.
    """

    access_token_seconds: int
    audience: str
    algorithm: Literal["RS256", "ES256"]
    keys: tuple[str, ...]
    issued: int


def users(access: Access) -> dict[str, User]:
    """Return the users by their names: one may ask, one may also delete, and one has none of the claims."""
    required = {name: values[:1] for name, values in access.required_claims.items()}
    deleting = {name: values[:1] for name, values in access.delete_claims.items()}
    both = {
        name: tuple(dict.fromkeys((*required.get(name, ()), *deleting.get(name, ())))) for name in required | deleting
    }
    return {
        "alice": _user("alice", "may ask", required),
        "carol": _user("carol", "may ask, and delete all documents", both),
        "bob": _user("bob", "may not ask", {}),
    }


def _user(name: str, note: str, claims: Mapping[str, tuple[str, ...]]) -> User:
    return User(name=name.capitalize(), password=password_of(name), note=note, claims=claims)


def password_of(name: str) -> str:
    """Return the password of a user of the rehearsal's provider. It protects nothing."""
    return f"{name}-password"


@dataclass(frozen=True, kw_only=True)
class IdentityProvider:
    """The provider of one rehearsal, on its port. `site` is the URL to which it sends users back."""

    paths: RehearsalPaths
    access: Access
    site: str
    port: int

    def ensure_running(self, known: ProcessIdentity | None) -> ProcessIdentity:
        """Start the provider, or return the `known` process if it responds and has this configuration.

        Raises `RefusedError` if its npm package or Node is missing.
        """
        require_package(self.paths.project)
        configuration = self._configuration()
        unchanged = read_json(self._configuration_path) == configuration
        if known is not None and unchanged and resume_daemon(known) is not None and self._is_ready():
            return known
        if known is not None:
            stop_daemon(known)
            wait_until_free((self.port,))
        write_json(self._configuration_path, configuration)
        daemon = Daemon(
            name=PROVIDER,
            command=(str(find_program(NODE).path), "--no-warnings", str(PROGRAM), str(self._configuration_path)),
            log=self.paths.network / f"{PROVIDER}.log",
            ready=self._is_ready,
        )
        return start_daemon(self.paths, daemon)

    @property
    def _configuration_path(self) -> Path:
        return self.paths.network / f"{PROVIDER}.json"

    @property
    def _is_ready(self) -> "partial[bool]":
        return partial(responds, f"http://{HOST}:{self.port}{CONTROL_PATH}", seconds=RESPONSE_SECONDS)

    def _configuration(self) -> dict[str, object]:
        return {
            "issuer": ISSUER,
            "port": self.port,
            "clientId": CLIENT_ID,
            "audience": AUDIENCE,
            "site": self.site,
            "scopes": list(self.access.scopes),
            "accessTokenSeconds": ACCESS_TOKEN_SECONDS,
            "users": {name: user.as_json() for name, user in users(self.access).items()},
            "packages": str(self.paths.project / "package.json"),
        }


def require_package(project: Path) -> None:
    """Raise `RefusedError` unless the npm packages of the project are installed."""
    if not (project / "node_modules" / PACKAGE).is_dir():
        raise RefusedError(
            f"Sign-in in a rehearsal needs the npm package {PACKAGE}, which is not installed.",
            hint="`make setup` installs it. `standby rehearse up --access open` needs none.",
        )


def change_provider(port: int, **changes: object) -> ProviderSettings:
    """Change settings of the running provider, and return all of them. Without changes, only return them.

    `accessTokenSeconds` and `audience` apply to new access tokens. `rotate=ALGORITHM` makes a new key, which signs from
    now on, beside the earlier ones. `forget=True` ends every sign-in. Raises `StandbyError` if it does not respond.
    """
    method, body = ("POST", json.dumps(changes)) if changes else ("GET", None)
    try:
        response = urllib3.request(
            method, f"http://{HOST}:{port}{CONTROL_PATH}", body=body, timeout=RESPONSE_SECONDS, retries=False
        )
    except urllib3.exceptions.HTTPError as error:
        raise StandbyError(f"The identity provider does not respond: {error}") from error
    if response.status != HTTPStatus.OK:
        raise StandbyError(f"The identity provider refused a change: {response.status}")
    return ProviderSettings.from_json(json.loads(response.data))

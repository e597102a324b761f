"""The rehearsal has a real provider: it issues, renews and refuses tokens, and a fault takes it off the network."""

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from standby.errors import StandbyError
from standby.rehearsal.checks.sign_in import SignIn, SignInError, claims
from standby.rehearsal.files.paths import RehearsalPaths
from standby.rehearsal.identity.access import AUDIENCE, ISSUER, ISSUER_HOST, Access
from standby.rehearsal.identity.provider import IdentityProvider, ProviderSettings, change_provider
from standby.rehearsal.network.caddy import Caddy
from standby.rehearsal.network.identity_front import IdentityFront, IdentityFrontPorts
from standby.rehearsal.network.network import Client, Network
from standby.rehearsal.processes.daemon import stop_daemon
from standby.rehearsal.processes.ports import free_ports
from tests.constructs.plan import ROOT

SITE = "https://site.example.test"


@dataclass(frozen=True, kw_only=True)
class Running:
    """A provider behind its front, without a rehearsal."""

    client: Client
    port: int

    def sign_in(self, user: str = "alice") -> SignIn:
        return SignIn(client=self.client, access=Access(), site=SITE, user=user)

    def change(self, **changes: object) -> ProviderSettings:
        return change_provider(self.port, **changes)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    paths = RehearsalPaths(project=ROOT, directory=tmp_path_factory.mktemp("provider"))
    ports = free_ports(("http", "tls", "admin"), preferred={})
    front_ports = IdentityFrontPorts(tls=ports["tls"], admin=ports["admin"])
    front = IdentityFront(provider_port=ports["http"], ports=front_ports, storage=paths.caddy_storage)
    provider = IdentityProvider(paths=paths, access=Access(), site=SITE, port=ports["http"])
    caddy = Caddy(
        paths=paths,
        name="front",
        config=front.config(),
        admin_port=ports["admin"],
        tls_port=ports["tls"],
        plain_ports=(),
        tls_hosts=front.tls_hosts,
    )
    started = []
    try:
        started.append(provider.ensure_running(None))
        started.append(caddy.ensure_running(None))
        assert provider.ensure_running(started[0]) == started[0]  # one that runs as configured is left alone
        network = Network(
            emulator_url="",
            router="",
            region_proxies={},
            hosts={ISSUER_HOST: ports["tls"]},
            ca_certificate=paths.ca_certificate,
        )
        yield Running(client=Client(network), port=ports["http"])
    finally:
        for identity in started:
            stop_daemon(identity)


@pytest.fixture(autouse=True)
def restored(running: Running) -> Iterator[None]:
    before = running.change()
    yield
    running.change(accessTokenSeconds=before.access_token_seconds, audience=before.audience)


def header(token: str) -> dict[str, str]:
    part = token.partition(".")[0]
    value: dict[str, str] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return value


@pytest.mark.parametrize("user,groups", [("alice", ["chatbot-users"]), ("bob", None)])
def test_a_token_has_the_claims_of_its_user(running: Running, user: str, groups: list[str] | None) -> None:
    token = running.sign_in(user).token()
    found = claims(token)
    assert (found["iss"], found["aud"], found["sub"], found.get("groups")) == (ISSUER, AUDIENCE, user, groups)
    assert header(token)["typ"] == "at+jwt"


def test_a_refresh_token_is_used_once(running: Running) -> None:
    user = running.sign_in()
    first = user.token()
    used = user.tokens
    assert user.token_after(first) != first
    user.tokens = used
    with pytest.raises(SignInError):
        user.token_after(first)


@pytest.mark.parametrize("algorithm", ["ES256", "RS256"])
def test_a_rotation_signs_with_the_new_key_and_keeps_the_sign_in(running: Running, algorithm: str) -> None:
    user = running.sign_in()
    first = user.token()
    keys = running.change(rotate=algorithm).keys
    second = user.token_after(first)
    assert (header(second)["alg"], header(second)["kid"]) == (algorithm, keys[0])
    published = json.loads(running.client.request("GET", f"{ISSUER}/jwks").data)["keys"]
    assert {header(first)["kid"], header(second)["kid"]} <= {key["kid"] for key in published}


def test_tokens_have_the_lifetime_and_the_audience_that_were_set(running: Running) -> None:
    running.change(accessTokenSeconds=7, audience="https://another-api.test")
    found = claims(running.sign_in().token())
    assert found["aud"] == "https://another-api.test"
    assert found["exp"] == found["iat"] + 7  # type: ignore[operator]  # both are numbers


def test_a_sign_in_that_was_ended_issues_no_token(running: Running) -> None:
    user = running.sign_in()
    first = user.token()
    running.change(forget=True)
    with pytest.raises(SignInError, match="issued no token"):
        user.token_after(first)


def test_the_control_path_is_not_on_the_network(running: Running) -> None:
    assert running.client.request("POST", f"{ISSUER}/control", body=b'{"forget": true}').status == 404


def test_a_redirect_to_another_site_is_refused_on_a_page_without_scripts(running: Running) -> None:
    query = "client_id=warm-standby-page&response_type=code&scope=openid&redirect_uri=https://evil.example/"
    answer = running.client.request("GET", f"{ISSUER}/auth?{query}")
    assert answer.status == 400
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_a_provider_that_does_not_run_is_said_to_be_down() -> None:
    (port,) = free_ports(("closed",), preferred={}).values()
    with pytest.raises(StandbyError, match="does not respond"):
        change_provider(port)

"""Sign in without a browser: the Authorization Code flow with PKCE, as the page and a user go through it.

Sources: RFC 6749, section 4.1; RFC 7636; OpenID Connect Core 1.0, section 3.1.
"""

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from http.cookies import SimpleCookie
from typing import Final, Unpack
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

import urllib3

from standby.deployment.concurrency import TIME_OUT, explain
from standby.errors import StandbyError
from standby.machine import with_load
from standby.rehearsal.files.json_files import parse_object
from standby.rehearsal.identity.access import AUDIENCE, CLIENT_ID, ISSUER, Access
from standby.rehearsal.identity.provider import users
from standby.rehearsal.network.network import Client, RequestOptions

SIGN_IN_SECONDS: Final = 5.0
MAX_REDIRECTS: Final = 8
RENEW_BEFORE_SECONDS: Final = 2.0
"""A token is renewed when it expires within this time: longer than the renewal and the request that follows."""

ASKING_USER: Final = "alice"
API_SECONDS: Final = 30.0
API_HOST: Final = ".execute-api."


class SignInError(StandbyError):
    """The identity provider did not issue a token."""


@dataclass(frozen=True, kw_only=True)
class Tokens:
    """The tokens of one user. `expires` is on the clock of `time.monotonic`."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    expires: float


@dataclass(kw_only=True)
class SignIn:
    """A user who is signed in, as an open page is: one token at a time, which is renewed before it expires.

    `tokens`: None until the first token is needed.
    """

    client: Client
    access: Access
    site: str
    user: str = ASKING_USER
    tokens: Tokens | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def token(self) -> str:
        """Return the access token. Sign in, or renew the token, if that is due.

        While the provider does not respond, the present token is used. Raises `SignInError` without one.
        """
        with self._lock:
            if self.tokens is None:
                self.tokens = self._log_in()
            elif self.tokens.expires - time.monotonic() < RENEW_BEFORE_SECONDS:
                self._renew()
            return self.tokens.access

    def token_after(self, refused: str) -> str:
        """Return another token than the one that the API refused. Raises `SignInError` if there is none."""
        with self._lock:
            if self.tokens is not None and self.tokens.access == refused:
                self.tokens = self._refreshed(self.tokens)
        return self.token()

    def _renew(self) -> None:
        try:
            self.tokens = self._refreshed(self._require_tokens())
        except SignInError:
            if self._require_tokens().expires < time.monotonic():
                raise

    def _require_tokens(self) -> Tokens:
        if self.tokens is None:
            raise SignInError(f"{self.user} is not signed in.")
        return self.tokens

    def _refreshed(self, tokens: Tokens) -> Tokens:
        return self._request_tokens({"grant_type": "refresh_token", "refresh_token": tokens.refresh})

    def _log_in(self) -> Tokens:
        verifier = secrets.token_urlsafe(48)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        state = secrets.token_urlsafe(16)
        query = {
            "client_id": CLIENT_ID,
            "redirect_uri": self._redirect_uri,
            "response_type": "code",
            "scope": " ".join(self.access.scopes),
            "resource": AUDIENCE,
            "state": state,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        browser = _Browser(client=self.client, stop_at=self._redirect_uri)
        form = browser.open("GET", f"{ISSUER}/auth?{urlencode(query)}")
        password = users(self.access)[self.user].password
        answer = parse_qs(urlsplit(browser.open("POST", form, {"login": self.user, "password": password})).query)
        if answer.get("state") != [state] or "code" not in answer:
            raise SignInError(f"The identity provider sent {self.user} back without a code: {sorted(answer)}")
        return self._request_tokens(
            {
                "grant_type": "authorization_code",
                "code": answer["code"][0],
                "redirect_uri": self._redirect_uri,
                "code_verifier": verifier,
            }
        )

    def _request_tokens(self, form: Mapping[str, str]) -> Tokens:
        response = _send(self.client, "POST", f"{ISSUER}/token", {"client_id": CLIENT_ID, **form}, {})
        issued = parse_object(response.data)
        access, seconds = issued.get("access_token"), issued.get("expires_in")
        if response.status != HTTPStatus.OK or not isinstance(access, str) or not isinstance(seconds, int):
            reason = issued.get("error_description") or issued.get("error") or "no token in its answer"
            raise SignInError(f"The identity provider issued no token: {response.status}, {reason}")
        refresh = str(issued.get("refresh_token", form.get("refresh_token", "")))
        return Tokens(access=access, refresh=refresh, expires=time.monotonic() + seconds)

    @property
    def _redirect_uri(self) -> str:
        return f"{self.site}/"


@dataclass(frozen=True, kw_only=True)
class SignedInClient:
    """A client whose requests to an API carry the token of a user, and once more another one if the API refuses it."""

    client: Client
    sign_in: SignIn

    def request(
        self, method: str, url: str, *, timeout: float = API_SECONDS, **options: Unpack[RequestOptions]
    ) -> urllib3.BaseHTTPResponse:
        """Send one request, as `Client.request` does. Raises `SignInError` without a token."""
        if API_HOST not in (urlsplit(url).hostname or ""):
            return self.client.request(method, url, timeout=timeout, **options)
        token = self.sign_in.token()
        response = self._send(method, url, token, timeout=timeout, options=options)
        if response.status == HTTPStatus.UNAUTHORIZED:
            token = self.sign_in.token_after(token)
            response = self._send(method, url, token, timeout=timeout, options=options)
        return response

    def _send(
        self, method: str, url: str, token: str, *, timeout: float, options: RequestOptions
    ) -> urllib3.BaseHTTPResponse:
        signed = options.copy()
        signed["headers"] = {**options.get("headers", {}), "Authorization": f"Bearer {token}"}
        return self.client.request(method, url, timeout=timeout, **signed)


@dataclass(kw_only=True)
class _Browser:
    """Follows redirects and keeps cookies, until it is sent to `stop_at`."""

    client: Client
    stop_at: str
    cookies: dict[str, str] = field(default_factory=dict)

    def open(self, method: str, url: str, form: Mapping[str, str] | None = None) -> str:
        """Return the URL at which the redirects end. Raises `SignInError`."""
        for _ in range(MAX_REDIRECTS):
            if url.startswith(self.stop_at):
                return url
            cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
            response = _send(self.client, method, url, form, {"Cookie": cookie} if cookie else {})
            for header in response.headers.getlist("Set-Cookie"):
                self.cookies |= {name: morsel.value for name, morsel in SimpleCookie(header).items()}
            location = response.headers.get("Location")
            if location is None:
                if response.status != HTTPStatus.OK or form is not None:
                    raise SignInError(f"The identity provider refused the sign-in: {response.status}")
                return url
            method, url, form = "GET", urljoin(url, location), None
        raise SignInError("The identity provider sends a sign-in in circles.")


def _send(
    client: Client, method: str, url: str, form: Mapping[str, str] | None, headers: Mapping[str, str]
) -> urllib3.BaseHTTPResponse:
    body = urlencode(form).encode() if form is not None else None
    typed = {"Content-Type": "application/x-www-form-urlencoded"} if form is not None else {}
    try:
        return client.request(method, url, timeout=SIGN_IN_SECONDS, body=body, headers={**headers, **typed})
    except urllib3.exceptions.HTTPError as error:
        why = explain(error)
        said = f"The identity provider {why}: nobody can sign in."
        raise SignInError(with_load(said) if TIME_OUT in why.why else said) from error


def claims(token: str) -> Mapping[str, object]:
    """Return what a token says, without a check of its signature."""
    part = token.split(".")[1]
    value: Mapping[str, object] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return value

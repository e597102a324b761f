"""Requests with any token, or none, to both regions of a rehearsal with sign-in."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import jwt
import urllib3

from standby.deployment.manifest import Role
from standby.rehearsal.checks.sign_in import claims
from standby.rehearsal.identity.access import ISSUER
from standby.rehearsal.network.network import Client
from standby.rehearsal.rehearsal import Rehearsal

QUESTION: Final = json.dumps({"question": "What does the handbook say?"}).encode()
UPLOAD: Final = json.dumps({"fileName": "a.txt", "fileType": "text/plain", "fileSize": 3}).encode()
UNKNOWN: Final = "11111111-2222-3333-8444-555555555555"
"""The id of no document."""
GUARDED: Final[Mapping[str, tuple[str, bytes | None]]] = {
    "docs": ("POST", QUESTION),
    "upload": ("POST", UPLOAD),
    "ingestion-status": ("GET", None),
    "documents": ("GET", None),
    f"documents/{UNKNOWN}": ("DELETE", None),
    f"documents/{UNKNOWN}/content": ("GET", None),
}
"""Every route that needs a token, with a request."""
BROKEN: Final = "Bearer broken.token.x"


def send(
    rehearsal: Rehearsal, role: Role, path: str, *, authorization: str | None = None, method: str | None = None
) -> urllib3.BaseHTTPResponse:
    """Send a request to a region's API through its proxy, as a browser does."""
    own_method, body = GUARDED.get(path, ("GET", None))
    headers = {"Content-Type": "application/json", "Origin": rehearsal.deployment.site.url}
    if authorization is not None:
        headers["Authorization"] = authorization
    url = rehearsal.deployment.regions[role].api_url + path
    return Client(rehearsal.network).request(method or own_method, url, body=body, headers=headers, timeout=30)


def status(rehearsal: Rehearsal, role: Role, token: str, path: str = "docs") -> int:
    """Return the status of a request with a token."""
    return send(rehearsal, role, path, authorization=f"Bearer {token}").status


def keys(rehearsal: Rehearsal) -> list[dict[str, Any]]:
    """Return the provider's public keys."""
    client = Client(rehearsal.network)
    discovered = json.loads(client.request("GET", f"{ISSUER}/.well-known/openid-configuration").data)
    found: list[dict[str, Any]] = json.loads(client.request("GET", discovered["jwks_uri"]).data)["keys"]
    return found


def part(value: object) -> str:
    """Return a part of a token."""
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def forged(token: str, rehearsal: Rehearsal) -> Iterator[tuple[str, str]]:
    """Yield tokens that an attacker makes from a valid one and from what the provider publishes."""
    header, body, signature = token.split(".")
    own = jwt.get_unverified_header(token)
    admin = part({**claims(token), "sub": "carol"})
    for algorithm in ("none", "None", "NONE"):
        yield f"{algorithm}, no signature", f"{part({**own, 'alg': algorithm})}.{admin}."
        yield f"{algorithm}, old signature", f"{part({**own, 'alg': algorithm})}.{admin}.{signature}"
    yield "another user", f"{header}.{admin}.{signature}"
    yield "cut", token[:-10]
    yield "no signature", f"{header}.{body}."
    yield "two spellings", token[:-1] + chr(ord(token[-1]) + 1)
    yield "huge", f"{header}.{part(b'x' * 8_000)}.{signature}"
    for key in keys(rehearsal):
        signed = f"{part({'alg': 'HS256', 'kid': key['kid']})}.{admin}"
        mac = hmac.new(json.dumps(key).encode(), signed.encode(), hashlib.sha256)
        yield f"HS256 {key['kid']}", f"{signed}.{part(mac.digest())}"
        yield f"psychic {key['kid']}", f"{part({'alg': 'ES256', 'kid': key['kid']})}.{admin}.{part(bytes(64))}"
    yield "crit", f"{part({**own, 'crit': ['exp']})}.{body}.{signature}"
    yield "jku", f"{part({**own, 'kid': 'x', 'jku': 'https://attacker.example/jwks'})}.{body}.{signature}"


@contextmanager
def changed(
    rehearsal: Rehearsal, change: Callable[..., object], back: Mapping[str, object], **now: object
) -> Iterator[None]:
    """Change the provider during this block."""
    change(rehearsal.provider_port, **now)
    try:
        yield
    finally:
        change(rehearsal.provider_port, **back)

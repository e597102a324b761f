"""An issuer: its keys, the tokens that it signs, and the rules of an API that trusts it."""

import base64
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from authorizer.errors import KeysUnavailableError
from authorizer.keys import IssuerKeys, KeySet
from authorizer.token import Expected
from shared.logs import Log

ISSUER: Final = "https://login.example.com/tenant"
AUDIENCE: Final = "https://chatbot.example.com/api"
CLIENT: Final = "page"
EXPECTED: Final = Expected(issuer=ISSUER, audience=AUDIENCE, client_id=CLIENT)
NOW: Final = 1_800_000_000.0

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

RSA_KEY: Final = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC_KEY: Final = ec.generate_private_key(ec.SECP256R1())
OTHER_RSA_KEY: Final = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_EC_KEY: Final = ec.generate_private_key(ec.SECP256R1())


def public_jwk(key: PrivateKey, kid: str, **members: object) -> dict[str, Any]:
    """Return a key as its issuer publishes it."""
    if isinstance(key, rsa.RSAPrivateKey):
        jwk = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key()))
        jwk.pop("key_ops", None)
        return {**jwk, "kid": kid, "use": "sig", "alg": "RS256", **members}
    jwk = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(key.public_key()))
    return {**jwk, "kid": kid, "use": "sig", "alg": "ES256", **members}


JWKS: Final = (public_jwk(RSA_KEY, "rsa-1"), public_jwk(EC_KEY, "ec-1"))


def claims(**changes: object) -> dict[str, Any]:
    """Return an access token's claims. A change to None removes one."""
    own = {"iss": ISSUER, "aud": AUDIENCE, "sub": "alice", "iat": 1_000_000_000, "exp": 4_000_000_000}
    return {name: value for name, value in {**own, **changes}.items() if value is not None}


def sign(
    body: Mapping[str, Any],
    *,
    key: PrivateKey = RSA_KEY,
    algorithm: str = "RS256",
    kid: str | None = "rsa-1",
    **header: Any,  # noqa: ANN401 - any JSON value
) -> str:
    """Return a token that is signed as its header says."""
    headers = {"typ": "at+jwt", **({"kid": kid} if kid else {}), **header}
    return jwt.encode(dict(body), key, algorithm=algorithm, headers=headers)


def encode(value: object) -> str:
    """Return a part of a token: base64url without padding, of JSON, bytes or text."""
    raw = (
        value if isinstance(value, bytes) else value.encode() if isinstance(value, str) else json.dumps(value).encode()
    )
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@dataclass
class Issuer:
    """A source of keys that can be down; it counts how often it is asked."""

    keys: Iterable[Mapping[str, Any]] = JWKS
    down: bool = False
    asked: int = 0

    def fetch(self) -> Iterable[Mapping[str, Any]]:
        self.asked += 1
        if self.down:
            raise KeysUnavailableError("NoConnection")
        return self.keys


@dataclass
class Copy:
    """A copy of the keys in memory."""

    kept: KeySet | None = None
    written: int = 0

    def read(self) -> KeySet | None:
        return self.kept

    def write(self, keys: KeySet) -> None:
        self.kept = keys
        self.written += 1


@dataclass
class Clock:
    """A clock that a test sets."""

    now: float = NOW

    def __call__(self) -> float:
        return self.now


@dataclass
class World:
    """An issuer, a region's copy, a clock, and new instances of the function."""

    issuer: Issuer = field(default_factory=Issuer)
    copy: Copy = field(default_factory=Copy)
    clock: Clock = field(default_factory=Clock)

    def instance(self) -> IssuerKeys:
        """Return the keys of a new instance."""
        return IssuerKeys(fetch=self.issuer.fetch, copy=self.copy, log=Log(), clock=self.clock)

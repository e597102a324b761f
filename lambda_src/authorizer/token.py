"""An access token: its form, its signature, and what it says of itself.

The form is checked before any key is looked up, and more narrowly than RFC 7515 demands: a token has one spelling only.
Sources: RFC 7515 (JWS), RFC 7519 (JWT), RFC 8725 (best practices), RFC 9068 (access tokens).
"""

import base64
import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import jwt

from authorizer.errors import RefusedError

MAX_TOKEN_BYTES = 8 * 1024
ALGORITHMS = frozenset({"RS256", "ES256"})
LEEWAY_SECONDS = 10
"""How far the clocks of the issuer and of Lambda may differ."""

_BEARER = re.compile(r"bearer +([A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+)", re.IGNORECASE | re.ASCII)
_ACCESS_TOKEN_TYPES = frozenset({"at+jwt", "application/at+jwt"})
_TYPES = frozenset({"jwt", *_ACCESS_TOKEN_TYPES})
_ID_TOKEN_CLAIMS = frozenset({"at_hash", "c_hash", "s_hash"})
# Cognito's `token_use` and Keycloak's `typ` name the other tokens of the same issuer.
_OTHER_TOKENS: Mapping[str, frozenset[str]] = {
    "token_use": frozenset({"id"}),
    "typ": frozenset({"id", "refresh", "offline", "logout"}),
}
# Source: OpenID Connect Core, section 2: a subject has at most 255 ASCII characters.
_SUBJECT = re.compile(r"[ -~]{1,255}")
_KEY_ID = re.compile(r"[ -~]{1,256}")
_TIMES = ("exp", "nbf", "iat")

FindKey = Callable[[str, str], "jwt.PyJWK | None"]
"""Returns the issuer's key by its id and algorithm, None if it has none."""


@dataclass(frozen=True, kw_only=True)
class Expected:
    """What a token must say: its issuer and its audience. `client_id` is the page's, to which ID tokens are issued."""

    issuer: str
    audience: str
    client_id: str


def bearer_token(header: object) -> str:
    """Return the token of an `Authorization` header. Raises `RefusedError`."""
    if not isinstance(header, str) or not header:
        raise RefusedError("missing")
    if len(header) > MAX_TOKEN_BYTES:
        raise RefusedError("too_large")
    found = _BEARER.fullmatch(header)
    if not found:
        raise RefusedError("malformed")
    return found[1]


def verify(token: str, expected: Expected, find_key: FindKey) -> dict[str, Any]:
    """Return the claims of a valid access token. Raises `RefusedError` for any other text."""
    header, payload, signature = (_decode(part) for part in token.split("."))
    fields = _object(header)
    key = _key(fields, find_key)
    claims = _object(payload)
    if not signature:
        raise RefusedError("malformed")
    _check_types(claims)
    _verify_signature_and_claims(token, key, expected)
    _require_access_token(fields, claims, expected)
    return claims


def _decode(part: str) -> bytes:
    """Decode a part. Another spelling of the same bytes is refused, so that a token cannot be changed unnoticed."""
    try:
        decoded = base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
    except ValueError as error:
        raise RefusedError("malformed") from error
    if base64.urlsafe_b64encode(decoded).rstrip(b"=").decode() != part:
        raise RefusedError("malformed")
    return decoded


def _object(raw: bytes) -> dict[str, Any]:
    try:
        value: object = json.loads(raw.decode(), object_pairs_hook=_without_duplicates, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:  # also a number of more than 4,300 digits
        raise RefusedError("malformed") from error
    if not isinstance(value, dict):
        raise RefusedError("malformed")
    return value


def _without_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name twice")
    return found


def _refuse(name: str) -> object:
    raise ValueError(name)


def _key(fields: Mapping[str, Any], find_key: FindKey) -> "jwt.PyJWK":
    """Return the key that the header names by `kid`. A key that the token itself has (`jwk`, `jku`) is ignored."""
    algorithm, key_id, type_ = fields.get("alg"), fields.get("kid"), fields.get("typ", "JWT")
    if not isinstance(algorithm, str) or algorithm not in ALGORITHMS:
        raise RefusedError("algorithm")
    if "crit" in fields or "b64" in fields or "zip" in fields:
        raise RefusedError("extension")
    if not isinstance(type_, str) or type_.lower() not in _TYPES:
        raise RefusedError("type")
    if not isinstance(key_id, str) or not _KEY_ID.fullmatch(key_id):
        raise RefusedError("key_id")
    key = find_key(key_id, algorithm)
    if key is None:
        raise RefusedError("unknown_key")
    return key


def _check_types(claims: Mapping[str, Any]) -> None:
    """Refuse times that are no finite numbers, which libraries read in different ways."""
    for name in _TIMES:
        value = claims.get(name, 0)
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(_float(value)):
            raise RefusedError("time")


def _float(value: float) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf


def _verify_signature_and_claims(token: str, key: "jwt.PyJWK", expected: Expected) -> None:
    try:
        jwt.decode(
            token,
            key=key,
            algorithms=[key.algorithm_name],
            issuer=expected.issuer,
            audience=expected.audience,
            leeway=LEEWAY_SECONDS,
            options={"require": ["exp", "iss", "aud", "sub"]},
        )
    except jwt.ExpiredSignatureError as error:
        raise RefusedError("expired") from error
    except jwt.InvalidAudienceError as error:
        raise RefusedError("audience") from error
    except jwt.InvalidIssuerError as error:
        raise RefusedError("issuer") from error
    except jwt.ImmatureSignatureError as error:
        raise RefusedError("not_yet_valid") from error
    except jwt.InvalidSignatureError as error:
        raise RefusedError("signature") from error
    except (jwt.PyJWTError, ValueError, TypeError, OverflowError) as error:
        raise RefusedError("invalid") from error


def _require_access_token(fields: Mapping[str, Any], claims: Mapping[str, Any], expected: Expected) -> None:
    """Refuse the other tokens of the issuer. An ID token's audience is always its client.

    Source: OpenID Connect Core, section 2. A token that calls itself an access token (RFC 9068) may name the client.
    """
    subject = claims["sub"]
    if not isinstance(subject, str) or not _SUBJECT.fullmatch(subject):
        raise RefusedError("subject")
    for name, others in _OTHER_TOKENS.items():
        if str(claims.get(name, "")).lower() in others:
            raise RefusedError("not_an_access_token")
    if str(fields.get("typ", "")).lower() in _ACCESS_TOKEN_TYPES:
        return
    audience = claims["aud"]
    audiences = audience if isinstance(audience, list) else [audience]
    if expected.client_id in audiences or claims.keys() & _ID_TOKEN_CLAIMS:
        raise RefusedError("not_an_access_token")

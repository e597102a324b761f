"""Which tokens are accepted, and the reason why another one is refused."""

import time
from typing import Any

import pytest

from authorizer.errors import RefusedError
from authorizer.token import LEEWAY_SECONDS, MAX_TOKEN_BYTES, bearer_token, verify
from tests.lambdas.authorizer.helpers import (
    AUDIENCE,
    CLIENT,
    EC_KEY,
    EXPECTED,
    OTHER_RSA_KEY,
    World,
    claims,
    encode,
    sign,
)


def _accept(token: str) -> dict[str, Any]:
    return verify(bearer_token(f"Bearer {token}"), EXPECTED, World().instance().find)


def _reason(token: str) -> str:
    with pytest.raises(RefusedError) as refused:
        _accept(token)
    return str(refused.value)


@pytest.mark.parametrize(
    "token",
    [
        sign(claims()),
        sign(claims(), typ="JWT"),
        sign(claims(), typ="application/at+jwt"),
        sign(claims(), key=EC_KEY, algorithm="ES256", kid="ec-1"),
        sign(claims(aud=[AUDIENCE, "https://login.example.com/userinfo"])),
        sign(claims(aud=[AUDIENCE, CLIENT])),
        sign(claims(nbf=1_000_000_000)),
        sign(claims(exp=4_000_000_000.5)),
        sign(claims(sub="a" * 255)),
    ],
    ids=["rs256", "jwt", "application", "es256", "audiences", "at+jwt-and-client", "nbf", "float", "long-subject"],
)
def test_a_valid_access_token_is_accepted(token: str) -> None:
    assert _accept(token)["iss"] == EXPECTED.issuer


@pytest.mark.parametrize(
    "token, reason",
    [
        (sign(claims(exp=1)), "expired"),
        (sign(claims(exp=None)), "invalid"),
        (sign(claims(exp=True)), "time"),
        (sign(claims(exp="4000000000")), "time"),
        (sign(claims(nbf=3_900_000_000)), "not_yet_valid"),
        (sign(claims(iat=3_900_000_000)), "not_yet_valid"),
        (sign(claims(nbf="now")), "time"),
        (sign(claims(aud="other")), "audience"),
        (sign(claims(aud=CLIENT)), "audience"),
        (sign(claims(aud=None)), "invalid"),
        (sign(claims(aud=[])), "invalid"),
        (sign(claims(iss="https://login.example.com/tenant/")), "issuer"),
        (sign(claims(iss="https://login.example.com")), "issuer"),
        (sign(claims(iss=None)), "invalid"),
        (sign(claims(sub=None)), "invalid"),
        (sign(claims(sub="")), "subject"),
        (sign(claims(sub="a" * 256)), "subject"),
        (sign(claims(sub="a\nb")), "subject"),
        (sign(claims(), kid="other"), "unknown_key"),
        (sign(claims(), kid=None), "key_id"),
        (sign(claims(), key=OTHER_RSA_KEY), "signature"),
        (sign(claims(), typ="logout+jwt"), "type"),
        (sign(claims(), typ="dpop+jwt"), "type"),
        (sign(claims(), crit=["exp"]), "extension"),
        (sign(claims(aud=[AUDIENCE, CLIENT]), typ="JWT"), "not_an_access_token"),
        (sign(claims(at_hash="x"), typ="JWT"), "not_an_access_token"),
        (sign(claims() | {"token_use": "id"}, typ="JWT"), "not_an_access_token"),
        (sign(claims(typ="ID"), typ="JWT"), "not_an_access_token"),
        (sign(claims(typ="Refresh"), typ="JWT"), "not_an_access_token"),
        ("a.b", "malformed"),
        ("a.b.c.d.e", "malformed"),
        (sign(claims()) + "=", "malformed"),
        *(
            (f"{encode(header)}.{encode(claims())}.{signature}", reason)
            for header, signature, reason in (
                ('{"alg": "RS256", "alg": "RS256", "kid": "rsa-1"}', "c2ln", "malformed"),
                ('{"alg": "RS256", "kid": "rsa-1", "x": NaN}', "c2ln", "malformed"),
                ("[]", "c2ln", "malformed"),
                (b"\xff", "c2ln", "malformed"),
                ({"alg": "RS256", "kid": "rsa-1"}, "", "malformed"),
                ({"alg": "none", "kid": "rsa-1"}, "c2ln", "algorithm"),
                ({"alg": 5, "kid": "rsa-1"}, "c2ln", "algorithm"),
                ({"alg": "RS256", "kid": "rsa-1", "typ": 5}, "c2ln", "type"),
                ({"alg": "RS256", "kid": "rsa-1", "zip": "DEF"}, "c2ln", "extension"),
                ({"alg": "RS256", "kid": "rsa-1", "b64": False}, "c2ln", "extension"),
                ({"alg": "RS256", "kid": 5}, "c2ln", "key_id"),
                ({"alg": "RS256", "kid": "k" * 257}, "c2ln", "key_id"),
                ({"alg": "RS256", "kid": "k" * 256}, "c2ln", "unknown_key"),
            )
        ),
        (f"{encode({'alg': 'RS256', 'kid': 'rsa-1'})}.{encode(claims(iat=10**400))}.c2ln", "time"),
    ],
)
def test_any_other_token_is_refused_with_its_reason(token: str, reason: str) -> None:
    assert _reason(token) == reason


@pytest.mark.parametrize(
    "header, reason",
    [
        (None, "missing"),
        ("", "missing"),
        (7, "missing"),
        ("Bearer", "malformed"),
        ("Bearer ", "malformed"),
        ("Basic YTpi", "malformed"),
        (sign(claims()), "malformed"),
        (f"Bearer {sign(claims())} ", "malformed"),
        (f"Bearer {sign(claims())}\n", "malformed"),
        (f"Bearer {sign(claims())}, Bearer {sign(claims())}", "malformed"),
        ("Bearer " + "a" * MAX_TOKEN_BYTES, "too_large"),
        (f"Bearer {sign(claims(padding='x' * MAX_TOKEN_BYTES))}", "too_large"),
        ("Bearer \u0430.\u0430.\u0430", "malformed"),
    ],
)
def test_a_header_without_a_token_of_the_right_form_is_refused(header: object, reason: str) -> None:
    with pytest.raises(RefusedError) as refused:
        bearer_token(header)
    assert str(refused.value) == reason


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_scheme_s_case_does_not_matter(scheme: str) -> None:
    assert bearer_token(f"{scheme} a.b.c") == "a.b.c"


def test_clocks_may_differ_by_a_few_seconds() -> None:
    now = int(time.time())
    assert _accept(sign(claims(exp=now - LEEWAY_SECONDS + 5, nbf=now + LEEWAY_SECONDS - 2)))
    assert _reason(sign(claims(exp=now - LEEWAY_SECONDS - 2))) == "expired"

"""No forged token is accepted, and none is an error of the function: each gets the answer 401."""

import string
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from authorizer.decision import Rules, UnauthorizedError, decide
from authorizer.keys import IssuerKeys
from shared.logs import Log
from tests.lambdas.authorizer.attacks import attacks
from tests.lambdas.authorizer.helpers import EC_KEY, EXPECTED, World, claims, encode, sign

RULES: Final = Rules(expected=EXPECTED, required={}, reported=frozenset())
METHOD: Final = "arn:aws:execute-api:us-west-2:111122223333:a1b2c3d4e5/prod/POST/docs"
FORGED: Final = list(attacks())
VALID: Final = (sign(claims()), sign(claims(), key=EC_KEY, algorithm="ES256", kid="ec-1"))
BASE64URL: Final = string.ascii_letters + string.digits + "-_"


@pytest.fixture(scope="module")
def keys() -> IssuerKeys:
    return World().instance()


def _decide(header: str, keys: IssuerKeys) -> dict[str, object]:
    return decide({"methodArn": METHOD, "headers": {"authorization": header}}, RULES, keys.find, Log())


def test_the_suite_has_at_least_two_hundred_different_tokens() -> None:
    assert len({token for _, token in FORGED}) >= 200
    assert len({name for name, _ in FORGED}) == len(FORGED)


def test_the_suite_s_own_valid_tokens_are_accepted(keys: IssuerKeys) -> None:
    for token in VALID:
        assert _decide(f"Bearer {token}", keys)["principalId"] == "alice"


@pytest.mark.parametrize("token", [token for _, token in FORGED], ids=[str(n) for n in range(len(FORGED))])
def test_a_forged_token_is_unauthorized(token: str, keys: IssuerKeys) -> None:
    for header in (f"Bearer {token}", token):
        with pytest.raises(UnauthorizedError, match=r"^Unauthorized$"):
            _decide(header, keys)


@settings(max_examples=100)
@given(data=st.data())
def test_a_token_with_one_changed_character_is_unauthorized(keys: IssuerKeys, data: st.DataObject) -> None:
    token = data.draw(st.sampled_from(VALID))
    place = data.draw(st.integers(0, len(token) - 1))
    character = data.draw(st.sampled_from(BASE64URL + ".=").filter(lambda each: each != token[place]))
    with pytest.raises(UnauthorizedError):
        _decide(f"Bearer {token[:place]}{character}{token[place + 1 :]}", keys)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from(["alg", "kid", "typ", "crit", "jwk", "jku", "iss", "aud", "sub", "exp", "nbf", "iat", "b64"])


@settings(max_examples=100)
@given(
    header=st.dictionaries(NAMES | st.text(max_size=5), JSON | st.sampled_from(["RS256", "rsa-1", "ec-1"]), max_size=6),
    body=st.dictionaries(NAMES | st.text(max_size=5), JSON, max_size=6),
    signature=st.binary(max_size=300),
)
def test_any_unsigned_token_is_unauthorized(
    keys: IssuerKeys, header: dict[str, object], body: dict[str, object], signature: bytes
) -> None:
    token = f"{encode(header)}.{encode(body)}.{encode(signature)}"
    with pytest.raises(UnauthorizedError):
        _decide(f"Bearer {token}", keys)


@settings(max_examples=100)
@given(header=st.text(max_size=200) | st.binary(max_size=200).map(lambda raw: raw.decode("latin-1")))
def test_any_header_is_unauthorized(keys: IssuerKeys, header: str) -> None:
    with pytest.raises(UnauthorizedError):
        _decide(header, keys)


@settings(max_examples=100)
@given(changes=st.dictionaries(NAMES, JSON, min_size=1, max_size=4))
def test_odd_claims_that_the_issuer_signs_are_no_error(keys: IssuerKeys, changes: dict[str, object]) -> None:
    body = claims() | changes
    try:
        token = sign(body)
    except (ValueError, TypeError):  # the library that signs refuses some of them
        return
    try:
        decided = _decide(f"Bearer {token}", keys)
    except UnauthorizedError:
        return
    assert decided["principalId"] == body["sub"]
    assert body["iss"] == EXPECTED.issuer
    assert EXPECTED.audience in (body["aud"] if isinstance(body["aud"], list) else [body["aud"]])

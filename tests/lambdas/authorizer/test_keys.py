"""The issuer's keys: how long they are kept, when they are fetched, and what an issuer that is down changes."""

import json

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from authorizer.keys import KEPT_SECONDS, MAX_COPY_BYTES, MAX_KEYS, PAUSE_SECONDS, STALE_SECONDS, KeySet, signing_keys
from tests.lambdas.authorizer.helpers import EC_KEY, JWKS, OTHER_RSA_KEY, RSA_KEY, World, public_jwk


def test_a_key_is_found_by_its_id_and_its_own_algorithm() -> None:
    keys = World().instance()
    assert keys.find("rsa-1", "RS256") is not None
    assert keys.find("ec-1", "ES256") is not None
    assert keys.find("rsa-1", "ES256") is None
    assert keys.find("ec-1", "RS256") is None


def test_keys_are_fetched_once_a_day() -> None:
    world = World()
    keys = world.instance()
    for _ in range(3):
        keys.find("rsa-1", "RS256")
    assert world.issuer.asked == 1
    world.clock.now += KEPT_SECONDS + 1
    keys.find("rsa-1", "RS256")
    assert world.issuer.asked == 2


def test_a_new_key_of_the_issuer_is_found_at_once() -> None:
    world = World()
    keys = world.instance()
    keys.find("rsa-1", "RS256")
    world.clock.now += PAUSE_SECONDS
    world.issuer.keys = [public_jwk(OTHER_RSA_KEY, "rsa-2"), *JWKS]
    assert keys.find("rsa-2", "RS256") is not None
    assert keys.find("rsa-1", "RS256") is not None


def test_a_flood_of_unknown_keys_costs_one_fetch_a_minute() -> None:
    world = World()
    keys = world.instance()
    for number in range(1_000):
        assert keys.find(f"unknown-{number}", "RS256") is None
        world.clock.now += PAUSE_SECONDS / 500
    assert world.issuer.asked <= 3


def test_keys_are_used_while_the_issuer_is_down_and_no_longer_than_a_week() -> None:
    world = World()
    keys = world.instance()
    keys.find("rsa-1", "RS256")
    world.issuer.down = True
    world.clock.now += STALE_SECONDS - 1
    assert keys.find("rsa-1", "RS256") is not None
    world.clock.now += 2
    assert keys.find("rsa-1", "RS256") is None


def test_a_new_instance_uses_the_region_s_copy_while_the_issuer_is_down() -> None:
    world = World()
    world.instance().find("rsa-1", "RS256")
    world.issuer.down = True
    assert world.instance().find("rsa-1", "RS256") is not None


def test_a_new_instance_does_not_ask_the_issuer_if_the_copy_is_fresh() -> None:
    world = World()
    world.instance().find("rsa-1", "RS256")
    world.instance().find("rsa-1", "RS256")
    assert world.issuer.asked == 1


def test_without_any_key_a_down_issuer_lets_nobody_in_and_is_asked_once_a_minute() -> None:
    world = World()
    world.issuer.down = True
    keys = world.instance()
    for _ in range(50):
        assert keys.find("rsa-1", "RS256") is None
    assert world.issuer.asked == 1
    world.issuer.down = False
    world.clock.now += PAUSE_SECONDS
    assert keys.find("rsa-1", "RS256") is not None


def test_each_fetch_writes_the_copy_and_a_failed_one_keeps_it() -> None:
    world = World()
    keys = world.instance()
    assert keys.refresh()
    assert world.copy.written == 1
    world.issuer.down = True
    world.clock.now += PAUSE_SECONDS
    assert not keys.refresh()
    assert world.copy.written == 1


def test_an_issuer_that_answers_without_keys_does_not_take_the_known_ones_away() -> None:
    world = World()
    keys = world.instance()
    keys.find("rsa-1", "RS256")
    world.issuer.keys = []
    world.clock.now += KEPT_SECONDS + 1
    assert keys.find("rsa-1", "RS256") is not None


@pytest.mark.parametrize(
    "key",
    [
        public_jwk(RSA_KEY, "k", use="enc"),
        public_jwk(RSA_KEY, "k", alg="RS512"),
        public_jwk(RSA_KEY, "k", alg="RSA-OAEP"),
        public_jwk(RSA_KEY, "k", key_ops=["encrypt"]),
        public_jwk(RSA_KEY, "k", n="!"),
        public_jwk(RSA_KEY, "k", n=7),
        {**public_jwk(RSA_KEY, "k"), "kid": None},
        public_jwk(rsa.generate_private_key(public_exponent=65537, key_size=1024), "k"),  # noqa: S505 - it is refused
        public_jwk(EC_KEY, "k", crv="P-384"),
        public_jwk(EC_KEY, "k", x="AAAA"),
        public_jwk(EC_KEY, "k", alg="HS256"),
        {**public_jwk(ec.generate_private_key(ec.SECP384R1()), "k"), "alg": "ES256"},
        {"kty": "oct", "kid": "k", "k": "c2VjcmV0", "alg": "HS256"},
        {"kty": "OKP", "kid": "k", "crv": "Ed25519", "x": "AAAA", "alg": "EdDSA"},
        {"kid": "k"},
        "key",
        None,
    ],
)
def test_a_key_that_is_none_for_these_signatures_is_left_out(key: object) -> None:
    assert list(signing_keys([key])) == []  # type: ignore[list-item]  # an issuer may answer anything


def test_only_public_numbers_are_kept() -> None:
    (kept,) = signing_keys([public_jwk(RSA_KEY, "k", d="private", x5c=["certificate"], extra=1)])
    assert set(kept) == {"kty", "kid", "alg", "n", "e"}


def test_a_key_without_an_algorithm_has_the_one_of_its_type() -> None:
    bare = [{name: value for name, value in key.items() if name not in {"alg", "use"}} for key in JWKS]
    assert [key["alg"] for key in signing_keys(bare)] == ["RS256", "ES256"]


def test_an_issuer_with_many_keys_has_the_first_ones() -> None:
    many = [public_jwk(EC_KEY, f"k{number}") for number in range(MAX_KEYS + 5)]
    assert len(list(signing_keys(many))) == MAX_KEYS


def test_a_copy_is_read_as_it_was_written_and_fits_with_six_rsa_keys() -> None:
    keys = KeySet(fetched_at=1.5, keys=tuple(signing_keys([public_jwk(RSA_KEY, f"{n:064}") for n in range(6)])))
    assert KeySet.from_text(keys.as_text()) == keys
    assert len(keys.as_text()) < MAX_COPY_BYTES


@pytest.mark.parametrize(
    "text",
    ["", "{}", "[]", "null", '{"keys": []}', '{"keys": [1], "fetchedAt": 1}', '{"keys": 1, "fetchedAt": 1}',
     json.dumps({"keys": JWKS, "fetchedAt": "yesterday"}), "[" * 100_000],
)  # fmt: skip
def test_a_copy_that_is_none_is_ignored(text: str) -> None:
    assert KeySet.from_text(text) is None

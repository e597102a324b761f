"""The issuer's keys: kept for a day, fetched again for an unknown key, used on while the issuer does not answer.

A new instance of the function starts without keys, and it may start while the issuer is down: during a failover the
other region's instances are all new. So each region has a copy in Parameter Store, which only this function writes. A
schedule fetches the keys in both regions, also in the one that has no users.
"""

import json
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import jwt

from authorizer.errors import KeysUnavailableError
from shared.logs import Log

KEPT_SECONDS = 24 * 3600.0
STALE_SECONDS = 7 * 24 * 3600.0
"""How long keys are used while the issuer does not answer. Tokens end much earlier."""
PAUSE_SECONDS = 60.0
"""The shortest time between two attempts of one instance to fetch the keys, whatever tokens it is sent."""
MAX_KEYS = 20
# Parameter Store's standard tier has 4 KB. Source: docs.aws.amazon.com, Systems Manager, "Managing parameter tiers".
MAX_COPY_BYTES = 4096
_MINIMUM_RSA_BITS = 2048
_KINDS: Mapping[object, tuple[str, tuple[str, ...]]] = {
    ("RSA", None): ("RS256", ("n", "e")),
    ("EC", "P-256"): ("ES256", ("crv", "x", "y")),
}
"""The algorithm and the public numbers of each kind of key (type and curve)."""

Jwk = Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class KeySet:
    """The issuer's signing keys, only their public numbers, and when they were fetched (seconds since 1970)."""

    fetched_at: float
    keys: tuple[Jwk, ...]

    def as_text(self) -> str:
        """Return the set for the copy."""
        return json.dumps({"fetchedAt": self.fetched_at, "keys": self.keys}, separators=(",", ":"))

    @classmethod
    def from_text(cls, text: str) -> "KeySet | None":
        """Read a copy, None if it has no keys."""
        try:
            document = json.loads(text)
            keys = tuple(signing_keys(document["keys"]))
            return cls(fetched_at=float(document["fetchedAt"]), keys=keys) if keys else None
        except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
            return None


class KeyCopy(Protocol):
    """The copy of the keys in this region. Neither method raises."""

    def read(self) -> KeySet | None:
        """Return the copy, None if there is none or it could not be read."""

    def write(self, keys: KeySet) -> None:
        """Replace the copy."""


@dataclass(kw_only=True)
class IssuerKeys:
    """The keys that this instance knows."""

    fetch: Callable[[], Iterable[Jwk]]
    copy: KeyCopy
    log: Log
    clock: Callable[[], float] = time.time
    _set: KeySet | None = None
    _ready: dict[tuple[str, str], jwt.PyJWK] = field(default_factory=dict)
    _copy_read: bool = False
    _tried_at: float = -PAUSE_SECONDS

    def find(self, key_id: str, algorithm: str) -> jwt.PyJWK | None:
        """Return a key, None if the issuer has none of this id and algorithm.

        A token with an unknown key costs at most one fetch in `PAUSE_SECONDS`.
        """
        self._read_copy_once()
        if self._age() > KEPT_SECONDS:
            self.refresh()
        if (key_id, algorithm) not in self._usable():
            self.refresh()
        return self._usable().get((key_id, algorithm))

    def refresh(self) -> bool:
        """Fetch the keys and write the copy, unless that was tried a moment ago. Return whether they were fetched."""
        now = self.clock()
        if now - self._tried_at < PAUSE_SECONDS:
            return False
        self._tried_at = now
        try:
            keys = tuple(signing_keys(self.fetch()))
        except KeysUnavailableError as error:
            self.log.warning("issuer_unavailable", reason=str(error), keysAgeSeconds=self._known_age())
            return False
        if not keys:
            self.log.warning("issuer_unavailable", reason="no_keys", keysAgeSeconds=self._known_age())
            return False
        fetched = KeySet(fetched_at=now, keys=keys)
        self._use(fetched)
        self.log.info("keys_fetched", keys=len(keys))
        self.copy.write(fetched)
        return True

    def _read_copy_once(self) -> None:
        if self._set is not None or self._copy_read:
            return
        self._copy_read = True
        if copied := self.copy.read():
            self._use(copied)

    def _use(self, keys: KeySet) -> None:
        self._set = keys
        self._ready = {}
        for key in keys.keys:
            ready = jwt.PyJWK(dict(key), algorithm=key["alg"])
            self._ready.setdefault((key["kid"], key["alg"]), ready)

    def _usable(self) -> dict[tuple[str, str], jwt.PyJWK]:
        return self._ready if self._age() <= STALE_SECONDS else {}

    def _age(self) -> float:
        return self.clock() - self._set.fetched_at if self._set else float("inf")

    def _known_age(self) -> int | None:
        return round(self._age()) if self._set else None


def signing_keys(keys: Iterable[Mapping[str, Any]]) -> Iterable[Jwk]:
    """Yield the keys that sign tokens with RS256 or ES256, each with its id, its algorithm and its public numbers only.

    Source: RFC 7517, section 4. Keys for encryption, short RSA keys and keys without an id are left out.
    """
    found = 0
    for key in keys:
        usable = _signing_key(key) if isinstance(key, Mapping) else None
        if usable and found < MAX_KEYS:
            found += 1
            yield usable


def _signing_key(key: Mapping[str, Any]) -> Jwk | None:
    if not isinstance(key.get("kid"), str) or key.get("use", "sig") != "sig" or "verify" not in _operations(key):
        return None
    kind = (key.get("kty"), key.get("crv") if key.get("kty") == "EC" else None)
    if kind not in _KINDS:
        return None
    algorithm, numbers = _KINDS[kind]
    if key.get("alg", algorithm) != algorithm or not all(isinstance(key.get(name), str) for name in numbers):
        return None
    public = {"kty": key["kty"], "kid": key["kid"], "alg": algorithm, **{name: key[name] for name in numbers}}
    return public if _can_be_read(public) else None


def _operations(key: Mapping[str, Any]) -> Iterable[str]:
    operations = key.get("key_ops", ("verify",))
    return operations if isinstance(operations, list | tuple) else ()


def _can_be_read(key: Jwk) -> bool:
    try:
        ready = jwt.PyJWK(dict(key), algorithm=key["alg"])
    except (jwt.PyJWTError, ValueError, TypeError, OverflowError):
        return False
    return key["kty"] != "RSA" or int(ready.key.key_size) >= _MINIMUM_RSA_BITS

"""How long CloudFront keeps an answer, as its documentation says. Pure rules: no clock, no network.

Source of everything here unless said otherwise: docs.aws.amazon.com, CloudFront, "Manage how long content stays in the
cache (expiration)" and "How CloudFront caches HTTP 4xx and 5xx status codes from your origin".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qs, urlencode

ERROR_SECONDS: Final = 10.0
"""The default error caching minimum TTL."""

LEAST_ERROR_SECONDS: Final = 1.0
"""With an S3 origin a minimum TTL of 0 still means one second."""

CACHED_ERRORS: Final = frozenset({404, 414, 500, 501, 502, 503, 504})
CACHED_WHEN_ASKED: Final = frozenset({400, 403, 405, 412, 415})
"""Cached only if the origin sends max-age or s-maxage."""

_UNCACHED: Final = frozenset({"no-cache", "no-store", "private"})
_NEVER_STALE: Final = frozenset({"must-revalidate", "proxy-revalidate"})

Headers = Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Behavior:
    """What a cache behaviour says of one request: its target origin, the TTLs of its cache policy, its error TTLs."""

    target: str
    minimum: float
    default: float
    maximum: float
    query: bool = False
    errors: Mapping[int, float]

    @property
    def caches(self) -> bool:
        """Whether anything is ever kept: not with a maximum TTL of 0, as in the policy CachingDisabled."""
        return self.maximum > 0

    def text(self) -> str:
        """Return it as the text of a header."""
        errors = {f"error.{status}": seconds for status, seconds in self.errors.items()}
        times = {"minimum": self.minimum, "default": self.default, "maximum": self.maximum}
        return urlencode({"target": self.target, "query": int(self.query), **times, **errors})

    @classmethod
    def read(cls, text: str) -> "Behavior":
        """Read what `text` returned. Raises `KeyError` or `ValueError` for anything else."""
        values = {name: value for name, (value, *_) in parse_qs(text, strict_parsing=True).items()}
        errors = {int(name[6:]): float(value) for name, value in values.items() if name.startswith("error.")}
        return cls(
            target=values["target"],
            minimum=float(values["minimum"]),
            default=float(values["default"]),
            maximum=float(values["maximum"]),
            query=values["query"] == "1",
            errors=errors,
        )


@dataclass(frozen=True, kw_only=True)
class Lifetime:
    """Seconds from now: fresh; then served stale while it is revalidated; then stale if the origin fails."""

    fresh: float
    stale_while_revalidate: float = 0.0
    stale_if_error: float = 0.0


def lifetime(status: int, headers: Headers, behavior: Behavior, *, now: datetime) -> Lifetime | None:
    """Return how long an answer is kept, None when it is not. `now` is the wall clock, for the header `Expires`."""
    if not behavior.caches:
        return None
    if status >= HTTPStatus.BAD_REQUEST:
        return _error_lifetime(status, headers, behavior)
    directives = cache_directives(headers)
    if _UNCACHED & directives.keys():
        return Lifetime(fresh=behavior.minimum) if behavior.minimum > 0 else None
    asked = _asked(directives, headers, now=now)
    fresh = max(behavior.minimum, behavior.default if asked is None else min(asked, behavior.maximum))
    if _NEVER_STALE & directives.keys():
        return Lifetime(fresh=fresh)
    # Stale content is served for the directive's time or the maximum TTL, whichever is less; without the directive
    # CloudFront serves it for as long as it has it.
    return Lifetime(
        fresh=fresh,
        stale_while_revalidate=_stale(directives, "stale-while-revalidate", fresh, behavior, otherwise=0.0),
        stale_if_error=_stale(directives, "stale-if-error", fresh, behavior, otherwise=behavior.maximum),
    )


def error_seconds(status: int, behavior: Behavior) -> float:
    """Return how long CloudFront waits before it asks the origin again after this error."""
    return max(behavior.errors.get(status, ERROR_SECONDS), LEAST_ERROR_SECONDS)


def cache_directives(headers: Headers) -> Mapping[str, str]:
    """Return the directives of `Cache-Control`, names in lower case, "" for those without a value."""
    directives: dict[str, str] = {}
    for part in headers.get("cache-control", "").split(","):
        name, _, value = part.strip().partition("=")
        directives.setdefault(name.lower(), value.strip('"'))
    return directives


def _error_lifetime(status: int, headers: Headers, behavior: Behavior) -> Lifetime | None:
    asked = _seconds(cache_directives(headers), "s-maxage", "max-age")
    if status in CACHED_ERRORS:
        return Lifetime(fresh=max(error_seconds(status, behavior), min(asked or 0.0, behavior.maximum)))
    if status in CACHED_WHEN_ASKED and asked:
        return Lifetime(fresh=max(error_seconds(status, behavior), min(asked, behavior.maximum)))
    return None


def _asked(directives: Mapping[str, str], headers: Headers, *, now: datetime) -> float | None:
    asked = _seconds(directives, "s-maxage", "max-age")
    if asked is not None or "expires" not in headers:
        return asked
    try:
        expires = parsedate_to_datetime(headers["expires"])
    except ValueError:
        return 0.0  # "an invalid date means already expired"; RFC 9111, 5.3
    return max(0.0, (expires.replace(tzinfo=expires.tzinfo or UTC) - now).total_seconds())


def _stale(directives: Mapping[str, str], name: str, fresh: float, behavior: Behavior, *, otherwise: float) -> float:
    asked = _seconds(directives, name)
    return max(0.0, min(otherwise if asked is None else asked, behavior.maximum - fresh))


def _seconds(directives: Mapping[str, str], *names: str) -> float | None:
    for name in names:
        if directives.get(name, "").isdecimal():
            return float(directives[name])
    return None

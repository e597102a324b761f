"""How long CloudFront caches a response, by its documentation. Pure rules: no clock, no network.

Source of all rules, unless another is named: docs.aws.amazon.com, CloudFront, "Manage how long content stays in the
cache (expiration)" and "How CloudFront caches HTTP 4xx and 5xx status codes from your origin".
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Final
from urllib.parse import quote, unquote

DEFAULT_ERROR_TTL: Final = 10.0
"""The default error caching minimum TTL."""

MINIMUM_ERROR_TTL: Final = 1.0
"""With an S3 origin, a minimum TTL of 0 means one second."""

CACHED_ERRORS: Final = frozenset({404, 414, 500, 501, 502, 503, 504})
CACHED_ERRORS_WITH_MAX_AGE: Final = frozenset({400, 403, 405, 412, 415})
"""Cached only if the origin sends `max-age` or `s-maxage`."""

_UNCACHED: Final = frozenset({"no-cache", "no-store", "private"})
_NEVER_STALE: Final = frozenset({"must-revalidate", "proxy-revalidate"})

Headers = Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class CacheSettings:
    """The settings for one request: target origin, TTLs of the cache policy (seconds), error TTLs by status code.

    `query_in_key`: the query string is part of the cache key and is sent to the origin.
    """

    target_origin: str
    minimum_ttl: float
    default_ttl: float
    maximum_ttl: float
    query_in_key: bool = False
    error_ttls: Mapping[int, float]

    @property
    def caches(self) -> bool:
        """Whether responses are cached: not with a maximum TTL of 0, as in the cache policy CachingDisabled."""
        return self.maximum_ttl > 0

    def header_value(self) -> str:
        """Return the settings as the value of a header."""
        return quote(json.dumps(asdict(self)))

    @classmethod
    def from_header(cls, value: str) -> "CacheSettings":
        """Return the settings that `header_value` encoded. Raises `KeyError`, `TypeError` or `ValueError` otherwise."""
        settings = json.loads(unquote(value))
        error_ttls = {int(status): ttl for status, ttl in dict(settings["error_ttls"]).items()}
        return cls(**{**settings, "error_ttls": error_ttls})


@dataclass(frozen=True, kw_only=True)
class Lifetime:
    """Seconds: how long a response is fresh, and then how long it may be served stale, in two cases."""

    fresh: float
    stale_while_revalidate: float = 0.0
    stale_if_error: float = 0.0


def lifetime(status: int, headers: Headers, settings: CacheSettings, *, now: datetime) -> Lifetime | None:
    """Return how long a response is cached, None if it is not. `now` is the wall clock, for the header `Expires`."""
    if not settings.caches:
        return None
    if status >= HTTPStatus.BAD_REQUEST:
        return _error_lifetime(status, headers, settings)
    directives = cache_directives(headers)
    if _UNCACHED & directives.keys():
        return Lifetime(fresh=settings.minimum_ttl) if settings.minimum_ttl > 0 else None
    origin_ttl = _origin_ttl(directives, headers, now=now)
    fresh = max(
        settings.minimum_ttl, settings.default_ttl if origin_ttl is None else min(origin_ttl, settings.maximum_ttl)
    )
    if _NEVER_STALE & directives.keys():
        return Lifetime(fresh=fresh)
    # Stale content is served for the time of the directive or for the maximum TTL, whichever is less. Without the
    # directive, CloudFront serves it as long as it is cached.
    return Lifetime(
        fresh=fresh,
        stale_while_revalidate=_stale(directives, "stale-while-revalidate", fresh, settings, otherwise=0.0),
        stale_if_error=_stale(directives, "stale-if-error", fresh, settings, otherwise=settings.maximum_ttl),
    )


def error_ttl(status: int, settings: CacheSettings) -> float:
    """Return how many seconds CloudFront waits after this error before it sends a request to the origin again."""
    return max(settings.error_ttls.get(status, DEFAULT_ERROR_TTL), MINIMUM_ERROR_TTL)


def cache_directives(headers: Headers) -> Mapping[str, str]:
    """Return the directives of `Cache-Control` with names in lower case; the value is "" if there is none."""
    directives: dict[str, str] = {}
    for part in headers.get("cache-control", "").split(","):
        name, _, value = part.strip().partition("=")
        directives.setdefault(name.lower(), value.strip('"'))
    return directives


def _error_lifetime(status: int, headers: Headers, settings: CacheSettings) -> Lifetime | None:
    origin_ttl = _seconds(cache_directives(headers), "s-maxage", "max-age")
    if status in CACHED_ERRORS:
        return Lifetime(fresh=max(error_ttl(status, settings), min(origin_ttl or 0.0, settings.maximum_ttl)))
    if status in CACHED_ERRORS_WITH_MAX_AGE and origin_ttl:
        return Lifetime(fresh=max(error_ttl(status, settings), min(origin_ttl, settings.maximum_ttl)))
    return None


def _origin_ttl(directives: Mapping[str, str], headers: Headers, *, now: datetime) -> float | None:
    max_age = _seconds(directives, "s-maxage", "max-age")
    if max_age is not None or "expires" not in headers:
        return max_age
    try:
        expires = parsedate_to_datetime(headers["expires"])
    except ValueError:
        return 0.0  # "an invalid date means already expired"; RFC 9111, 5.3
    return max(0.0, (expires.replace(tzinfo=expires.tzinfo or UTC) - now).total_seconds())


def _stale(
    directives: Mapping[str, str], name: str, fresh: float, settings: CacheSettings, *, otherwise: float
) -> float:
    seconds = _seconds(directives, name)
    return max(0.0, min(otherwise if seconds is None else seconds, settings.maximum_ttl - fresh))


def _seconds(directives: Mapping[str, str], *names: str) -> float | None:
    for name in names:
        if directives.get(name, "").isdecimal():
            return float(directives[name])
    return None

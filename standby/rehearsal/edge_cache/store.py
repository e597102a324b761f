"""The cache of one edge location: the stored responses, and how it responds to a request at a point in time."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Final

from standby.rehearsal.edge_cache.rules import CacheSettings, error_ttl, lifetime

CAPACITY: Final = 10_000
HIT: Final = "Hit from cloudfront"
MISS: Final = "Miss from cloudfront"
REFRESH_HIT: Final = "RefreshHit from cloudfront"
ERROR: Final = "Error from cloudfront"


@dataclass(frozen=True, kw_only=True)
class Response:
    """An HTTP response; header names are in lower case.

    `missing_bytes`: how many bytes the origin announced and did not send, 0 if the response is complete.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    missing_bytes: int = 0


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A cached response, with the times (monotonic seconds) until which it may be served in each case.

    After an error of the origin, no request is sent to it before `retry_at`.
    """

    response: Response
    stored_at: float
    fresh_until: float
    revalidate_until: float
    error_until: float
    retry_at: float = 0.0


Fetch = Callable[[Mapping[str, str]], Response]
"""Sends a request with these conditional headers to the origin."""


class Cache:
    """The cache of one edge location. Many threads may use it; a response is fetched outside the lock."""

    def __init__(
        self, *, clock: Callable[[], float] = time.monotonic, today: Callable[[], datetime] | None = None
    ) -> None:
        self._clock = clock
        self._today = today or (lambda: datetime.now(tz=UTC))
        self._entries: OrderedDict[str, Entry] = OrderedDict()
        self._refreshing: set[str] = set()
        self._lock = threading.Lock()

    def serve(self, key: str, settings: CacheSettings, fetch: Fetch) -> tuple[Response, str]:
        """Return the response for a viewer, and the value of its header `X-Cache`."""
        if not settings.caches:
            return with_x_cache(fetch({}))
        with self._lock:
            entry, now = self._entries.get(key), self._clock()
        if entry is None:
            response = fetch({})
            self._store(key, settings, response)
            return with_x_cache(response)
        if now < entry.fresh_until:
            return self._stored(entry), ERROR if entry.response.status >= HTTPStatus.BAD_REQUEST else HIT
        if now < entry.revalidate_until:
            self._refresh_in_background(key, settings, fetch)
            return self._stored(entry), HIT
        if now < entry.retry_at and now < entry.error_until:
            return self._stored(entry), HIT
        return self._revalidated(key, settings, fetch, entry)

    def _revalidated(self, key: str, settings: CacheSettings, fetch: Fetch, entry: Entry) -> tuple[Response, str]:
        response = fetch(_conditional_headers(entry))
        if response.status == HTTPStatus.NOT_MODIFIED:
            renewed = replace(entry.response, headers={**entry.response.headers, **response.headers})
            self._store(key, settings, renewed)
            return renewed, REFRESH_HIT
        if response.status >= HTTPStatus.INTERNAL_SERVER_ERROR and self._clock() < entry.error_until:
            self._postpone(key, settings, entry, status=response.status)
            return self._stored(entry), HIT
        self._store(key, settings, response)
        return with_x_cache(response)

    def _refresh_in_background(self, key: str, settings: CacheSettings, fetch: Fetch) -> None:
        with self._lock:
            entry = self._entries.get(key)
            if entry is None or key in self._refreshing or self._clock() < entry.retry_at:
                return
            self._refreshing.add(key)

        def refresh() -> None:
            try:
                self._revalidated(key, settings, fetch, entry)
            finally:
                with self._lock:
                    self._refreshing.discard(key)

        threading.Thread(target=refresh, daemon=True).start()

    def _store(self, key: str, settings: CacheSettings, response: Response) -> None:
        if response.missing_bytes:
            return  # CloudFront sends an incomplete object on to the viewer and does not cache it
        cached_for = lifetime(response.status, response.headers, settings, now=self._today())
        now = self._clock()
        with self._lock:
            self._entries.pop(key, None)
            if cached_for is None:
                return
            fresh_until = now + cached_for.fresh
            self._entries[key] = Entry(
                response=response,
                stored_at=now,
                fresh_until=fresh_until,
                revalidate_until=fresh_until + cached_for.stale_while_revalidate,
                error_until=fresh_until + cached_for.stale_if_error,
            )
            while len(self._entries) > CAPACITY:
                self._entries.popitem(last=False)

    def _postpone(self, key: str, settings: CacheSettings, entry: Entry, *, status: int) -> None:
        retry_at = self._clock() + error_ttl(status, settings)
        with self._lock:
            if self._entries.get(key) is entry:
                self._entries[key] = replace(entry, retry_at=retry_at)

    def _stored(self, entry: Entry) -> Response:
        age = str(int(self._clock() - entry.stored_at))
        return replace(entry.response, headers={**entry.response.headers, "age": age})


def _conditional_headers(entry: Entry) -> dict[str, str]:
    headers = entry.response.headers
    pairs = {"if-none-match": headers.get("etag"), "if-modified-since": headers.get("last-modified")}
    return {name: value for name, value in pairs.items() if value and entry.response.status == HTTPStatus.OK}


def with_x_cache(response: Response) -> tuple[Response, str]:
    """Return a response of the origin, and the value of its header `X-Cache`."""
    return response, ERROR if response.status >= HTTPStatus.BAD_REQUEST else MISS

"""What an edge location holds, and what it does with a request: the part of the cache that knows the time."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Final

from standby.rehearsal.edge_cache.rules import Behavior, error_seconds, lifetime

CAPACITY: Final = 10_000
HIT: Final = "Hit from cloudfront"
MISS: Final = "Miss from cloudfront"
REFRESHED: Final = "RefreshHit from cloudfront"
ERROR: Final = "Error from cloudfront"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """An HTTP answer; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, kw_only=True)
class Entry:
    """An answer that is kept, with the moments (monotonic seconds) at which it stops being served in each way.

    After an error of the origin it is not asked again before `retry_at`.
    """

    answer: Answer
    stored_at: float
    fresh_until: float
    revalidate_until: float
    error_until: float
    retry_at: float = 0.0


Fetch = Callable[[Mapping[str, str]], Answer]
"""Ask the origin, with these conditional headers."""


class Cache:
    """The cache of one edge location. Safe for use by many threads; an answer is fetched outside the lock."""

    def __init__(
        self, *, clock: Callable[[], float] = time.monotonic, today: Callable[[], datetime] | None = None
    ) -> None:
        self._clock = clock
        self._today = today or (lambda: datetime.now(tz=UTC))
        self._entries: OrderedDict[str, Entry] = OrderedDict()
        self._refreshing: set[str] = set()
        self._lock = threading.Lock()

    def serve(self, key: str, behavior: Behavior, fetch: Fetch) -> tuple[Answer, str]:
        """Return the answer for a viewer, and what `X-Cache` says of it."""
        if not behavior.caches:
            return labelled(fetch({}))
        entry, now = self._entry(key), self._clock()
        if entry is None:
            return labelled(self._fetched(key, behavior, fetch))
        if now < entry.fresh_until:
            return self._kept(entry), ERROR if entry.answer.status >= HTTPStatus.BAD_REQUEST else HIT
        if now < entry.revalidate_until:
            self._refresh_behind(key, behavior, fetch)
            return self._kept(entry), HIT
        if now < entry.retry_at and now < entry.error_until:
            return self._kept(entry), HIT
        return self._revalidated(key, behavior, fetch, entry)

    def _revalidated(self, key: str, behavior: Behavior, fetch: Fetch, entry: Entry) -> tuple[Answer, str]:
        answer = fetch(_conditions(entry))
        if answer.status == HTTPStatus.NOT_MODIFIED:
            renewed = replace(entry.answer, headers={**entry.answer.headers, **answer.headers})
            self._keep(key, behavior, renewed)
            return renewed, REFRESHED
        if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR and self._clock() < entry.error_until:
            self._postpone(key, behavior, entry, status=answer.status)
            return self._kept(entry), HIT
        self._keep(key, behavior, answer)
        return labelled(answer)

    def _refresh_behind(self, key: str, behavior: Behavior, fetch: Fetch) -> None:
        with self._lock:
            entry = self._entries.get(key)
            if entry is None or key in self._refreshing or self._clock() < entry.retry_at:
                return
            self._refreshing.add(key)

        def refresh() -> None:
            try:
                self._revalidated(key, behavior, fetch, entry)
            finally:
                with self._lock:
                    self._refreshing.discard(key)

        threading.Thread(target=refresh, daemon=True).start()

    def _fetched(self, key: str, behavior: Behavior, fetch: Fetch) -> Answer:
        answer = fetch({})
        self._keep(key, behavior, answer)
        return answer

    def _keep(self, key: str, behavior: Behavior, answer: Answer) -> None:
        kept = lifetime(answer.status, answer.headers, behavior, now=self._today())
        now = self._clock()
        with self._lock:
            self._entries.pop(key, None)
            if kept is None:
                return
            fresh_until = now + kept.fresh
            self._entries[key] = Entry(
                answer=answer,
                stored_at=now,
                fresh_until=fresh_until,
                revalidate_until=fresh_until + kept.stale_while_revalidate,
                error_until=fresh_until + kept.stale_if_error,
            )
            while len(self._entries) > CAPACITY:
                self._entries.popitem(last=False)

    def _postpone(self, key: str, behavior: Behavior, entry: Entry, *, status: int) -> None:
        retry_at = self._clock() + error_seconds(status, behavior)
        with self._lock:
            if self._entries.get(key) is entry:
                self._entries[key] = replace(entry, retry_at=retry_at)

    def _entry(self, key: str) -> Entry | None:
        with self._lock:
            return self._entries.get(key)

    def _kept(self, entry: Entry) -> Answer:
        age = str(int(self._clock() - entry.stored_at))
        return replace(entry.answer, headers={**entry.answer.headers, "age": age})


def _conditions(entry: Entry) -> dict[str, str]:
    headers = entry.answer.headers
    pairs = {"if-none-match": headers.get("etag"), "if-modified-since": headers.get("last-modified")}
    return {name: value for name, value in pairs.items() if value and entry.answer.status == HTTPStatus.OK}


def labelled(answer: Answer) -> tuple[Answer, str]:
    """Return an answer that came from the origin, and what `X-Cache` says of it."""
    return answer, ERROR if answer.status >= HTTPStatus.BAD_REQUEST else MISS

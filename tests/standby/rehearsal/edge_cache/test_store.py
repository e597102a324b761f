"""The edge cache serves fresh responses, and stale ones when CloudFront does."""

import threading
from collections.abc import Mapping

from standby.rehearsal.edge_cache.rules import CacheSettings
from standby.rehearsal.edge_cache.store import CAPACITY, Cache, Response
from tests.standby.rehearsal.edge_cache.helpers import DISABLED, OPTIMIZED, SITE, TODAY


class Edge:
    """A cache with an origin and a clock that the test controls."""

    def __init__(self) -> None:
        self._before = set(threading.enumerate())  # threads of other tests
        self.now = 1000.0
        self.cache = Cache(clock=lambda: self.now, today=lambda: TODAY)
        self.requests: list[Mapping[str, str]] = []
        self.respond(200, "first")

    def respond(self, status: int, body: str = "", *, missing_bytes: int = 0, **headers: str) -> None:
        named = {"cache-control": SITE, "etag": '"1"'} if status == 200 else {}
        self._response = Response(
            status=status, headers={**named, **headers}, body=body.encode(), missing_bytes=missing_bytes
        )

    def get(self, settings: CacheSettings = OPTIMIZED, *, after: float = 0) -> tuple[int, str, str]:
        self.now += after
        response, x_cache = self.cache.serve("/page", settings, self.fetch)
        return response.status, response.body.decode(), x_cache.partition(" ")[0]

    def wait_for_refresh(self) -> None:
        """Wait for the thread that refreshes in the background."""
        for thread in threading.enumerate():
            if thread not in self._before:
                thread.join(timeout=5)

    def fetch(self, headers: Mapping[str, str]) -> Response:
        """Record the request and return the response that the test set."""
        self.requests.append(headers)
        return self._response


def test_a_page_is_fetched_once_while_it_is_fresh() -> None:
    edge = Edge()
    assert edge.get() == (200, "first", "Miss")
    assert edge.get(after=59) == (200, "first", "Hit")
    assert len(edge.requests) == 1


def test_a_stale_page_is_served_immediately_and_refreshed_in_the_background() -> None:
    edge = Edge()
    edge.get()
    edge.respond(200, "second")
    assert edge.get(after=61) == (200, "first", "Hit")
    edge.wait_for_refresh()
    assert edge.requests[1:] == [{"if-none-match": '"1"'}]
    assert edge.get() == (200, "second", "Hit")
    assert len(edge.requests) == 2


def test_if_the_origin_fails_in_the_background_the_stale_page_is_kept_and_no_request_is_sent_for_ten_seconds() -> None:
    edge = Edge()
    edge.get()
    edge.respond(503)
    assert edge.get(after=61) == (200, "first", "Hit")
    edge.wait_for_refresh()
    assert edge.get(after=9) == (200, "first", "Hit")
    edge.wait_for_refresh()
    assert len(edge.requests) == 2
    edge.get(after=2)
    edge.wait_for_refresh()
    assert len(edge.requests) == 3


def test_a_page_too_old_for_the_background_is_fetched_and_served_stale_if_the_origin_fails() -> None:
    edge = Edge()
    edge.get()
    edge.respond(504)
    assert edge.get(after=361) == (200, "first", "Hit")
    assert len(edge.requests) == 2
    assert edge.get(after=300) == (504, "", "Error")


def test_a_page_that_did_not_change_is_renewed() -> None:
    edge = Edge()
    edge.get()
    edge.respond(304)
    assert edge.get(after=361) == (200, "first", "RefreshHit")
    assert edge.get(after=59) == (200, "first", "Hit")


def test_a_client_error_replaces_a_stale_page() -> None:
    edge = Edge()
    edge.get()
    edge.respond(404)
    assert edge.get(after=361) == (404, "", "Error")
    edge.respond(200, "back")
    assert edge.get(after=9) == (404, "", "Error")
    assert edge.get(after=2) == (200, "back", "Miss")


def test_a_page_that_breaks_off_is_served_and_not_cached() -> None:
    edge = Edge()
    edge.respond(200, "fi", missing_bytes=3)
    assert [edge.get(), edge.get()] == [(200, "fi", "Miss")] * 2
    edge.respond(200, "first")
    edge.get()
    edge.respond(200, "sec", missing_bytes=3)
    assert edge.get(after=61) == (200, "first", "Hit")
    edge.wait_for_refresh()
    assert edge.get() == (200, "first", "Hit")


def test_nothing_is_cached_if_caching_is_disabled() -> None:
    edge = Edge()
    assert edge.get(DISABLED) == edge.get(DISABLED) == (200, "first", "Miss")
    assert len(edge.requests) == 2


def test_a_full_cache_evicts_the_oldest_response() -> None:
    edge = Edge()
    for number in range(CAPACITY + 1):
        edge.cache.serve(f"/{number}", OPTIMIZED, edge.fetch)
    edge.cache.serve("/1", OPTIMIZED, edge.fetch)
    assert len(edge.requests) == CAPACITY + 1
    edge.cache.serve("/0", OPTIMIZED, edge.fetch)
    assert len(edge.requests) == CAPACITY + 2

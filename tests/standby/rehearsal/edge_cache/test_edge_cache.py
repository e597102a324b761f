"""The edge's cache keeps what CloudFront keeps, for as long, and serves what is stale where CloudFront does."""

import threading
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from standby.rehearsal.edge_cache.rules import Behavior, Lifetime, lifetime
from standby.rehearsal.edge_cache.store import CAPACITY, Answer, Cache
from tests.standby.rehearsal.network_helpers import SmallRehearsal

TODAY = datetime(2026, 11, 24, tzinfo=UTC)
OPTIMIZED = Behavior(target="pages", minimum=1, default=86_400, maximum=31_536_000, errors={})
NO_MINIMUM = Behavior(target="pages", minimum=0, default=3_600, maximum=7_200, errors={404: 0, 503: 60})
DISABLED = Behavior(target="pages", minimum=0, default=0, maximum=0, errors={})
SITE = "public, max-age=60, stale-while-revalidate=300, stale-if-error=600"


def kept(behavior: Behavior, status: int = 200, **headers: str) -> Lifetime | None:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lifetime(status, named, behavior, now=TODAY)


@pytest.mark.parametrize(
    "behavior,cache_control,fresh",
    [
        (OPTIMIZED, "max-age=60", 60),
        (OPTIMIZED, "max-age=0", 1),
        (OPTIMIZED, "max-age=60, s-maxage=600", 600),
        (OPTIMIZED, "", 86_400),
        (OPTIMIZED, "no-store", 1),
        (OPTIMIZED, "private, max-age=60", 1),
        (NO_MINIMUM, "max-age=60", 60),
        (NO_MINIMUM, "max-age=100000", 7_200),
        (NO_MINIMUM, "public", 3_600),
        (NO_MINIMUM, 'MAX-AGE="60"', 60),
    ],
)
def test_an_object_is_fresh_for_what_it_says_within_the_policys_bounds(
    behavior: Behavior, cache_control: str, fresh: float
) -> None:
    found = kept(behavior, cache_control=cache_control)
    assert found is not None
    assert found.fresh == fresh


@pytest.mark.parametrize("cache_control", ["no-store", "no-cache", "private", "no-store, max-age=60"])
def test_what_must_not_be_stored_is_not_where_the_minimum_is_nothing(cache_control: str) -> None:
    assert kept(NO_MINIMUM, cache_control=cache_control) is None


@pytest.mark.parametrize("status", [200, 404, 503])
def test_nothing_is_kept_where_caching_is_disabled(status: int) -> None:
    assert kept(DISABLED, status, cache_control="max-age=60") is None


def test_expires_counts_where_there_is_no_max_age() -> None:
    in_five_minutes = format_datetime(TODAY + timedelta(minutes=5), usegmt=True)
    found = kept(OPTIMIZED, expires=in_five_minutes)
    assert found is not None
    assert found.fresh == 300
    assert kept(OPTIMIZED, expires="never") == Lifetime(fresh=1, stale_if_error=31_535_999)


def test_stale_content_is_served_for_its_directives_time_or_the_maximum_ttl_whichever_is_less() -> None:
    assert kept(OPTIMIZED, cache_control=SITE) == Lifetime(fresh=60, stale_while_revalidate=300, stale_if_error=600)
    longer = SITE.replace("300", "999999").replace("600", "999999")
    assert kept(NO_MINIMUM, cache_control=longer) == Lifetime(
        fresh=60, stale_while_revalidate=7_140, stale_if_error=7_140
    )


def test_an_object_that_must_be_revalidated_is_never_served_stale() -> None:
    assert kept(OPTIMIZED, cache_control=f"{SITE}, must-revalidate") == Lifetime(fresh=60)


@pytest.mark.parametrize(
    "behavior,status,cache_control,fresh",
    [
        (OPTIMIZED, 404, "", 10),
        (OPTIMIZED, 503, "", 10),
        (OPTIMIZED, 404, "max-age=30", 30),
        (OPTIMIZED, 403, "", None),
        (OPTIMIZED, 403, "max-age=30", 30),
        (NO_MINIMUM, 404, "", 1),
        (NO_MINIMUM, 503, "", 60),
        (NO_MINIMUM, 418, "max-age=30", None),
    ],
)
def test_an_error_is_kept_for_its_own_minimum_and_never_less_than_a_second(
    behavior: Behavior, status: int, cache_control: str, fresh: float | None
) -> None:
    found = kept(behavior, status, cache_control=cache_control)
    assert (found.fresh if found else None) == fresh


@pytest.mark.parametrize("behavior", [OPTIMIZED, NO_MINIMUM, DISABLED])
def test_a_behavior_survives_its_way_through_a_header(behavior: Behavior) -> None:
    assert Behavior.read(behavior.text()) == behavior


class World:
    """A cache with an origin and a clock that stand still until they are told to move."""

    def __init__(self) -> None:
        self._before = set(threading.enumerate())  # other tests' threads are not ours to wait for
        self.now = 1000.0
        self.cache = Cache(clock=lambda: self.now, today=lambda: TODAY)
        self.asked: list[Mapping[str, str]] = []
        self.answer(200, "first")

    def answer(self, status: int, body: str = "", **headers: str) -> None:
        named = {"cache-control": SITE, "etag": '"1"'} if status == 200 else {}
        self._answer = Answer(status=status, headers={**named, **headers}, body=body.encode())

    def get(self, behavior: Behavior = OPTIMIZED, *, after: float = 0) -> tuple[int, str, str]:
        self.now += after
        answer, said = self.cache.serve("/page", behavior, self.fetch)
        return answer.status, answer.body.decode(), said.partition(" ")[0]

    def refreshed(self) -> None:
        """Wait for the thread that refreshes behind the viewer's back."""
        for thread in threading.enumerate():
            if thread not in self._before:
                thread.join(timeout=5)

    def fetch(self, preconditions: Mapping[str, str]) -> Answer:
        """Answer as told, and note what was asked."""
        self.asked.append(preconditions)
        return self._answer


def test_a_page_is_asked_for_once_while_it_is_fresh() -> None:
    world = World()
    assert world.get() == (200, "first", "Miss")
    assert world.get(after=59) == (200, "first", "Hit")
    assert len(world.asked) == 1


def test_a_stale_page_is_served_at_once_and_refreshed_behind() -> None:
    world = World()
    world.get()
    world.answer(200, "second")
    assert world.get(after=61) == (200, "first", "Hit")
    world.refreshed()
    assert world.asked[1:] == [{"if-none-match": '"1"'}]
    assert world.get() == (200, "second", "Hit")
    assert len(world.asked) == 2


def test_an_origin_that_fails_behind_leaves_the_stale_page_and_is_left_alone_for_ten_seconds() -> None:
    world = World()
    world.get()
    world.answer(503)
    assert world.get(after=61) == (200, "first", "Hit")
    world.refreshed()
    assert world.get(after=9) == (200, "first", "Hit")
    world.refreshed()
    assert len(world.asked) == 2
    world.get(after=2)
    world.refreshed()
    assert len(world.asked) == 3


def test_a_page_too_old_to_be_revalidated_behind_is_asked_for_and_served_stale_if_the_origin_fails() -> None:
    world = World()
    world.get()
    world.answer(504)
    assert world.get(after=361) == (200, "first", "Hit")
    assert len(world.asked) == 2
    assert world.get(after=300) == (504, "", "Error")


def test_a_page_that_did_not_change_is_renewed() -> None:
    world = World()
    world.get()
    world.answer(304)
    assert world.get(after=361) == (200, "first", "RefreshHit")
    assert world.get(after=59) == (200, "first", "Hit")


def test_an_error_of_the_callers_own_replaces_a_stale_page() -> None:
    world = World()
    world.get()
    world.answer(404)
    assert world.get(after=361) == (404, "", "Error")
    world.answer(200, "back")
    assert world.get(after=9) == (404, "", "Error")
    assert world.get(after=2) == (200, "back", "Miss")


def test_nothing_is_cached_where_caching_is_disabled() -> None:
    world = World()
    assert world.get(DISABLED) == world.get(DISABLED) == (200, "first", "Miss")
    assert len(world.asked) == 2


def test_a_cache_forgets_the_oldest_when_it_is_full() -> None:
    world = World()
    for number in range(CAPACITY + 1):
        world.cache.serve(f"/{number}", OPTIMIZED, world.fetch)
    world.cache.serve("/1", OPTIMIZED, world.fetch)
    assert len(world.asked) == CAPACITY + 1
    world.cache.serve("/0", OPTIMIZED, world.fetch)
    assert len(world.asked) == CAPACITY + 2


def test_the_edge_serves_a_page_that_it_has_seen_while_both_regions_are_gone(small: SmallRehearsal) -> None:
    assert small.get("/", cold=False).status == 200
    for role in ("primary", "failover"):
        small.rehearsal.faults.set("region-down", role)
    assert small.get("/", cold=False).status == 200
    assert small.get("/", cold=True).status == 502


def test_a_query_string_is_no_part_of_the_key_and_head_has_no_body(small: SmallRehearsal) -> None:
    small.get("/index.html", cold=False)
    again = small.get("/index.html?x=1", cold=False)
    assert again.headers["X-Cache"] == "Hit from cloudfront"
    head = small.client.request("HEAD", f"{small.site}/index.html")
    assert (head.status, head.data, head.headers["Content-Length"]) == (200, b"", str(len(again.data)))


def test_a_viewer_that_has_the_page_is_told_so(small: SmallRehearsal) -> None:
    etag = small.get("/", cold=False).headers["ETag"]
    answer = small.client.request("GET", f"{small.site}/", headers={"If-None-Match": etag})
    assert (answer.status, answer.data) == (304, b"")


def test_config_is_never_cached(small: SmallRehearsal) -> None:
    good = small.get("/config.json").data
    for body in (b"one", b"two", good):
        small.put("failover", "config.json", body, CacheControl="max-age=600")
        assert small.get("/config.json", cold=False).data == body

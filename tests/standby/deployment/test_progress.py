"""A listing or a run of many calls goes on while it makes progress, and ends when it makes none."""

import threading
import time
from collections import Counter
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from standby.deployment.concurrency import StalledError, attempt, iterate_with_progress, map_concurrently

STALL = 0.4


def pages(number: int, *, pause: float, hang_after: int | None = None) -> Iterator[int]:
    """Yield numbers slowly; hang after some of them."""
    for page in range(number):
        if page == hang_after:
            threading.Event().wait(5)
        time.sleep(pause)
        yield page


def test_a_listing_that_drips_page_by_page_is_read_to_its_end() -> None:
    assert list(iterate_with_progress(pages(12, pause=STALL / 8), seconds=STALL)) == list(range(12))


def test_a_listing_that_hangs_ends_and_says_how_much_it_gave() -> None:
    with pytest.raises(StalledError, match=r"gave no answer for 0.4 s, after 3"):
        list(iterate_with_progress(pages(9, pause=0, hang_after=3), seconds=STALL))


def test_a_listing_that_hangs_is_unavailable_and_unreachable() -> None:
    found = attempt(lambda: list(iterate_with_progress(pages(9, pause=0, hang_after=0), seconds=STALL)))
    assert getattr(found, "unreachable", False)


def test_the_error_of_a_listing_is_raised() -> None:
    def broken() -> Iterator[int]:
        yield 1
        raise KeyError("ours")

    with pytest.raises(KeyError):
        list(iterate_with_progress(broken(), seconds=STALL))


@settings(max_examples=20, deadline=None)
@given(number=st.integers(0, 60), hanging=st.sets(st.integers(0, 59), max_size=5), workers=st.integers(1, 8))
def test_every_call_that_can_end_is_counted_before_a_run_ends(number: int, hanging: set[int], workers: int) -> None:
    ended: Counter[int] = Counter()
    release = threading.Event()

    def call(item: int) -> int:
        if item in hanging:
            release.wait(5)
        ended[item] += 1
        return item

    stuck = hanging & set(range(number))
    try:
        if stuck:
            with pytest.raises(StalledError) as error:
                map_concurrently(range(number), call, workers=workers, stall_seconds=0.3)
            assert error.value.done == sum(ended.values()) <= number - len(stuck & ended.keys())
            assert len(stuck) >= workers or error.value.done == number - len(stuck)
        else:
            assert map_concurrently(range(number), call, workers=workers, stall_seconds=5) == list(range(number))
    finally:
        release.set()

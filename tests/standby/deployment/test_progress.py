"""A listing or a run of many calls goes on while it makes progress, and ends when it makes none."""

import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from standby.deployment.clients import LISTING_CONFIG
from standby.deployment.concurrency import (
    STALL_SECONDS,
    ReadAhead,
    StalledError,
    attempt,
    iterate_with_progress,
    map_concurrently,
)

STALL = 0.4
STOPPED_SECONDS = 2.0
WAITING = {
    "a listing": "print(*iterate_with_progress(iter(ask, ''), seconds=2.0))",
    "many calls": "print(*map_concurrently([1], ask, stall_seconds=2.0))",
}
ASK = """
import sys
from standby.deployment.concurrency import iterate_with_progress, map_concurrently

def ask(*_):
    print("waiting", flush=True)
    return sys.stdin.readline()

"""


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


@pytest.mark.parametrize("ahead", [1, 3])
def test_a_taker_that_is_slower_than_the_deadline_is_not_a_listing_that_gives_no_answer(ahead: int) -> None:
    taken = []
    for page in ReadAhead(pages(6, pause=STALL / 8), seconds=STALL, ahead=ahead):
        time.sleep(STALL * 1.5)
        taken.append(page)
    assert taken == list(range(6))


@pytest.mark.parametrize("waiting", WAITING)
def test_a_command_that_was_stopped_hears_the_answers_that_came_meanwhile(waiting: str) -> None:
    """Ctrl-Z and `fg`: the region answered while the process could not hear it."""
    code = ASK + WAITING[waiting]
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as program:
        assert program.stdout is not None
        assert program.stdout.readline() == "waiting\n"
        time.sleep(STOPPED_SECONDS / 8)  # until it waits
        program.send_signal(signal.SIGSTOP)
        time.sleep(STOPPED_SECONDS)
        program.send_signal(signal.SIGCONT)
        assert "an answer" in program.communicate("an answer\n")[0]


def test_a_request_that_hangs_is_repeated_before_its_listing_counts_as_stalled() -> None:
    longest_pause = 1  # of botocore's standard mode, before the second attempt
    connecting, reading = (getattr(LISTING_CONFIG, name) for name in ("connect_timeout", "read_timeout"))
    assert reading + longest_pause + connecting < STALL_SECONDS


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

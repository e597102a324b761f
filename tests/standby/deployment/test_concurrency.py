"""Concurrent calls: results in order, the first error, and no wait for a call that hangs."""

import subprocess
import sys
import time

import pytest

from standby.deployment.concurrency import map_concurrently

HANGING = """
import threading, time
from standby.deployment.concurrency import map_concurrently, run_concurrently
hang = lambda _: threading.Event().wait(60)
print(run_concurrently({"keys": lambda: map_concurrently(range(9), hang)}, seconds=0.1)["keys"])
"""


def test_results_are_in_the_order_of_the_items_and_each_is_done_once() -> None:
    seen: list[int] = []

    def do(number: int) -> int:
        time.sleep(0.001 * (number % 3))
        seen.append(number)
        return -number

    assert map_concurrently(range(100), do, workers=7) == [-number for number in range(100)]
    assert sorted(seen) == list(range(100))
    assert map_concurrently([], do) == []


@pytest.mark.parametrize("error", [IndexError, KeyboardInterrupt])
def test_the_first_error_is_raised_and_no_further_call_begins(error: type[BaseException]) -> None:
    seen: list[int] = []

    def do(number: int) -> None:
        seen.append(number)
        if number == 3:
            raise error
        time.sleep(0.01)

    with pytest.raises(error):
        map_concurrently(range(1000), do, workers=2)
    assert len(seen) < 10


def test_a_command_ends_after_its_output_although_a_thread_hangs() -> None:
    began = time.monotonic()
    run = subprocess.run([sys.executable, "-c", HANGING], capture_output=True, text=True, check=True, timeout=50)
    assert run.stdout == "does not answer (time-out after 0.1 s)\n"
    assert time.monotonic() - began < 20

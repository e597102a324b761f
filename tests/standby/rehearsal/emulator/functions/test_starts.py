"""Requests that come faster than processes start wait for a free process, and start few of their own."""

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from standby.deadline import poll
from standby.rehearsal.emulator.emulator import Emulator
from standby.rehearsal.emulator.functions.starts import STARTS, Starts
from tests.standby.rehearsal.emulator.functions.helpers import CONNECTIONS, create_function

CODE = """
import os, time

time.sleep(0.3)  # what a function imports

def handler(event, context):
    return os.getpid()
"""


@dataclass
class Pool:
    """MiniStack's pool of one function: a process is a number. Starts end when the test lets them."""

    fails: bool = False
    free: list[int] = field(default_factory=list)
    made: int = 0
    starting: int = 0
    most: int = 0
    _ended: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def acquire(self, *_: object, **__: object) -> tuple[Any, str]:
        if self.free:
            return self.free.pop(), "reused"
        self.made += 1
        return self.made, "spawn"

    def start(self, _: object) -> None:
        with self._lock:
            self.starting += 1
            self.most = max(self.most, self.starting)
        self._ended.wait(10)
        with self._lock:
            self.starting -= 1
        if self.fails:
            raise RuntimeError("Worker init failed")

    def release(self, process: int) -> None:
        self.free.append(process)

    def end_starts(self) -> None:
        self._ended.set()

    def starts(self, limit: int) -> Starts:
        return Starts(
            limit=limit,
            acquire=self.acquire,
            start=self.start,
            release=self.release,
            has_free_process=lambda *_: bool(self.free),
        )


@contextmanager
def requests(starts: Starts, count: int) -> Iterator[list[Any]]:
    """Send requests that keep their process. Yield the leases that they have got so far."""
    leases: list[Any] = []
    with ThreadPoolExecutor(max_workers=count) as pool:
        sent = [pool.submit(lambda: leases.append(starts.acquire("name", {}, b""))) for _ in range(count)]
        yield leases
        for one in sent:
            one.result()


def test_no_more_processes_start_at_the_same_time_than_the_limit() -> None:
    pool = Pool()
    with requests(pool.starts(2), 7) as leases:
        assert poll(lambda: pool.starting == 2, seconds=5, pause=0.01)
        assert leases == []
        pool.end_starts()
    assert (pool.most, pool.made, len(leases)) == (2, 7, 7)


def test_a_request_that_waits_for_its_turn_takes_a_process_that_becomes_free() -> None:
    pool = Pool()
    starts = pool.starts(1)
    with requests(starts, 2) as leases:
        assert poll(lambda: pool.starting == 1, seconds=5, pause=0.01)
        starts.release(99)
        assert poll(lambda: leases == [(99, "reused")], seconds=5, pause=0.01)
        pool.end_starts()
    assert pool.made == 1


def test_a_start_that_fails_lets_the_next_one_start_and_the_invocation_answers_with_the_error() -> None:
    pool = Pool(fails=True)
    with requests(pool.starts(1), 2) as leases:
        pool.end_starts()
    assert sorted(leases) == [(1, "spawn"), (2, "spawn")]


def test_a_burst_of_requests_is_answered_by_few_processes(emulator: Emulator) -> None:
    functions = create_function(emulator, "burst", {"main.py": CODE})

    def invoke(_: int) -> int:
        return int(json.loads(functions.invoke(FunctionName="burst")["Payload"].read()))

    with ThreadPoolExecutor(max_workers=CONNECTIONS) as pool:
        processes = set(pool.map(invoke, range(CONNECTIONS)))
    assert len(processes) <= 4 * STARTS

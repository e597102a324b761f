"""An event source mapping waits for its batching window or a full batch, and each queue has a window of its own."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from standby.rehearsal.emulator.batching_window import (
    RECEIVE_SIZE,
    BatchingReceive,
    Look,
    Message,
    longest_window,
)

QUEUE: Final = "arn:aws:sqs:us-west-2:000000000000:events"
URL: Final = "http://localhost:4566/000000000000/events"
WINDOW: Final = 5.0


@dataclass
class Queues:
    """Queues of several regions behind one URL, and a clock. `region` is the region of the poller's next look."""

    window: float = WINDOW
    region: str = "us-west-2"
    now: float = 0.0
    messages: dict[str, list[Message]] = field(default_factory=dict)

    def send(self, number: int, *, region: str = "us-west-2") -> None:
        self.messages.setdefault(region, []).extend({"id": index} for index in range(number))

    def look(self, _: str) -> Look:
        arn = QUEUE.replace("us-west-2", self.region)
        return Look(arn=arn, window=self.window, waiting=len(self.messages.get(self.region, [])))

    def take(self, _: str, size: int) -> list[Message]:
        here = self.messages.get(self.region, [])
        taken, here[:] = here[: min(size, RECEIVE_SIZE)], here[min(size, RECEIVE_SIZE) :]
        return taken

    def receiver(self) -> BatchingReceive:
        return BatchingReceive(self.take, look=self.look, clock=lambda: self.now)


def test_a_batch_comes_when_the_window_has_passed_since_the_first_message() -> None:
    queues = Queues()
    receiver = queues.receiver()
    queues.send(1)
    assert receiver.receive(URL, 100) == []
    queues.now = WINDOW - 0.1
    queues.send(2)
    assert receiver.receive(URL, 100) == []
    queues.now = WINDOW
    assert len(receiver.receive(URL, 100)) == 3


def test_a_full_batch_does_not_wait_and_holds_more_messages_than_one_receive_returns() -> None:
    queues = Queues()
    queues.send(3 * RECEIVE_SIZE)
    assert len(queues.receiver().receive(URL, 3 * RECEIVE_SIZE)) == 3 * RECEIVE_SIZE


def test_the_next_message_after_a_batch_opens_a_new_window() -> None:
    queues = Queues()
    receiver = queues.receiver()
    queues.send(1)
    receiver.receive(URL, 100)
    queues.now = WINDOW
    assert receiver.receive(URL, 100)
    queues.send(1)
    assert receiver.receive(URL, 100) == []


def test_a_queue_without_a_window_is_read_at_once_and_as_before() -> None:
    queues = Queues(window=0)
    queues.send(2 * RECEIVE_SIZE)
    assert len(queues.receiver().receive(URL, 100)) == RECEIVE_SIZE


def test_an_empty_queue_of_another_region_behind_the_same_url_ends_no_window() -> None:
    """MiniStack's URL of a queue has no region. With one window for both, no message of us-west-2 was ever read."""
    queues = Queues()
    receiver = queues.receiver()
    queues.send(1)
    for second in range(int(WINDOW)):
        queues.now = float(second)
        for queues.region in ("us-west-2", "us-east-1"):
            assert receiver.receive(URL, 100) == []
    queues.region, queues.now = "us-west-2", WINDOW
    assert receiver.receive(URL, 100)


@given(st.lists(st.tuples(st.integers(0, 40), st.floats(0, 3)), max_size=20), st.integers(1, 50))
def test_no_message_waits_longer_than_the_window_and_one_look_and_no_batch_is_too_large(
    steps: Sequence[tuple[int, float]], size: int
) -> None:
    queues = Queues()
    receiver = queues.receiver()
    oldest: float | None = None
    for number, pause in steps:
        queues.send(number)
        if oldest is None and queues.messages["us-west-2"]:
            oldest = queues.now
        batch = receiver.receive(URL, size)
        assert len(batch) <= size
        if oldest is not None and queues.now - oldest >= WINDOW:
            assert batch
        if batch:
            oldest = None
        queues.now += pause


@pytest.mark.parametrize(
    "mappings, seconds",
    [
        ([], 0),
        ([{"EventSourceArn": QUEUE}], 0),
        ([{"EventSourceArn": QUEUE, "MaximumBatchingWindowInSeconds": 5}], 5),
        ([{"EventSourceArn": "other", "MaximumBatchingWindowInSeconds": 5}], 0),
        ([{"EventSourceArn": QUEUE, "MaximumBatchingWindowInSeconds": each} for each in (1, 7, None)], 7),
    ],
)
def test_the_window_is_the_longest_of_the_mappings_that_read_the_queue(
    mappings: list[dict[str, object]], seconds: float
) -> None:
    assert longest_window(mappings, arn=QUEUE) == seconds

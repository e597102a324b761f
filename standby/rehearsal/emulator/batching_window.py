"""The batching window of an SQS event source mapping, which MiniStack stores and does not keep.

AWS invokes the function when the window has passed since the first message, or when the batch is full. MiniStack
invokes it at the first look, with ten messages at most, whatever the batch size is.
Source: docs.aws.amazon.com, Lambda, "Using Lambda with Amazon SQS", "Polling and batching".
"""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Final

RECEIVE_SIZE: Final = 10
"""The messages that MiniStack returns at once, at most."""

Message = dict[str, Any]
Receive = Callable[[str, int], list[Message]]


def keep_batching_windows(functions: ModuleType, queues: ModuleType) -> None:
    """Let MiniStack's poller of event sources wait until the window of a mapping has passed.

    `functions` and `queues` are MiniStack's modules of Lambda and SQS.
    """

    def look(url: str) -> Look:
        now, queue = time.time(), vars(queues)["_queues"].get(url) or {}
        arn = str(queue.get("attributes", {}).get("QueueArn"))
        return Look(
            arn=arn,
            window=longest_window((mapping for *_, mapping in vars(functions)["_iter_all_esms"]()), arn=arn),
            waiting=sum(1 for message in list(queue.get("messages", ())) if message["visible_at"] <= now),
        )

    batching = BatchingReceive(vars(queues)["_receive_messages_for_esm"], look=look)
    vars(queues)["_receive_messages_for_esm"] = batching.receive


def longest_window(mappings: Iterable[Mapping[str, Any]], *, arn: str) -> float:
    """Return the batching window of the mappings that read a queue, in seconds; 0 if they have none."""
    own = (mapping for mapping in mappings if mapping.get("EventSourceArn") == arn)
    return max((float(mapping.get("MaximumBatchingWindowInSeconds") or 0) for mapping in own), default=0)


@dataclass(frozen=True, kw_only=True)
class Look:
    """A queue when the poller comes: its ARN, its batching window in seconds, and the number of visible messages."""

    arn: str
    window: float
    waiting: int


class BatchingReceive:
    """MiniStack's function that receives messages, changed so that it waits for the rest of a batch.

    Queues are identified by their ARN, because MiniStack's URL of a queue does not name the region.
    """

    def __init__(
        self, receive: Receive, *, look: Callable[[str], Look], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._receive = receive
        self._look = look
        self._clock = clock
        self._first_seen: dict[str, float] = {}

    def receive(self, url: str, size: int) -> list[Message]:
        """Return the messages of a batch, at most `size`; none while the window is open and the batch is not full."""
        queue = self._look(url)
        if not queue.window:
            return self._receive(url, size)
        if not queue.waiting:
            self._first_seen.pop(queue.arn, None)
            return []
        now = self._clock()
        if queue.waiting < size and now - self._first_seen.setdefault(queue.arn, now) < queue.window:
            return []
        self._first_seen.pop(queue.arn, None)
        return self._receive_all(url, size)

    def _receive_all(self, url: str, size: int) -> list[Message]:
        batch: list[Message] = []
        while len(batch) < size:
            received = self._receive(url, min(RECEIVE_SIZE, size - len(batch)))
            batch += received
            if len(received) < RECEIVE_SIZE:
                break
        return batch

"""`python -m bench.journal.server EVENTS MILLISECONDS`: an S3 stand-in with the journal and config.json of each bucket.

Each event has a generation of its own. It prints its port, and ends with its input.
"""

import asyncio
import json
import sys
from bisect import bisect_right
from datetime import UTC, datetime, timedelta
from typing import Final

from bench.scale.server import PAGE, serve
from standby.operations.facts.journal import PREFIX, Event, new_event

BEGAN: Final = datetime(2020, 1, 1, tzinfo=UTC)
_HEAD: Final = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
    "<Name>b</Name>"
)
_REST: Final = (
    "</Key><LastModified>2026-11-24T12:00:00.000Z</LastModified><ETag>&quot;1&quot;</ETag><Size>900</Size>"
    "<StorageClass>STANDARD</StorageClass></Contents>"
)


class Bucket:
    """A frontend bucket with so many events."""

    def __init__(self, events: int) -> None:
        self._events = {event.key: event for event in map(_event, range(1, events + 1))}
        self._keys = list(self._events)

    def answer(self, path: str, query: dict[str, str]) -> bytes:
        """Return a page of the journal, an event, or config.json."""
        key = path.strip("/").partition("/")[2]
        if key == "config.json":
            newest = self._events[self._keys[-1]]
            said = {"apiUrl": "https://api", "generation": newest.generation, "updatedAt": newest.started_at}
            return json.dumps({**said, "region": "us-east-1", "role": "failover"}).encode()
        if key:
            return json.dumps(self._events[key].as_json()).encode()
        return self._page(max(query.get("start-after", ""), PREFIX))

    def _page(self, after: str) -> bytes:
        begin = bisect_right(self._keys, after)
        rows = self._keys[begin : begin + PAGE]
        more = "true" if begin + PAGE < len(self._keys) else "false"
        about = f"<KeyCount>{len(rows)}</KeyCount><MaxKeys>{PAGE}</MaxKeys><IsTruncated>{more}</IsTruncated>"
        listed = "".join(f"<Contents><Key>{key}{_REST}" for key in rows)
        return f"{_HEAD}{about}{listed}</ListBucketResult>".encode()


def _event(number: int) -> Event:
    begun = new_event(
        generation=number + 1,
        command="failover" if number % 2 else "failback",
        actor="an operator",
        reason="",
        source="us-west-2",
        target="us-east-1",
        now=BEGAN + timedelta(minutes=number),
    )
    return begun.model_copy(update={"result": "done", "ended_at": begun.started_at})


def main() -> None:
    """Serve a bucket under any name."""
    events, milliseconds = (int(argument) for argument in sys.argv[1:3])
    asyncio.run(serve(Bucket(events).answer, milliseconds / 1000))


if __name__ == "__main__":
    main()

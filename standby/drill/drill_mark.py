"""The mark that a drill is on: the automatic failover's controller moves nobody until it is removed, or expires.

It is a small object in both frontend buckets. A drill that was killed leaves it, and then its time ends it.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Final

from standby.drill.observe.observer import Observer
from standby_protocol.automatic import DRILL_KEY

MARK_MINUTES: Final = 30
"""Longer than the longest scenario."""


@contextmanager
def mark_drill(observer: Observer, *, marked: bool) -> Iterator[None]:
    """Let the controller wait during this block, if `marked`. Does nothing otherwise.

    Raises botocore's errors if the mark cannot be written or removed.
    """
    if not marked:
        yield
        return
    until = datetime.now(tz=UTC) + timedelta(minutes=MARK_MINUTES)
    body = json.dumps({"until": until.isoformat()}).encode()
    clients, regions = observer.clients, observer.deployment.regions.values()
    for region in regions:
        s3 = clients.long_running_s3(region.region)
        s3.put_object(Bucket=region.frontend_bucket, Key=DRILL_KEY, Body=body, ContentType="application/json")
    try:
        yield
    finally:
        for region in regions:
            clients.long_running_s3(region.region).delete_object(Bucket=region.frontend_bucket, Key=DRILL_KEY)

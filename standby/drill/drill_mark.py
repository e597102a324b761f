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
def mark_drill(observer: Observer, *, marked: bool, scenario: str = "") -> Iterator[None]:
    """Let the controller wait during this block, if `marked`, and let the regions tell that the scenario is played.

    Does nothing otherwise. Raises botocore's errors if the mark cannot be written or removed.
    """
    if not marked:
        yield
        return
    clients, deployment = observer.clients, observer.deployment
    now = datetime.now(tz=UTC)
    mark = {"until": (now + timedelta(minutes=MARK_MINUTES)).isoformat(), "startedAt": f"{now:%Y-%m-%dT%H:%M:%SZ}"}
    body = json.dumps({**mark, "scenario": scenario}).encode()
    for region in deployment.regions.values():
        s3 = clients.long_running_s3(region.region)
        s3.put_object(Bucket=region.frontend_bucket, Key=DRILL_KEY, Body=body, ContentType="application/json")
    try:
        yield
    finally:
        for region in deployment.regions.values():
            clients.long_running_s3(region.region).delete_object(Bucket=region.frontend_bucket, Key=DRILL_KEY)

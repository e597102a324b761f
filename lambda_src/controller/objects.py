"""The objects of the frontend buckets that the controller reads: config.json, the journal's keys, the switch, a drill.

A fact that cannot be read is `Unavailable`, and never counts as absent.
"""

import json
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from shared.errors import error_code
from standby_protocol.automatic import DRILL_KEY, SWITCH_KEY
from standby_protocol.conditional_write import NO_SUCH_KEY
from standby_protocol.deployment import ROLES, Role, Unavailable
from standby_protocol.journal import PREFIX, is_event_key, parse_generation, parse_start
from standby_protocol.routing_config import KEY, MAX_READ_BYTES, ConfigCopy, parse_config

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from controller.settings import ControlledRegion

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class JournalEnd:
    """What the keys of a region's journal say: the highest generation, and when the last command began."""

    generation: int
    last_start: datetime | None


@dataclass(frozen=True, kw_only=True)
class BucketFacts:
    """What one frontend bucket says. `drill_until` is None without a drill."""

    copy: ConfigCopy | Unavailable
    journal: JournalEnd | Unavailable
    switched_on: bool | Unavailable
    drill_until: datetime | Unavailable | None


def read_buckets(
    clients: "Mapping[Role, S3Client]", regions: "Mapping[Role, ControlledRegion]"
) -> dict[Role, BucketFacts]:
    """Read both buckets concurrently. A region that is down costs one call's time-outs."""
    with ThreadPoolExecutor(max_workers=len(ROLES)) as pool:
        return dict(zip(ROLES, pool.map(lambda role: read_bucket(clients[role], regions[role]), ROLES), strict=True))


def read_bucket(s3: "S3Client", region: "ControlledRegion") -> BucketFacts:
    """Read one bucket's facts. After config.json could not be read, nothing else is asked."""
    copy = _attempt(lambda: read_copy(s3, region))
    if isinstance(copy, Unavailable):
        return BucketFacts(copy=copy, journal=copy, switched_on=copy, drill_until=copy)
    return BucketFacts(
        copy=copy,
        journal=_attempt(lambda: read_journal_end(s3, region, copy)),
        switched_on=_attempt(lambda: read_switch(s3, region)),
        drill_until=_attempt(lambda: read_drill(s3, region)),
    )


def can_read_config(s3: "S3Client", region: "ControlledRegion") -> bool:
    """Return whether the region's bucket answers with config.json, or that there is none."""
    return not isinstance(_attempt(lambda: read_copy(s3, region)), Unavailable)


def read_copy(s3: "S3Client", region: "ControlledRegion") -> ConfigCopy:
    """Read config.json; a missing object is a result. Raises botocore's errors."""
    absent = ConfigCopy(role=region.role, region=region.region, bucket=region.frontend_bucket)
    try:
        answer = s3.get_object(Bucket=region.frontend_bucket, Key=KEY)
    except ClientError as error:
        if error_code(error) == NO_SUCH_KEY:
            return absent
        raise
    body = answer["Body"].read(MAX_READ_BYTES)
    try:
        config = parse_config(body)
    except ValueError:
        config = None
    return replace(absent, config=config, etag=answer["ETag"], text=body.decode("utf-8", errors="replace"))


def read_journal_end(s3: "S3Client", region: "ControlledRegion", copy: ConfigCopy) -> JournalEnd:
    """Read the keys since the generation of config.json. Those before it have lower ones. Raises botocore's errors."""
    since = copy.generation
    pages = s3.get_paginator("list_objects_v2").paginate(
        Bucket=region.frontend_bucket, Prefix=PREFIX, StartAfter=f"{PREFIX}{since:012d}" if since else PREFIX
    )
    keys = [found["Key"] for page in pages for found in page.get("Contents", [])]
    events = [key for key in keys if is_event_key(key)]
    starts = [start for key in events if (start := parse_start(key)) is not None]
    return JournalEnd(generation=max(map(parse_generation, events), default=0), last_start=max(starts, default=None))


def read_switch(s3: "S3Client", region: "ControlledRegion") -> bool:
    """Return whether the region's switch is on, as it is without an object. Raises botocore's errors.

    An object that says neither counts as off: somebody wanted to switch it.
    """
    document = _read_json(s3, region, SWITCH_KEY)
    return document is None or (isinstance(document, dict) and document.get("enabled") is True)


def read_drill(s3: "S3Client", region: "ControlledRegion") -> datetime | None:
    """Return the time until which a drill is on, None without a drill. Raises botocore's errors."""
    document = _read_json(s3, region, DRILL_KEY)
    try:
        until = datetime.fromisoformat(document["until"]) if isinstance(document, dict) else None
    except (ValueError, LookupError, TypeError):
        return None
    return until if until and until.tzinfo else None


def _read_json(s3: "S3Client", region: "ControlledRegion", key: str) -> Any:  # noqa: ANN401 - any JSON value
    try:
        body = s3.get_object(Bucket=region.frontend_bucket, Key=key)["Body"].read(MAX_READ_BYTES)
    except ClientError as error:
        if error_code(error) == NO_SUCH_KEY:
            return None
        raise
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return False


def _attempt(call: Callable[[], T]) -> T | Unavailable:
    try:
        return call()
    except (ClientError, BotoCoreError) as error:
        return Unavailable(f"answers {error_code(error)}" if isinstance(error, ClientError) else "does not answer")

"""Documents in the two documents buckets."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

import boto3
from botocore.exceptions import ClientError

from standby.deployment.manifest import Region, Role
from standby.errors import StandbyError
from standby.rehearsal.checks.samples import SampleDocument

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import ReplicationConfigurationOutputTypeDef

ARRIVAL_SECONDS: Final = 60.0
POLL_SECONDS: Final = 0.25

_NO_REPLICATION: Final = frozenset({"ReplicationConfigurationNotFoundError", "NoSuchBucket"})

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class UploadedDocument:
    """A sample document, the role whose API took it, its key (the same in both buckets), and whether that was now."""

    sample: SampleDocument
    role: Role
    key: str
    fresh: bool


def find_object(
    session: boto3.Session, region: Region, *, sample: SampleDocument, key: str | None = None
) -> str | None:
    """Return the key of an object with the sample's content and file name (or `key`, where given), else None."""
    pages = session.client("s3").get_paginator("list_objects_v2").paginate(Bucket=region.documents_bucket)
    for page in pages:
        for entry in page.get("Contents", []):
            found = entry["Key"]
            wanted = found == key if key else found.endswith(f"/{sample.name}")
            if wanted and entry["ETag"] == sample.etag:
                return found
    return None


def count_objects(session: boto3.Session, region: Region) -> int:
    """Return how many documents the region's bucket holds."""
    pages = session.client("s3").get_paginator("list_objects_v2").paginate(Bucket=region.documents_bucket)
    return sum(len(page.get("Contents", [])) for page in pages)


def replicates(session: boto3.Session, region: Region) -> bool:
    """Tell whether the region's documents bucket replicates to another one."""
    found = replication(session, region)
    return found is not None and any(rule["Status"] == "Enabled" for rule in found["Rules"])


def replication(session: boto3.Session, region: Region) -> "ReplicationConfigurationOutputTypeDef | None":
    """Return the replication configuration of the region's documents bucket, None where there is none."""
    try:
        answer = session.client("s3").get_bucket_replication(Bucket=region.documents_bucket)
    except ClientError as error:
        if error.response["Error"]["Code"] in _NO_REPLICATION:
            return None
        raise
    return answer["ReplicationConfiguration"]


def wait_for(seen: Callable[[], T | None], *, seconds: float, missing: str) -> T:
    """Return what `seen` returns as soon as it is not None. Raises `StandbyError` with `missing` after `seconds`."""
    deadline = time.monotonic() + seconds
    while (value := seen()) is None:
        if time.monotonic() > deadline:
            raise StandbyError(f"{missing} within {seconds:.0f} s")
        time.sleep(POLL_SECONDS)
    return value

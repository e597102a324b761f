"""S3's lifecycle, which the emulator keeps and does not run: the applied rules, carried out as of a given time.

Source: docs.aws.amazon.com, Amazon S3 User Guide, "Lifecycle configuration elements": a version is noncurrent since its
successor was created. The days are added to that time, and the result is rounded up to the next midnight UTC. S3
removes a delete marker without noncurrent versions if the rule says `ExpiredObjectDeleteMarker`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

ACTIONS = {"Expiration", "NoncurrentVersionExpiration", "AbortIncompleteMultipartUpload"}


@dataclass(frozen=True, kw_only=True)
class Lifecycle:
    """The rules that a bucket has. Raises `AssertionError` for a rule that these tests do not know."""

    s3: "S3Client"
    bucket: str

    def run(self, key: str, *, at: datetime) -> None:
        """Remove the versions and the delete marker of one key that S3 would have removed at this time."""
        for rule in self._rules(key):
            days = rule.get("NoncurrentVersionExpiration", {}).get("NoncurrentDays")
            for one, since in _noncurrent(versions(self.s3, self.bucket, key)):
                if days is not None and expires(since, days) <= at:
                    self.s3.delete_object(Bucket=self.bucket, Key=key, VersionId=one["VersionId"])
            left = versions(self.s3, self.bucket, key)
            is_lone_marker = len(left) == 1 and left[0]["Marker"]
            if is_lone_marker and rule.get("Expiration", {}).get("ExpiredObjectDeleteMarker"):
                self.s3.delete_object(Bucket=self.bucket, Key=key, VersionId=left[0]["VersionId"])

    def _rules(self, key: str) -> Iterator[Mapping[str, Any]]:
        """Yield the enabled rules for a key."""
        for rule in self.s3.get_bucket_lifecycle_configuration(Bucket=self.bucket)["Rules"]:
            actions = rule.keys() - {"ID", "Status", "Filter", "Prefix"}
            assert actions <= ACTIONS, f"a rule with {actions}"
            assert rule.get("Filter", {}).keys() <= {"Prefix"}
            if rule["Status"] == "Enabled" and key.startswith(rule.get("Filter", {}).get("Prefix", "")):
                yield rule


def versions(s3: "S3Client", bucket: str, key: str) -> list[dict[str, Any]]:
    """Return the versions and the delete markers of a key, newest first. `Marker` tells which they are."""
    found = s3.list_object_versions(Bucket=bucket, Prefix=key)
    kinds = {"Versions": False, "DeleteMarkers": True}
    listed: list[dict[str, Any]] = [
        {**one, "Marker": marker}
        for kind, marker in kinds.items()
        for one in found.get(kind, ())  # type: ignore[attr-defined]
    ]
    return sorted(listed, key=lambda one: (one["IsLatest"], one["LastModified"]), reverse=True)


def expires(since: datetime, days: int) -> datetime:
    """Return the midnight at which a version expires that is noncurrent since then."""
    due = since + timedelta(days=days)
    midnight = datetime.combine(due.date(), time(), due.tzinfo)
    return midnight if midnight == due else midnight + timedelta(days=1)


def _noncurrent(newest_first: Sequence[Mapping[str, Any]]) -> Iterator[tuple[Mapping[str, Any], datetime]]:
    """Yield each version that is not the current one, and the time since when."""
    for successor, one in pairwise(newest_first):
        yield one, successor["LastModified"]

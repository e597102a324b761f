"""Deletes documents that have a tombstone, in this function's region.

The tombstone and the document are replicated separately, so either may arrive first. Therefore the event of a tombstone
deletes the documents of its id, and the event of a document looks for its tombstone. The sweep compares the whole
listing, for events that were lost.
"""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.documents import deleted_id, document_id, has_tombstone, list_objects_of
from shared.logs import Log

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# A batch has up to 1,000 messages, so up to 1,000 calls of about 20 ms: two seconds. botocore keeps ten connections.
_CALLS_AT_ONCE = 10


@dataclass(frozen=True, kw_only=True)
class Tombstones:
    """The tombstones of one region's bucket."""

    s3: "S3Client"
    bucket: str

    def apply(self, keys: Iterable[str], log: Log) -> int:
        """Delete the documents that these changed keys concern, if they have a tombstone; return how many.

        `keys` are keys of tombstones, documents or anything else. Raises botocore's errors.
        """
        changed = tuple(dict.fromkeys(keys))
        ids = {found for key in changed if (found := deleted_id(key))}
        written = {found for key in changed if (found := document_id(key))} - ids
        with ThreadPoolExecutor(max_workers=_CALLS_AT_ONCE) as pool:
            ids |= {of for of, deleted in zip(written, pool.map(self._has_tombstone, written), strict=True) if deleted}
            return self.delete([key for found in pool.map(self._keys_of, sorted(ids)) for key in found], log)

    def delete(self, keys: Sequence[str], log: Log) -> int:
        """Delete the current version of each object; return how many. Raises botocore's errors."""
        with ThreadPoolExecutor(max_workers=_CALLS_AT_ONCE) as pool:
            for _ in pool.map(lambda key: self.s3.delete_object(Bucket=self.bucket, Key=key), keys):
                pass
        if keys:
            log.info("documents_deleted", count=len(keys))
        return len(keys)

    def _has_tombstone(self, of: str) -> bool:
        return has_tombstone(self.s3, self.bucket, of)

    def _keys_of(self, of: str) -> list[str]:
        return [found["Key"] for found in list_objects_of(self.s3, self.bucket, of)]

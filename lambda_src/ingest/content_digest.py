"""A digest of the bucket's documents, which becomes an ingestion job's description, and deletions that are left.

Comparing times would be simpler and wrong: a replica has the creation time of its original. So an object that arrives
late in the standby region's bucket looks older than the job that missed it. (Source: docs.aws.amazon.com, Amazon S3,
Replicating objects within and across Regions: replicas "retain all metadata, such as the original object creation
times".) Therefore each job's description is a digest of the keys and ETags that existed before the job started. The
sweep compares it with the present digest. Additions, changes and deletions all change it.

The operator's tool reads and computes these descriptions too: tests/contracts compares both implementations.
"""

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.aws_calls import Budget
from shared.documents import TOMBSTONES_PREFIX, deleted_id, document_id

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# The description of a job if there was no time to list the bucket, or too many objects.
NOT_COMPARED = "content not compared"
# A page of 1,000 objects costs 125 to 163 ms of a whole CPU (measured): 100 pages take about 15 seconds.
MAX_PAGES = 100


@dataclass(frozen=True, kw_only=True)
class Content:
    """A bucket's documents. `description`: a text of 72 characters that changes whenever they do; None if unknown.

    `undeleted` are the keys of documents that have a tombstone and are still there. The description is without them,
    because they are deleted before the job starts.
    """

    description: str | None
    undeleted: tuple[str, ...] = ()


def read_content(client: "S3Client", bucket: str, *, budget: Budget, max_pages: int = MAX_PAGES) -> Content:
    """Read the bucket's current objects.

    There is no description if there are more than `max_pages` pages of objects, or if the budget ends before the last
    page. Tombstones are listed before the documents that they delete, because a listing is sorted by key. Raises
    botocore's `ClientError`.
    """
    digest, deleted, undeleted = hashlib.sha256(), set[str](), list[str]()
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    for number, page in enumerate(pages, start=1):
        if number > max_pages or budget.remaining() <= 0:
            return Content(description=None, undeleted=tuple(undeleted))
        for found in page.get("Contents", []):
            key = found["Key"]
            if key.startswith(TOMBSTONES_PREFIX):
                deleted.add(deleted_id(key))
            elif (of := document_id(key)) and of in deleted:
                undeleted.append(key)
            else:
                digest.update(f"{key}\0{found['ETag']}\0".encode())
    return Content(description=f"content {digest.hexdigest()}", undeleted=tuple(undeleted))

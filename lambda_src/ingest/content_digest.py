"""What the bucket holds, in one short text.

Comparing times would be simpler and wrong: a replica keeps the creation time of its original, so an object that
arrives late in the standby's bucket looks older than the job that missed it. (Source: docs.aws.amazon.com, Amazon S3,
Replicating objects within and across Regions: replicas "retain all metadata, such as the original object creation
times".) So each job carries, as its description, a digest of the keys and ETags that were there before it started; the
sweep compares it with today's. Additions, changes and deletions all alter it.
"""

import hashlib
from typing import TYPE_CHECKING

from shared.aws_calls import Budget

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# The description of a job whose bucket had too many objects to compare.
NOT_COMPARED = "content not compared"
# A page of 1,000 objects costs 125 to 163 ms of a whole CPU (measured): 100 pages take about 15 seconds.
MAX_PAGES = 100


def content_description(client: "S3Client", bucket: str, *, budget: Budget, max_pages: int = MAX_PAGES) -> str | None:
    """Return a text of 72 characters that changes whenever the bucket's current objects do.

    None if there are more than `max_pages` pages of objects, or the budget is used up before the last one. Raises
    botocore's `ClientError`.
    """
    digest = hashlib.sha256()
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    for number, page in enumerate(pages, start=1):
        if number > max_pages or budget.remaining() <= 0:
            return None
        for found in page.get("Contents", []):
            digest.update(f"{found['Key']}\0{found['ETag']}\0".encode())
    return f"content {digest.hexdigest()}"

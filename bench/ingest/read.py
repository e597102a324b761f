"""Read a bucket in one of the two ways, and print what it took as JSON.

Usage: python -m bench.ingest.read before|since URL. The way before record 111 is without its limit of 100 pages.
"""

import hashlib
import json
import os
import resource
import sys
import time
from datetime import UTC, datetime

import boto3

from ingest.bucket_pages import listing_client, pages_of
from ingest.bucket_reader import Reading, read_more
from shared.aws_calls import Budget
from shared.documents import document_id

LISTING_SECONDS = 30.0


def read_before() -> tuple[int, int, bool]:
    """Read page after page with botocore's parser. Return pages, invocations, and whether there is a digest."""
    client, digest, pages, end = boto3.client("s3"), hashlib.sha256(), 0, time.monotonic() + LISTING_SECONDS
    for page in client.get_paginator("list_objects_v2").paginate(Bucket="bucket"):
        pages += 1
        for found in page.get("Contents", []):
            document_id(found["Key"])
            digest.update(f"{found['Key']}\0{found['ETag']}\0".encode())
        if time.monotonic() > end and page["IsTruncated"]:
            return pages, 1, False
    return pages, 1, True


def read_since() -> tuple[int, int, bool]:
    """Read ranges at the same time, in as many invocations as it takes."""
    read_page = pages_of(listing_client("us-west-2"), "bucket")
    reading = Reading(started=datetime.now(tz=UTC))
    while reading.unread:
        progress = read_more(read_page, reading, budget=Budget.of(LISTING_SECONDS))
        if progress.error:
            raise progress.error
        reading = progress.reading
    return reading.pages, reading.invocations, True


def main() -> None:
    """Print the measures."""
    os.environ |= {
        "AWS_ACCESS_KEY_ID": "bench",
        "AWS_SECRET_ACCESS_KEY": "bench",
        "AWS_REGION": "us-west-2",
        "AWS_DEFAULT_REGION": "us-west-2",
        "AWS_ENDPOINT_URL": sys.argv[2],
    }
    boto3.client("s3")  # the models are read once, at a cold start
    wall, cpu = time.monotonic(), time.process_time()
    pages, invocations, complete = {"before": read_before, "since": read_since}[sys.argv[1]]()
    print(
        json.dumps(
            {
                "seconds": time.monotonic() - wall,
                "cpu": time.process_time() - cpu,
                "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
                "pages": pages,
                "invocations": invocations,
                "complete": complete,
            }
        )
    )


if __name__ == "__main__":
    main()

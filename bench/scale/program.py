"""`python -m bench.scale.program WAY URL`: compare the two buckets of the stand-in, and print what it took as JSON."""

import json
import resource
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final

from standby.deployment.answers import take_count, take_list, take_text, take_time
from standby.deployment.clients import Clients
from standby.deployment.concurrency import Unavailable
from standby.deployment.manifest import ROLES
from standby.deployment.sessions import EmulatorSession
from standby.operations.facts.comparisons.comparison import compare_buckets
from standby.operations.facts.documents import Document, Listing, find_differences

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

REGIONS: Final = {"primary": "us-west-2", "failover": "us-east-1"}


def by_dictionaries(clients: Clients) -> tuple[int, int]:
    """List both buckets into memory with boto3, in a thread each, as the tool did before record 110."""
    with ThreadPoolExecutor(2) as pool:
        source, destination = pool.map(lambda role: _listing(clients.retrying_s3(REGIONS[role]), role), ROLES)
    descriptions = (source.description, destination.description)
    found = len(find_differences(source, destination)), len(find_differences(destination, source))
    return (len(source.documents), sum(found)) if all(descriptions) else (0, 0)


def _listing(s3: "S3Client", bucket: str) -> Listing:
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    documents = (
        Document(
            key=take_text(entry, "Key"),
            etag=take_text(entry, "ETag"),
            size=take_count(entry, "Size"),
            modified=take_time(entry, "LastModified"),
        )
        for page in pages
        for entry in take_list(page, "Contents")
    )
    return Listing(documents={document.key: document for document in documents})


def by_merge(clients: Clients) -> tuple[int, int]:
    """Compare both buckets while they are listed, as the tool does."""
    regions = {role: SimpleNamespace(region=REGIONS[role], documents_bucket=role) for role in ROLES}
    connection: Any = SimpleNamespace(clients=clients)
    manifest: Any = SimpleNamespace(regions=regions)
    compared = compare_buckets(connection, manifest)
    unread = {role: str(content) for role, content in compared.contents.items() if isinstance(content, Unavailable)}
    if unread:
        raise SystemExit(f"not compared: {unread}")
    primary: Any = compared.contents["primary"]
    kept = sum(len(one.found) + one.not_kept for one in compared.differences.values())
    return primary.number, kept


def main() -> None:
    """Measure one way once."""
    way, url = sys.argv[1:3]
    clients = Clients(
        lambda region: EmulatorSession(region=region, endpoint=url), endpoints=dict.fromkeys(REGIONS.values(), url)
    )
    began = time.perf_counter()
    documents, differences = {"dictionary": by_dictionaries, "merge": by_merge}[way](clients)
    seconds, used = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF)
    figures = {
        "seconds": seconds,
        "cpu": used.ru_utime + used.ru_stime,
        "megabytes": used.ru_maxrss * 1024 / 1e6,
        "documents": documents,
        "differences": differences,
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()

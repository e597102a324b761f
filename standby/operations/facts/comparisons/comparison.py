"""Compare two long listings while they are read: in constant memory, in parallel, and only differences are kept.

It finds what `documents.find_differences` finds in two listings in memory.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Final

from standby.console import Stopwatch, print_progress
from standby.deployment.concurrency import STALL_SECONDS, ConcurrentCalls, ReadAhead, Unavailable, attempt
from standby.deployment.connection import Connection
from standby.deployment.manifest import ROLES, Manifest, Region, Role
from standby.listing.merge import differing, merge_blocks
from standby.listing.page import Row
from standby.listing.ranges import DOCUMENTS_PREFIX, TOMBSTONES_PREFIX, Range, estimate, next_prefix, plan_ranges
from standby.operations.facts.bucket_pages import iterate_pages, read_page, read_time
from standby.operations.facts.documents import (
    Content,
    Differences,
    Document,
    Listing,
    UndeletedDocument,
    deleted_id,
    describe_content,
    digest_object,
    document_id,
    find_differences,
    is_missing,
    to_document,
)

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

RANGES_AT_ONCE: Final = 10
"""How many ranges are read at the same time, in each region."""
PAGES_AHEAD: Final = 6
"""How many pages of a range are kept before they are compared."""
MAX_KEPT: Final = 100_000
"""How many differences of a direction are kept, the first ones by their keys. Further ones are counted."""
PROGRESS_SECONDS: Final = 5.0

Block = Mapping[Role, list[Row]]
"""The objects of a block of keys, in each region."""


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """The content of each region's bucket, and the differences from each region to the other one."""

    contents: Mapping[Role, Content | Listing | Unavailable]
    differences: Mapping[Role, Differences] = field(default_factory=dict)


def compare_buckets(
    connection: Connection,
    manifest: Manifest,
    roles: Sequence[Role] = ROLES,
    *,
    is_wanted: Callable[[], bool] = lambda: True,
) -> Comparison:
    """List the documents of these regions, and compare them if both can be listed.

    A region whose listing fails, or makes no progress for `STALL_SECONDS`, is `Unavailable`; the other one is read to
    its end. It ends early, without a useful result, when it is not wanted any more.
    """
    readers = {
        role: _Reader(connection.clients.listing_s3(manifest.regions[role].region), manifest.regions[role])
        for role in roles
    }
    expected = max((reader.estimate() for reader in readers.values()), default=0)
    comparer, stopwatch, report_at = Comparer(roles), Stopwatch(), PROGRESS_SECONDS
    try:
        ranges = plan_ranges(expected)
        for reader in readers.values():
            reader.start(ranges)
        for of in ranges:
            if not is_wanted():
                break
            comparer.begin_range(of)
            pages = {role: reader.read(of) for role, reader in readers.items()}
            for block in merge_blocks(pages.get("primary", ()), pages.get("failover", ())):
                comparer.with_differences &= all(reader.failure is None for reader in readers.values())
                comparer.add(dict(zip(ROLES, block, strict=True)))
            if stopwatch.seconds >= report_at and comparer.compared and is_wanted():
                report_at = stopwatch.seconds + PROGRESS_SECONDS
                rate = comparer.compared / stopwatch.seconds
                print_progress(f"  compared {comparer.compared} objects of each region ({rate:.0f} a second)")
    finally:
        for reader in readers.values():
            reader.close()
    failures = {role: reader.failure for role, reader in readers.items() if reader.failure is not None}
    return comparer.result(failures)


def compare_documents(
    connection: Connection, manifest: Manifest, listings: Mapping[Role, Listing | Unavailable], *, seconds: float
) -> Comparison:
    """Compare the buckets, whose first pages are `listings`. If these are complete, no more is read.

    Longer listings have `seconds`; after that, the contents are unavailable.
    """
    known = {role: found for role, found in listings.items() if isinstance(found, Listing)}
    if all(listing.complete for listing in known.values()):
        return Comparison(contents=listings, differences=_in_memory(known))
    wanted = [True]
    compare = partial(compare_buckets, connection, manifest, tuple(known), is_wanted=lambda: wanted[0])
    calls = ConcurrentCalls({"comparison": compare})
    calls.wait(["comparison"], seconds=seconds)
    wanted[0] = False
    compared = calls.results_so_far(still={"comparison": "comparing its documents"})["comparison"]
    if isinstance(compared, Unavailable):
        return Comparison(contents={**listings, **dict.fromkeys(known, compared)})
    return replace(compared, contents={**listings, **compared.contents})


def _in_memory(listings: Mapping[Role, Listing]) -> Mapping[Role, Differences]:
    if len(listings) < len(ROLES):
        return {}
    found = {}
    for role, other in (ROLES, ROLES[::-1]):
        deleted = {**listings[other].deleted_at, **listings[role].deleted_at}
        found[role] = Differences(
            found=find_differences(listings[role], listings[other]), undeleted=listings[role].undeleted(deleted)
        )
    return found


class _Reader:
    """One region's listing, range by range: the next ranges are read while one is compared."""

    def __init__(self, s3: "S3Client", region: Region) -> None:
        self._s3, self._region = s3, region
        self._waiting: deque[Range] = deque()
        self._reading: deque[ReadAhead[list[Row]]] = deque()
        self.failure: Unavailable | None = None

    def estimate(self) -> int:
        """Return about how many objects the bucket has."""
        return max(self._estimate(prefix) for prefix in (DOCUMENTS_PREFIX, TOMBSTONES_PREFIX))

    def _estimate(self, prefix: str) -> int:
        page = attempt(partial(read_page, self._s3, self._region.documents_bucket, after=Range(prefix, "").after))
        if isinstance(page, Unavailable):
            self.failure = page
            return 0
        return estimate(page.rows, prefix=prefix, truncated=page.truncated)

    def start(self, ranges: Iterable[Range]) -> None:
        """Begin to read the first ranges."""
        self._waiting.extend(ranges)
        for _ in range(RANGES_AT_ONCE):
            self._start_next()

    def _start_next(self) -> None:
        if self._waiting and self.failure is None:
            pages = iterate_pages(self._s3, self._region, self._waiting.popleft())
            self._reading.append(ReadAhead(pages, seconds=STALL_SECONDS, ahead=PAGES_AHEAD))

    def read(self, _: Range) -> Iterator[list[Row]]:
        """Yield the pages of the next range; none once the listing has failed."""
        if self.failure is not None:
            return
        pages = iter(self._reading.popleft())
        while True:
            rows = attempt(partial(next, pages, None))
            if isinstance(rows, Unavailable):
                self.failure = rows
            if rows is None or isinstance(rows, Unavailable):
                break
            yield rows
        self._start_next()

    def close(self) -> None:
        """Read nothing more."""
        for pages in self._reading:
            pages.close()


@dataclass
class _Bucket:
    """What is known of one region's bucket so far: `deleted` are the ids with a tombstone in the present range."""

    digest: int = 0
    number: int = 0
    newest: str = ""
    deleted: dict[str, str] = field(default_factory=dict)
    found: list[tuple[Document, Document | None]] = field(default_factory=list)
    not_kept: int = 0
    undeleted: list[UndeletedDocument] = field(default_factory=list)


class Comparer:
    """Compares blocks of both listings, range by range. It keeps the differences, and a digest of each listing."""

    def __init__(self, roles: Sequence[Role] = ROLES) -> None:
        self._buckets = {role: _Bucket() for role in roles}
        self._digested: tuple[list[Row], int] = [], 0
        self.compared = 0
        self.with_differences = len(roles) == len(ROLES)

    def begin_range(self, of: Range) -> None:
        """Begin a range. Tombstones come before the documents of the same ids, and are forgotten after these."""
        if of.start.startswith(TOMBSTONES_PREFIX):
            for bucket in self._buckets.values():
                bucket.deleted.clear()

    def add(self, block: Block) -> None:
        """Compare the objects of one block of keys."""
        documents: dict[Role, list[Row]] = {}
        for role, bucket in self._buckets.items():
            rows = block[role]
            documents[role] = rows if not _has_tombstones(rows) else [row for row in rows if not _is_tombstone(row)]
            if len(documents[role]) < len(rows):
                found = ((deleted_id(row[0]), row[1]) for row in rows if _is_tombstone(row))
                bucket.deleted |= {of: modified for of, modified in found if of}
            self._add_documents(role, documents[role])
        self.compared += max(map(len, block.values()), default=0)
        if self.with_differences:
            self._add_differences(block)

    def _add_documents(self, role: Role, rows: list[Row]) -> None:
        bucket = self._buckets[role]
        bucket.number += len(rows)
        bucket.newest = max([bucket.newest, *(row[1] for row in rows)])
        content = rows if not bucket.deleted else [row for row in rows if document_id(row[0]) not in bucket.deleted]
        bucket.digest += self._digest(content)
        if any(other.deleted for other in self._buckets.values()):
            self._add_undeleted(role, rows)

    def _digest(self, rows: list[Row]) -> int:
        """Return the digest of these objects. Most blocks are equal in both regions, and have one calculation."""
        if rows != self._digested[0]:
            self._digested = rows, sum([digest_object(row[0], row[2]) for row in rows])
        return self._digested[1]

    def _add_undeleted(self, role: Role, rows: list[Row]) -> None:
        here = self._buckets[role]
        deleted = {of: at for bucket in self._buckets.values() for of, at in bucket.deleted.items()} | here.deleted
        here.undeleted += [
            UndeletedDocument(document=to_document(row), deleted_at=read_time(deleted[of]))
            for row in rows
            if (of := document_id(row[0])) in deleted
        ]

    def _add_differences(self, block: Block) -> None:
        for pair in differing(block["primary"], block["failover"]):
            found = (None if row is None else to_document(row) for row in pair)
            sides = dict(zip(ROLES, found, strict=True))
            of = document_id(next(row[0] for row in pair if row is not None))
            if any(of in bucket.deleted for bucket in self._buckets.values()):
                continue
            for role, other in (ROLES, ROLES[::-1]):
                here, there = sides[role], sides[other]
                if here is not None and is_missing(here, there):
                    self._keep(role, here, there)

    def _keep(self, role: Role, here: Document, there: Document | None) -> None:
        bucket = self._buckets[role]
        if len(bucket.found) < MAX_KEPT:
            bucket.found.append((here, there))
        else:
            bucket.not_kept += 1

    def result(self, failures: Mapping[Role, Unavailable]) -> Comparison:
        """Return the result. A bucket whose listing failed has no content, and then there are no differences."""
        both = self.with_differences and not failures
        return Comparison(
            contents={role: failures.get(role) or _content(bucket) for role, bucket in self._buckets.items()},
            differences={role: _differences(bucket) for role, bucket in self._buckets.items()} if both else {},
        )


def _content(bucket: _Bucket) -> Content:
    newest = read_time(bucket.newest) if bucket.newest else None
    return Content(number=bucket.number, description=describe_content(bucket.digest), newest=newest)


def _differences(bucket: _Bucket) -> Differences:
    return Differences(found=bucket.found, undeleted=tuple(bucket.undeleted), not_kept=bucket.not_kept)


def _has_tombstones(rows: list[Row]) -> bool:
    """Return whether a tombstone can be among these rows, which are in the order of their keys."""
    return bool(rows) and rows[0][0] < _AFTER_TOMBSTONES and rows[-1][0] >= TOMBSTONES_PREFIX


def _is_tombstone(row: Row) -> bool:
    return row[0].startswith(TOMBSTONES_PREFIX)


_AFTER_TOMBSTONES: Final = next_prefix(TOMBSTONES_PREFIX)

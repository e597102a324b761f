"""The documents of both regions: the documents that one bucket has and the other lacks, and the reasons."""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, Literal

from botocore.exceptions import ClientError

from standby.console import Stopwatch
from standby.deployment.concurrency import STALL_SECONDS, iterate_with_progress, map_concurrently
from standby.deployment.connection import Connection
from standby.deployment.manifest import Manifest, Region, Role
from standby.listing import ranges
from standby.listing.page import Page, Row
from standby.operations.facts.bucket_pages import iterate_pages, read_page, read_time

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MissingReason = Literal["pending", "failed", "never", "gone", "older", "deleted", "undecided"]
"""The reason why the other bucket lacks a document.

`pending`, `failed`, `never`: replication has not reached it, has failed, or never began. `gone`: it was replicated and
no longer exists. `older`: the other bucket has an older content. `deleted`: a user deleted it there. `undecided`: the
contents differ and neither is newer.
"""

_REASON_BY_STATUS: Final[Mapping[str, MissingReason]] = {"PENDING": "pending", "FAILED": "failed", "COMPLETED": "gone"}
_CONFLICTS: Final = frozenset({"deleted", "undecided"})

DOCUMENTS_PREFIX: Final = ranges.DOCUMENTS_PREFIX
TOMBSTONES_PREFIX: Final = ranges.TOMBSTONES_PREFIX
"""The prefixes of documents and of tombstones (docs/adr/0102-deletions-are-tombstones.md).

lambda_src/shared/documents.py has the same rules; tests/contracts compares the two."""
_UUID: Final = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_UPLOADED: Final = re.compile(rf"{DOCUMENTS_PREFIX}({_UUID})/.+", re.DOTALL)
_TOMBSTONE: Final = re.compile(rf"{TOMBSTONES_PREFIX}({_UUID})")

INSPECTION_BATCH: Final = 2000
"""The number of differing documents that are inspected one by one, oldest first, before the depth is checked again."""


QUICK_BATCH: Final = 100
"""The same for a command that must end soon."""


@dataclass(frozen=True, kw_only=True)
class Document:
    """A bucket's current object."""

    key: str
    etag: str
    size: int
    modified: datetime


@dataclass(frozen=True, kw_only=True)
class MissingDocument:
    """A document or a tombstone that the other bucket lacks, or has with another content (`destination_etag`)."""

    document: Document
    why: MissingReason
    destination_etag: str = ""

    @property
    def is_conflict(self) -> bool:
        """Whether a person must decide; `reconcile` copies nothing."""
        return self.why in _CONFLICTS

    @property
    def is_deletion(self) -> bool:
        """Whether this is a tombstone: users deleted its document, and the other region does not know it."""
        return self.document.key.startswith(TOMBSTONES_PREFIX)


@dataclass(frozen=True, kw_only=True)
class UndeletedDocument:
    """A document that users deleted at this time, in either region, and that is still in a bucket."""

    document: Document
    deleted_at: datetime


def digest_object(key: str, etag: str) -> int:
    """Return the digest of one object, as a number below 2^256."""
    return int.from_bytes(hashlib.sha256(f"{key}\0{etag}\0".encode()).digest())


def describe_content(digest: int) -> str:
    """Return the description of a job that reads objects whose digests have this sum.

    lambda_src/ingest/content_digest.py has the same rule; tests/contracts compares the two.
    """
    return f"content {digest % (1 << 256):064x}"


@dataclass(frozen=True, kw_only=True)
class Listing:
    """A bucket's current documents and tombstones, by key. `complete`: there are no more than these."""

    documents: Mapping[str, Document]
    tombstones: Mapping[str, Document] = field(default_factory=dict)
    complete: bool = True

    @property
    def number(self) -> int:
        """The number of documents."""
        return len(self.documents)

    @property
    def newest(self) -> datetime | None:
        """The time of the newest document; None if there is none."""
        return max((document.modified for document in self.documents.values()), default=None)

    @property
    def deleted_at(self) -> dict[str, datetime]:
        """The ids of the documents that users deleted, as far as this bucket knows, each with the time."""
        return {of: found.modified for key, found in self.tombstones.items() if (of := deleted_id(key))}

    def undeleted(self, deleted_at: Mapping[str, datetime]) -> tuple[UndeletedDocument, ...]:
        """Return the documents that are here and have one of these ids."""
        return tuple(
            UndeletedDocument(document=document, deleted_at=deleted_at[of])
            for key, document in self.documents.items()
            if (of := document_id(key)) in deleted_at
        )

    @property
    def description(self) -> str:
        """The content digest, as `ingest` writes it into a job's description: of documents without a tombstone."""
        deleted = self.deleted_at
        kept = (document for document in self.documents.values() if document_id(document.key) not in deleted)
        return describe_content(sum(digest_object(document.key, document.etag) for document in kept))


@dataclass(frozen=True, kw_only=True)
class Content:
    """What a Knowledge Base is compared with: a bucket's number of documents, their digest, and the newest one's time.

    `description` is that of `Listing`.
    """

    number: int
    description: str
    newest: datetime | None


@dataclass(frozen=True, kw_only=True)
class InspectionDepth:
    """How many differing documents are inspected one by one; None: all of them.

    `inspected` is the maximum. Inspection also ends after `missing` documents that `reconcile` would copy, and, with
    `seconds`, after the first batch that ends later than that. Then a batch is small.
    """

    inspected: int | None = None
    missing: int | None = None
    seconds: float | None = None


STATUS_DEPTH: Final = InspectionDepth(inspected=10 * INSPECTION_BATCH, missing=INSPECTION_BATCH)
"""For `status --deep`."""
QUICK_DEPTH: Final = replace(STATUS_DEPTH, seconds=0.3)
"""For `status`, which ends within three seconds."""
FAILBACK_DEPTH: Final = InspectionDepth(missing=INSPECTION_BATCH)
"""For `failback`, which stops at any missing document."""
FULL_DEPTH: Final = InspectionDepth()
"""For `reconcile`, which copies every missing document."""


@dataclass(frozen=True, kw_only=True)
class Replication:
    """One direction of replication. `configured`: S3 replicates in this direction.

    `differences` are the inspected documents and tombstones that the destination lacks. `not_inspected` is the number
    of further ones. They count as missing, because they may be missing or conflicts. `undeleted` are the documents of
    the source that users deleted, in either region, and that are still there.
    """

    source: Role
    configured: bool
    differences: tuple[MissingDocument, ...] = ()
    not_inspected: int = 0
    undeleted: tuple[UndeletedDocument, ...] = ()

    @property
    def missing(self) -> tuple[MissingDocument, ...]:
        """The documents and tombstones that `reconcile` would copy."""
        return tuple(document for document in self.differences if not document.is_conflict)

    @property
    def deletions(self) -> tuple[MissingDocument, ...]:
        """The tombstones among `missing`."""
        return tuple(document for document in self.missing if document.is_deletion)

    @property
    def conflicts(self) -> tuple[MissingDocument, ...]:
        """The documents that a person must decide on."""
        return tuple(document for document in self.differences if document.is_conflict)

    @property
    def in_sync(self) -> bool:
        """Whether no document is missing, and none is left that users deleted, with certainty."""
        return not self.missing and not self.not_inspected and not self.undeleted

    def count(self, *why: MissingReason) -> int:
        """Return how many documents are missing for these reasons."""
        return sum(document.why in why for document in self.differences)

    def oldest_seconds(self, now: datetime) -> int | None:
        """Return the age in seconds of the oldest missing document; None when none is missing."""
        return age(self.missing, now)


def age(documents: Iterable[MissingDocument], now: datetime) -> int | None:
    """Return the age in seconds of the oldest of these documents; None if there is none."""
    oldest = min((one.document.modified for one in documents), default=None)
    return None if oldest is None else max(0, round((now - oldest).total_seconds()))


def document_id(key: str) -> str:
    """Return the id of the document with this key; "" if no upload through the API made the key."""
    found = _UPLOADED.fullmatch(key)
    return found[1] if found else ""


def deleted_id(key: str) -> str:
    """Return the id of the document that this tombstone deletes; "" if the key is no tombstone's."""
    found = _TOMBSTONE.fullmatch(key)
    return found[1] if found else ""


def list_documents(s3: "S3Client", region: Region) -> Listing:
    """Return the current documents and tombstones of the region's documents bucket, in memory.

    Raises botocore's errors, and `StalledError` when the next page takes longer than `STALL_SECONDS`.
    """
    rows = [row for page in iterate_with_progress(iterate_pages(s3, region)) for row in page]
    return to_listing(Page(rows, truncated=False))


def list_first_page(s3: "S3Client", region: Region) -> Listing:
    """Return the first thousand documents and tombstones of the region's documents bucket. Raises botocore's errors."""
    return to_listing(read_page(s3, region.documents_bucket))


def to_listing(page: Page) -> Listing:
    """Return the objects of a page. Raises `InvalidAnswerError` if a time is none."""
    documents, tombstones = dict[str, Document](), dict[str, Document]()
    for document in map(to_document, page.rows):
        chosen = tombstones if document.key.startswith(TOMBSTONES_PREFIX) else documents
        chosen[document.key] = document
    return Listing(documents=documents, tombstones=tombstones, complete=not page.truncated)


def to_document(row: Row) -> Document:
    """Return an object of a listing. Raises `InvalidAnswerError` if its time is none."""
    key, modified, etag, size = row
    return Document(key=key, etag=etag, size=int(size), modified=read_time(modified))


def find_differences(source: Listing, destination: Listing) -> tuple[tuple[Document, Document | None], ...]:
    """Return the source's documents that the destination lacks, or has with another content that is not newer. Pure.

    Its tombstones are compared like documents. A document that users deleted, in either region, is none: nobody copies
    it, and it is not missing.

    A replica keeps the time of its original, so the times of both sides can be compared. Source: docs.aws.amazon.com,
    S3, "What does Amazon S3 replicate?".
    """
    found, deleted = [], source.deleted_at.keys() | destination.deleted_at.keys()
    there = {**destination.documents, **destination.tombstones}
    for key, document in (*source.tombstones.items(), *source.documents.items()):
        beside = there.get(key)
        if document_id(key) in deleted:
            continue
        if is_missing(document, beside):
            found.append((document, beside))
    return tuple(found)


def is_missing(document: Document, beside: Document | None) -> bool:
    """Return whether the other bucket lacks this document, or has another content that is not newer."""
    return beside is None or (beside.etag != document.etag and document.modified >= beside.modified)


def inspect_differences(
    found: Iterable[tuple[Document, Document | None]],
    *,
    source: tuple["S3Client", Region],
    destination: tuple["S3Client", Region],
) -> tuple[MissingDocument, ...]:
    """Return each document with the reason why it is missing. Raises botocore's errors."""

    def inspect(pair: tuple[Document, Document | None]) -> MissingDocument | None:
        document, beside = pair
        if beside is not None:
            why: MissingReason = "older" if document.modified > beside.modified else "undecided"
            return MissingDocument(document=document, why=why, destination_etag=beside.etag)
        deleted = _is_deleted(*destination, document.key)
        if deleted is None:  # it has arrived since the listing, which also says what the Knowledge Base lacks
            return MissingDocument(document=document, why="pending")
        if deleted:
            return MissingDocument(document=document, why="deleted")
        status = _replication_status(*source, document.key)
        return (
            None if status is None else MissingDocument(document=document, why=_REASON_BY_STATUS.get(status, "never"))
        )

    inspected = map_concurrently(found, inspect, stall_seconds=STALL_SECONDS)
    return tuple(missing for missing in inspected if missing is not None)


def collect_replication(
    connection: Connection, manifest: Manifest, source: Role, listings: dict[Role, Listing], *, depth: InspectionDepth
) -> Replication:
    """Return the documents of this region that the other one lacks, the oldest first. Raises botocore's errors."""
    there = manifest.other(source)
    deleted = {**listings[there.role].deleted_at, **listings[source].deleted_at}
    differences = Differences(
        found=find_differences(listings[source], listings[there.role]), undeleted=listings[source].undeleted(deleted)
    )
    return inspect_replication(connection, manifest, source, differences, depth=depth)


@dataclass(frozen=True, kw_only=True)
class Differences:
    """What a comparison found in one direction. `not_kept` is the number of further differences."""

    found: Sequence[tuple[Document, Document | None]]
    undeleted: tuple[UndeletedDocument, ...] = ()
    not_kept: int = 0


def inspect_replication(
    connection: Connection, manifest: Manifest, source: Role, differences: Differences, *, depth: InspectionDepth
) -> Replication:
    """Return the documents of this region that the other one lacks, the oldest first. Raises botocore's errors."""
    here, there = manifest.regions[source], manifest.other(source)
    found = sorted(differences.found, key=lambda pair: pair[0].modified)
    limit = len(found) if depth.inspected is None else min(depth.inspected, len(found))
    clients = connection.clients
    direction = Replication(
        source=source,
        configured=here.replicates_to == there.region,
        not_inspected=len(found) + differences.not_kept,
        undeleted=differences.undeleted,
    )
    stopwatch, size = Stopwatch(), INSPECTION_BATCH if depth.seconds is None else QUICK_BATCH
    for begin in range(0, limit, size):
        batch = found[begin : min(begin + size, limit)]
        inspected = inspect_differences(
            batch,
            source=(clients.retrying_s3(here.region), here),
            destination=(clients.retrying_s3(there.region), there),
        )
        direction = replace(
            direction,
            differences=(*direction.differences, *inspected),
            not_inspected=direction.not_inspected - len(batch),
        )
        if depth.missing is not None and len(direction.missing) >= depth.missing:
            break
        if depth.seconds is not None and stopwatch.seconds > depth.seconds:
            break
    return direction


def _is_deleted(s3: "S3Client", region: Region, key: str) -> bool | None:
    # True: the latest version is a delete marker. False: the key has no version. None: the object has arrived since.
    # Source: docs.aws.amazon.com, S3 API, "HeadObject": 404 with x-amz-delete-marker.
    try:
        s3.head_object(Bucket=region.documents_bucket, Key=key)
    except ClientError as error:
        answer = error.response["ResponseMetadata"]
        if answer["HTTPStatusCode"] != HTTPStatus.NOT_FOUND:
            raise
        return answer["HTTPHeaders"].get("x-amz-delete-marker") == "true"
    return None


def _replication_status(s3: "S3Client", region: Region, key: str) -> str | None:
    try:
        return str(s3.head_object(Bucket=region.documents_bucket, Key=key).get("ReplicationStatus", ""))
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == HTTPStatus.NOT_FOUND:  # removed since the listing
            return None
        raise

"""The documents of both regions: what one has and the other lacks, and why."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final, Literal

from botocore.exceptions import ClientError

from standby.deployment.concurrency import map_concurrently
from standby.deployment.manifest import Region

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MissingReason = Literal["pending", "failed", "never", "gone", "older", "deleted", "undecided"]
"""Why the other bucket lacks a document: replication still has it before it, failed, never began; or it was there and
is gone; or an older content is there; or it was deleted there on purpose; or neither content is the newer one."""

_WHY: Final[Mapping[str, MissingReason]] = {"PENDING": "pending", "FAILED": "failed", "COMPLETED": "gone"}
_LEFT_ALONE: Final = frozenset({"deleted", "undecided"})


@dataclass(frozen=True, kw_only=True)
class Document:
    """A bucket's current object."""

    key: str
    etag: str
    size: int
    modified: datetime


@dataclass(frozen=True, kw_only=True)
class MissingDocument:
    """A document that the other bucket lacks, or has in an older content (`destination_etag`)."""

    document: Document
    why: MissingReason
    destination_etag: str = ""

    @property
    def conflicts(self) -> bool:
        """Whether a person has to decide: nothing is copied."""
        return self.why in _LEFT_ALONE


@dataclass(frozen=True, kw_only=True)
class Listing:
    """A bucket's current objects."""

    documents: Mapping[str, Document]

    @property
    def description(self) -> str:
        """The text by which `ingest` knows this content again (see lambda_src/ingest/content_digest.py)."""
        digest = hashlib.sha256()
        for document in self.documents.values():
            digest.update(f"{document.key}\0{document.etag}\0".encode())
        return f"content {digest.hexdigest()}"


def list_documents(s3: "S3Client", region: Region) -> Listing:
    """Return what the region's documents bucket holds now. Raises botocore's errors."""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=region.documents_bucket)
    found = (
        Document(key=entry["Key"], etag=entry["ETag"], size=entry["Size"], modified=entry["LastModified"])
        for page in pages
        for entry in page.get("Contents", [])
    )
    return Listing(documents={document.key: document for document in found})


def find_differences(source: Listing, destination: Listing) -> tuple[tuple[Document, Document | None], ...]:
    """Return the source's documents that the destination lacks, or has with another content not newer. Pure.

    A replica keeps the time of its original, so the times of both sides may be compared. Source: docs.aws.amazon.com,
    S3, "What does Amazon S3 replicate?".
    """
    found = []
    for key, document in source.documents.items():
        beside = destination.documents.get(key)
        if beside is None or (beside.etag != document.etag and document.modified >= beside.modified):
            found.append((document, beside))
    return tuple(found)


def inspect_differences(
    found: Iterable[tuple[Document, Document | None]],
    *,
    source: tuple["S3Client", Region],
    destination: tuple["S3Client", Region],
) -> tuple[MissingDocument, ...]:
    """Find out why each of these documents is missing. Raises botocore's errors."""

    def look(pair: tuple[Document, Document | None]) -> MissingDocument | None:
        document, beside = pair
        if beside is not None:
            why: MissingReason = "older" if document.modified > beside.modified else "undecided"
            return MissingDocument(document=document, why=why, destination_etag=beside.etag)
        deleted = _deleted(*destination, document.key)
        if deleted is None:
            return None
        if deleted:
            return MissingDocument(document=document, why="deleted")
        status = _replication_status(*source, document.key)
        return None if status is None else MissingDocument(document=document, why=_WHY.get(status, "never"))

    return tuple(missing for missing in map_concurrently(found, look) if missing is not None)


def _deleted(s3: "S3Client", region: Region, key: str) -> bool | None:
    # True: the latest version is a delete marker, False: there is none, None: the object arrived meanwhile.
    # Source: docs.aws.amazon.com, S3 API, "HeadObject": 404 with x-amz-delete-marker.
    try:
        s3.head_object(Bucket=region.documents_bucket, Key=key)
    except ClientError as error:
        answer = error.response["ResponseMetadata"]
        if answer["HTTPStatusCode"] != 404:  # noqa: PLR2004 - Not Found
            raise
        return answer["HTTPHeaders"].get("x-amz-delete-marker") == "true"
    return None


def _replication_status(s3: "S3Client", region: Region, key: str) -> str | None:
    try:
        return str(s3.head_object(Bucket=region.documents_bucket, Key=key).get("ReplicationStatus", ""))
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:  # noqa: PLR2004 - removed meanwhile
            return None
        raise

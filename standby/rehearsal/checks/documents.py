"""The sample documents that a rehearsal uploads, and the documents in the two documents buckets."""

import hashlib
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

import boto3
from botocore.exceptions import ClientError

from standby.deadline import poll
from standby.deployment.manifest import ROLES, Region, Role
from standby.errors import StandbyError
from standby.machine import with_load

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import ReplicationConfigurationOutputTypeDef

SAMPLES_DIRECTORY: Final = Path("examples") / "documents"
INDEX_NAME: Final = "rehearsal.toml"
CONTENT_TYPES: Final = {".md": "text/markdown", ".txt": "text/plain"}
REPLICATION_SECONDS: Final = 60.0
POLL_SECONDS: Final = 0.25

_NO_REPLICATION: Final = frozenset({"ReplicationConfigurationNotFoundError", "NoSuchBucket"})

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class SampleDocument:
    """A sample document, and a question that no other sample answers.

    `role` is the role of the region that it is uploaded to. `answer` is what the stand-in for the model quotes.
    """

    name: str
    role: Role
    question: str
    answer: str
    content: bytes = field(repr=False)

    @property
    def content_type(self) -> str:
        """The content type of the upload."""
        return CONTENT_TYPES[Path(self.name).suffix]

    @property
    def etag(self) -> str:
        """The ETag of the content, in quotes as S3 returns it.

        It is the MD5 of the content, for an object that is uploaded in one part without SSE-KMS or SSE-C.
        Source: docs.aws.amazon.com, S3, "Checking object integrity".
        """
        return f'"{hashlib.md5(self.content, usedforsecurity=False).hexdigest()}"'


@dataclass(frozen=True, kw_only=True)
class UploadedDocument:
    """A sample document in the documents buckets.

    `role` is the role of the region that it was uploaded to, `key` is its key in both buckets, and `new` tells whether
    this run uploaded it.
    """

    sample: SampleDocument
    role: Role
    key: str
    new: bool


def read_samples(project: Path) -> tuple[SampleDocument, ...]:
    """Return the sample documents in the order of their index. Raises `StandbyError` if one is missing or invalid."""
    directory = project / SAMPLES_DIRECTORY
    try:
        index = tomllib.loads((directory / INDEX_NAME).read_text(encoding="utf-8"))
        return tuple(_sample(entry, directory=directory) for entry in index["document"])
    except (OSError, KeyError, ValueError) as error:
        raise StandbyError(f"{directory / INDEX_NAME} or one of its documents cannot be read: {error}") from error


def find_object(
    session: boto3.Session, region: Region, *, sample: SampleDocument, key: str | None = None
) -> str | None:
    """Return the key of an object with the content of the sample and its file name, or with `key`; None if none is."""
    pages = session.client("s3").get_paginator("list_objects_v2").paginate(Bucket=region.documents_bucket)
    for page in pages:
        for entry in page.get("Contents", []):
            found = entry["Key"]
            matches = found == key if key else found.endswith(f"/{sample.name}")
            if matches and entry["ETag"] == sample.etag:
                return found
    return None


def count_objects(session: boto3.Session, region: Region) -> int:
    """Return the number of objects in the region's documents bucket."""
    pages = session.client("s3").get_paginator("list_objects_v2").paginate(Bucket=region.documents_bucket)
    return sum(len(page.get("Contents", [])) for page in pages)


def replicates(session: boto3.Session, region: Region) -> bool:
    """Return whether a replication rule of the region's documents bucket is enabled."""
    configuration = read_replication_configuration(session, region)
    return configuration is not None and any(rule["Status"] == "Enabled" for rule in configuration["Rules"])


def read_replication_configuration(
    session: boto3.Session, region: Region
) -> "ReplicationConfigurationOutputTypeDef | None":
    """Return the replication configuration of the region's documents bucket, None if it has none."""
    try:
        response = session.client("s3").get_bucket_replication(Bucket=region.documents_bucket)
    except ClientError as error:
        if error.response["Error"]["Code"] in _NO_REPLICATION:
            return None
        raise
    return response["ReplicationConfiguration"]


def wait_for(find: Callable[[], T | None], *, seconds: float, missing: str) -> T:
    """Return the first result of `find` that is not None. Raises `StandbyError` with `missing` after `seconds`."""
    found = poll(find, seconds=seconds, pause=POLL_SECONDS, until=lambda result: result is not None)
    if found is None:
        raise StandbyError(with_load(f"{missing} within {seconds:.0f} s."))
    return found


def _sample(entry: dict[str, str], *, directory: Path) -> SampleDocument:
    role = next((role for role in ROLES if role == entry["upload_to"]), None)
    if role is None or Path(entry["file"]).suffix not in CONTENT_TYPES:
        raise ValueError(
            f"{entry['file']}: upload_to must be one of {ROLES}, and the suffix one of {tuple(CONTENT_TYPES)}"
        )
    content = (directory / entry["file"]).read_bytes()
    return SampleDocument(
        name=entry["file"], role=role, question=entry["question"], answer=entry["answer"], content=content
    )

"""A document's key, its id, and its tombstone. `documents` and `ingest` share them.

A document that was uploaded through the API has the key `uploads/<id>/<name>`, where the id is a UUID. A deletion
writes the tombstone `deleted/<id>`, an empty object that the replication of the buckets carries to the other region. A
tombstone always wins, because an id is used for one document only (docs/adr/0102-deletions-are-tombstones.md). It names
no file, because the name of a file may say what must be forgotten.
"""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ObjectTypeDef

DOCUMENTS_PREFIX = "uploads/"
TOMBSTONES_PREFIX = "deleted/"
# The Knowledge Base reads these as attributes of another document, not as documents.
METADATA_SUFFIX = ".metadata.json"
# The metadata of an object that names its uploader, percent-encoded. `upload` writes it.
UPLOADER_METADATA = "uploaded-by"

_UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_UPLOADED = re.compile(rf"{DOCUMENTS_PREFIX}({_UUID})/.+", re.DOTALL)
_TOMBSTONE = re.compile(rf"{TOMBSTONES_PREFIX}({_UUID})")
_ID = re.compile(_UUID)


def is_document_id(text: str) -> bool:
    """Return whether the text has the form of a document's id: a UUID in lower case."""
    return _ID.fullmatch(text) is not None


def document_id(key: str) -> str:
    """Return the id of the document with this key; "" if no upload through the API made the key."""
    found = _UPLOADED.fullmatch(key)
    return found[1] if found else ""


def deleted_id(key: str) -> str:
    """Return the id of the document that this tombstone deletes; "" if the key is no tombstone's."""
    found = _TOMBSTONE.fullmatch(key)
    return found[1] if found else ""


def tombstone_key(of: str) -> str:
    """Return the key of the tombstone of a document's id."""
    return f"{TOMBSTONES_PREFIX}{of}"


def list_objects_of(client: "S3Client", bucket: str, of: str) -> Iterator["ObjectTypeDef"]:
    """Yield the current objects with this document's id: usually one. Raises botocore's `ClientError`."""
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=f"{DOCUMENTS_PREFIX}{of}/")
    for page in pages:
        yield from page.get("Contents", [])


def has_tombstone(client: "S3Client", bucket: str, of: str) -> bool:
    """Return whether the document of this id was deleted. Raises botocore's `ClientError`."""
    key = tombstone_key(of)
    answer = client.list_objects_v2(Bucket=bucket, Prefix=key, MaxKeys=1)
    return any(entry["Key"] == key for entry in answer.get("Contents", []))

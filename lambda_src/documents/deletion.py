"""Deletes a document: the tombstone first, so that a deletion that was begun is always finished by `ingest`."""

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

from documents.identifiers import unknown_document
from documents.settings import Settings
from shared.claims import satisfies
from shared.documents import UPLOADER_METADATA, has_tombstone, is_document_id, list_objects_of, tombstone_key
from shared.errors import ApiError
from shared.identity import Caller

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True, kw_only=True)
class Deletion:
    """Deletes documents in one region, for a caller who may."""

    s3: "S3Client"
    settings: Settings

    def delete(self, identifier: str, caller: Caller | None) -> int:
        """Write the tombstone, and delete the document in this region. Return how many objects were deleted now.

        A repeated deletion changes nothing. Raises `ApiError`: 404 `unknown_document`, 409 `not_deletable` (an operator
        put the object there), 403 `not_allowed`. Raises botocore's errors.
        """
        if not is_document_id(identifier):
            message = "An operator put this document into the bucket. An operator must delete it."
            raise ApiError(status=409, code="not_deletable", message=message)
        bucket = self.settings.documents_bucket
        keys = [found["Key"] for found in list_objects_of(self.s3, bucket, identifier)]
        deleted = has_tombstone(self.s3, bucket, identifier)
        if not keys and not deleted:
            raise unknown_document()
        if not deleted:
            self._require_permission(keys, caller)
            self.s3.put_object(Bucket=bucket, Key=tombstone_key(identifier), Body=b"")
        for key in keys:
            self.s3.delete_object(Bucket=bucket, Key=key)
        return len(keys)

    def _require_permission(self, keys: list[str], caller: Caller | None) -> None:
        if self.settings.access_mode == "open":
            return
        if caller is not None:
            wanted = self.settings.delete_claims
            if wanted and satisfies(caller.claims, wanted):
                return
            if all(self._uploader(key) == caller.subject for key in keys):
                return
        message = "Only the person who uploaded this document, or an administrator, can delete it."
        raise ApiError(status=403, code="not_allowed", message=message)

    def _uploader(self, key: str) -> str:
        metadata = self.s3.head_object(Bucket=self.settings.documents_bucket, Key=key)["Metadata"]
        return unquote(metadata.get(UPLOADER_METADATA, ""))

"""A short-lived link to a document's content in this region's bucket."""

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from documents.identifiers import key_of_other, unknown_document
from documents.settings import Settings
from shared.documents import has_tombstone, is_document_id, list_objects_of

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

EXPIRES_SECONDS = 60
# What a browser may show in a tab: it runs nothing from them. Everything else is saved as a file.
_PLAIN_TEXT = "text/plain; charset=utf-8"
_SHOWN = {".csv": _PLAIN_TEXT, ".md": _PLAIN_TEXT, ".pdf": "application/pdf", ".txt": _PLAIN_TEXT}


@dataclass(frozen=True, kw_only=True)
class Content:
    """Links to documents. `presigning_s3` signs for a browser, and makes no call."""

    s3: "S3Client"
    presigning_s3: "S3Client"
    settings: Settings

    def link(self, identifier: str) -> dict[str, object]:
        """Return `{"url", "expiresIn"}` (seconds). Raises `ApiError` 404 `unknown_document`, and botocore's errors."""
        key = self._find_key(identifier)
        name = key.rpartition("/")[2]
        extension = f".{name.rpartition('.')[2].lower()}"
        shown = _SHOWN.get(extension)
        disposition = "inline" if shown else "attachment"
        parameters = {
            "Bucket": self.settings.documents_bucket,
            "Key": key,
            "ResponseContentDisposition": f"{disposition}; filename*=UTF-8''{quote(name, safe='')}",
            "ResponseContentType": shown or "application/octet-stream",
        }
        url = self.presigning_s3.generate_presigned_url("get_object", Params=parameters, ExpiresIn=EXPIRES_SECONDS)
        return {"url": url, "expiresIn": EXPIRES_SECONDS}

    def _find_key(self, identifier: str) -> str:
        bucket = self.settings.documents_bucket
        if not is_document_id(identifier):
            wanted = key_of_other(identifier)
            answer = self.s3.list_objects_v2(Bucket=bucket, Prefix=wanted, MaxKeys=1)
            found = [one["Key"] for one in answer.get("Contents", []) if one["Key"] == wanted]
        else:
            found = [one["Key"] for one in list_objects_of(self.s3, bucket, identifier)]
            if found and has_tombstone(self.s3, bucket, identifier):
                found = []
        if not found:
            raise unknown_document()
        return found[0]

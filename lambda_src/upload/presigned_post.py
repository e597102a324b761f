"""The presigned POST, with which S3 enforces key, content type and size."""

import uuid
from typing import TYPE_CHECKING
from urllib.parse import quote

from shared.documents import DOCUMENTS_PREFIX, UPLOADER_METADATA
from shared.identity import Caller
from upload.request import UploadRequest
from upload.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

EXPIRES_SECONDS = 300
UPLOADED_BY = f"x-amz-meta-{UPLOADER_METADATA}"
# A citation shows a key, and its reader must not be able to overwrite that object. The key is derived from the upload's
# id (by SHA-1, RFC 9562 version 5), and the id cannot be derived from the key.
_KEY_NAMESPACE = uuid.UUID("6c5f7c3e-4c0b-5d0a-9a51-6a4f1d3f2b7e")


def make_object_key(*, name: str, upload_id: uuid.UUID) -> str:
    """Return the upload's unique key. A repeated upload has the same key, in both regions."""
    return f"{DOCUMENTS_PREFIX}{uuid.uuid5(_KEY_NAMESPACE, str(upload_id))}/{name}"


def presign_upload(
    client: "S3Client", *, request: UploadRequest, settings: Settings, caller: Caller | None
) -> dict[str, object]:
    """Return `{"uploadUrl", "fields", "key", "expiresIn"}` (seconds) without a call to AWS.

    With a caller, the object's metadata names the uploader, who may delete the document later.

    The policy requires the exact key and `Content-Type`, and a size of 1 byte to the limit. S3 refuses any other
    upload with 403 `AccessDenied` or 400 `EntityTooLarge`. (Source: docs.aws.amazon.com, Amazon S3 API Reference, POST
    policy.)
    """
    key = make_object_key(name=request.name, upload_id=request.upload_id)
    fields = {"Content-Type": request.content_type, **_uploaded_by(caller)}
    post = client.generate_presigned_post(
        Bucket=settings.documents_bucket,
        Key=key,
        Fields=dict(fields),
        Conditions=[
            *({name: value} for name, value in fields.items()),
            ["content-length-range", 1, settings.max_upload_bytes],
        ],
        ExpiresIn=EXPIRES_SECONDS,
    )
    return {"uploadUrl": post["url"], "fields": post["fields"], "key": key, "expiresIn": EXPIRES_SECONDS}


def _uploaded_by(caller: Caller | None) -> dict[str, str]:
    """Return the metadata field of the form. Metadata has ASCII characters only, so the subject is escaped."""
    return {} if caller is None else {UPLOADED_BY: quote(caller.subject, safe="")}

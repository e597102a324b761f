"""The presigned POST: S3 itself enforces key, content type and size."""

import uuid
from typing import TYPE_CHECKING

from upload.request import UploadRequest
from upload.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

EXPIRES_SECONDS = 300


def object_key(name: str) -> str:
    """Return a key that no other upload has, so that nothing is ever overwritten."""
    return f"uploads/{uuid.uuid4()}/{name}"


def presign_upload(client: "S3Client", *, request: UploadRequest, settings: Settings) -> dict[str, object]:
    """Return `{"uploadUrl", "fields", "key", "expiresIn"}` (seconds); no call is made to AWS.

    The policy fixes the exact key and `Content-Type` and a size of 1 byte to the limit: S3 refuses anything else with
    403 `AccessDenied` or 400 `EntityTooLarge`. (Source: docs.aws.amazon.com, Amazon S3 API Reference, POST policy.)
    """
    key = object_key(request.name)
    post = client.generate_presigned_post(
        Bucket=settings.documents_bucket,
        Key=key,
        Fields={"Content-Type": request.content_type},
        Conditions=[
            {"Content-Type": request.content_type},
            ["content-length-range", 1, settings.max_upload_bytes],
        ],
        ExpiresIn=EXPIRES_SECONDS,
    )
    return {"uploadUrl": post["url"], "fields": post["fields"], "key": key, "expiresIn": EXPIRES_SECONDS}

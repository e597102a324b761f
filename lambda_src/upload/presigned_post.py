"""The presigned POST: S3 itself enforces key, content type and size."""

import uuid
from typing import TYPE_CHECKING

from botocore.config import Config

from upload.request import UploadRequest
from upload.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

EXPIRES_SECONDS = 300


# Whoever reads a citation sees a key, and shall not be able to overwrite what lies there: an upload's id leads to its
# key (by SHA-1, RFC 9562 version 5), a key does not lead back to the id.
_KEYS = uuid.UUID("6c5f7c3e-4c0b-5d0a-9a51-6a4f1d3f2b7e")


def regional_s3_endpoint(region: str) -> str:
    """Return the endpoint of S3 in one region, for a client that presigns.

    A URL that goes to a browser names the bucket's own region (`https://BUCKET.s3.REGION.amazonaws.com/`): the global
    name would redirect, and a browser drops the form's body on a redirect. An explicit endpoint also wins over
    `AWS_ENDPOINT_URL`, which is for the function's own calls. (Source: docs.aws.amazon.com, AWS SDKs and Tools,
    Service-specific endpoints.)
    """
    return f"https://s3.{region}.amazonaws.com"


def presigning_config() -> Config:
    """Build the configuration of the S3 client that presigns uploads: the bucket's name is part of the host name."""
    return Config(signature_version="s3v4", s3={"addressing_style": "virtual"})


def object_key(*, name: str, upload_id: uuid.UUID) -> str:
    """Return a key that no other upload has, and that this upload has in either region, however often it is tried."""
    return f"uploads/{uuid.uuid5(_KEYS, str(upload_id))}/{name}"


def presign_upload(client: "S3Client", *, request: UploadRequest, settings: Settings) -> dict[str, object]:
    """Return `{"uploadUrl", "fields", "key", "expiresIn"}` (seconds); no call is made to AWS.

    The policy fixes the exact key and `Content-Type` and a size of 1 byte to the limit: S3 refuses anything else with
    403 `AccessDenied` or 400 `EntityTooLarge`. (Source: docs.aws.amazon.com, Amazon S3 API Reference, POST policy.)
    """
    key = object_key(name=request.name, upload_id=request.upload_id)
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

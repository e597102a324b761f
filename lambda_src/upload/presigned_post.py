"""The presigned POST, with which S3 enforces key, content type and size."""

import uuid
from typing import TYPE_CHECKING

from botocore.config import Config

from upload.request import UploadRequest
from upload.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

EXPIRES_SECONDS = 300
# A citation shows a key, and its reader must not be able to overwrite that object. The key is derived from the upload's
# id (by SHA-1, RFC 9562 version 5), and the id cannot be derived from the key.
_KEY_NAMESPACE = uuid.UUID("6c5f7c3e-4c0b-5d0a-9a51-6a4f1d3f2b7e")


def regional_s3_endpoint(region: str) -> str:
    """Return the endpoint of S3 in one region, for a client that presigns.

    A browser needs the URL of the bucket's own region (`https://BUCKET.s3.REGION.amazonaws.com/`): the global name
    would redirect, and a browser drops the form's body on a redirect. An explicit endpoint also overrides
    `AWS_ENDPOINT_URL`, which is for the function's own calls. (Source: docs.aws.amazon.com, AWS SDKs and Tools,
    Service-specific endpoints.)
    """
    return f"https://s3.{region}.amazonaws.com"


def presigning_config() -> Config:
    """Return the configuration of the S3 client that presigns: the bucket's name is part of the host name."""
    return Config(signature_version="s3v4", s3={"addressing_style": "virtual"})


def make_object_key(*, name: str, upload_id: uuid.UUID) -> str:
    """Return the upload's unique key. A repeated upload has the same key, in both regions."""
    return f"uploads/{uuid.uuid5(_KEY_NAMESPACE, str(upload_id))}/{name}"


def presign_upload(client: "S3Client", *, request: UploadRequest, settings: Settings) -> dict[str, object]:
    """Return `{"uploadUrl", "fields", "key", "expiresIn"}` (seconds) without a call to AWS.

    The policy requires the exact key and `Content-Type`, and a size of 1 byte to the limit. S3 refuses any other
    upload with 403 `AccessDenied` or 400 `EntityTooLarge`. (Source: docs.aws.amazon.com, Amazon S3 API Reference, POST
    policy.)
    """
    key = make_object_key(name=request.name, upload_id=request.upload_id)
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

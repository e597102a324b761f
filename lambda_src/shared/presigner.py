"""The S3 client that presigns URLs and forms for a browser."""

from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def presigning_client(region: str) -> "S3Client":
    """Return a client that signs for the bucket's own region, with the bucket's name in the host name.

    A browser needs the URL of the bucket's own region (`https://BUCKET.s3.REGION.amazonaws.com/`): the global name
    would redirect, and a browser drops the form's body on a redirect. An explicit endpoint also overrides
    `AWS_ENDPOINT_URL`, which is for the function's own calls. (Source: docs.aws.amazon.com, AWS SDKs and Tools,
    Service-specific endpoints.)
    """
    return boto3.client(
        "s3",
        region_name=region,
        endpoint_url=f"https://s3.{region}.amazonaws.com",
        config=Config(signature_version="s3v4", s3={"addressing_style": "virtual"}),
    )

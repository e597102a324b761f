"""How every boto3 client of the functions is configured."""

import os
from collections.abc import Mapping

from botocore.config import Config


def client_config(*, connect_seconds: float, read_seconds: float, attempts: int = 1) -> Config:
    """Build a botocore configuration with explicit time-outs.

    `attempts` counts the first call too; above 1 botocore retries by itself in mode "standard", which waits with
    jitter. (Source: boto3 documentation, Retries.)
    """
    return Config(
        connect_timeout=connect_seconds,
        read_timeout=read_seconds,
        retries={"mode": "standard", "total_max_attempts": attempts},
    )


def presigning_config(environment: Mapping[str, str] = os.environ) -> Config:
    """Build the configuration of the S3 client that presigns uploads.

    On AWS the URL names the bucket's own region (`https://BUCKET.s3.REGION.amazonaws.com/`): the global name would
    redirect, and a browser drops the form's body on a redirect. With a custom endpoint (an emulator) boto3 chooses
    path style by itself, which works without any DNS.
    """
    custom = "AWS_ENDPOINT_URL" in environment or "AWS_ENDPOINT_URL_S3" in environment
    return Config(
        signature_version="s3v4",
        s3={"addressing_style": "auto" if custom else "virtual", "us_east_1_regional_endpoint": "regional"},
    )

"""How every boto3 client of the functions is configured."""

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

"""Deny CloudFront the pages of one region, by a statement in its frontend bucket's policy: S3 then answers 403.

The statement has a Sid that is unique to its caller. It is found and removed by that Sid, even if the caller was
killed.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from standby.deployment.manifest import Region

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def deny_pages(s3: "S3Client", region: Region, *, sid: str, until: datetime | None = None) -> None:
    """Add the statement, or replace an existing one. With `until` (UTC) it expires automatically.

    Raises botocore's errors.
    """
    policy = _read_policy(s3, region)
    _write_policy(s3, region, policy, [*_other_statements(policy, sid), _denial(region, sid=sid, until=until)])


def allow_pages(s3: "S3Client", region: Region, *, sid: str) -> None:
    """Remove the statement. Write nothing if there is none. Raises botocore's errors."""
    policy = _read_policy(s3, region)
    others = _other_statements(policy, sid)
    if len(others) < len(_statements(policy)):
        _write_policy(s3, region, policy, others)


def _denial(region: Region, *, sid: str, until: datetime | None) -> dict[str, object]:
    """Return the statement.

    Source: docs.aws.amazon.com, IAM, "AWS global condition context keys", `aws:CurrentTime`.
    """
    statement: dict[str, object] = {
        "Sid": sid,
        "Effect": "Deny",
        "Principal": {"Service": "cloudfront.amazonaws.com"},
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{region.frontend_bucket}/*",
    }
    if until is not None:
        statement["Condition"] = {"DateLessThan": {"aws:CurrentTime": f"{until:%Y-%m-%dT%H:%M:%SZ}"}}
    return statement


def _other_statements(policy: Mapping[str, object], sid: str) -> list[object]:
    return [part for part in _statements(policy) if not (isinstance(part, dict) and part.get("Sid") == sid)]


def _statements(policy: Mapping[str, object]) -> list[object]:
    # A policy with one statement may have it without a list. Source: docs.aws.amazon.com, IAM, "IAM JSON policy
    # elements: Statement".
    statements = policy["Statement"]
    return statements if isinstance(statements, list) else [statements]


def _read_policy(s3: "S3Client", region: Region) -> dict[str, object]:
    policy: dict[str, object] = json.loads(s3.get_bucket_policy(Bucket=region.frontend_bucket)["Policy"])
    return policy


def _write_policy(s3: "S3Client", region: Region, policy: Mapping[str, object], statements: list[object]) -> None:
    s3.put_bucket_policy(Bucket=region.frontend_bucket, Policy=json.dumps({**policy, "Statement": statements}))

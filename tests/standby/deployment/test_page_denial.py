"""The denial of pages is a separate statement: added once, found by its Sid, removed completely."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from standby.deployment.page_denial import allow_pages, deny_pages
from tests.standby.helpers import World

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

SID, OTHER_SID = "OneDenies", "AnotherDenies"
UNTIL = datetime(2026, 11, 26, 5, 30, tzinfo=UTC)
OWN = {
    "Sid": "Own",
    "Effect": "Allow",
    "Principal": {"Service": "cloudfront.amazonaws.com"},
    "Action": "s3:GetObject",
    "Resource": "arn:aws:s3:::x/*",
}

Policy = Callable[[], dict[str, object]]


@pytest.fixture
def s3(world: World) -> "S3Client":
    return world.s3("primary")


@pytest.fixture
def policy(world: World, s3: "S3Client") -> Policy:
    """Give the bucket a policy with one statement that is not in a list; return a function that reads the policy."""
    bucket = world.manifest.regions["primary"].frontend_bucket
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Id": "stack", "Statement": OWN}))

    def read() -> dict[str, object]:
        document: dict[str, object] = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])
        return document

    return read


def test_a_denial_is_added_once_and_keeps_the_other_statements(world: World, s3: "S3Client", policy: Policy) -> None:
    region = world.manifest.regions["primary"]
    deny_pages(s3, region, sid=SID)
    deny_pages(s3, region, sid=SID)
    denial = {
        "Sid": SID,
        "Effect": "Deny",
        "Principal": {"Service": "cloudfront.amazonaws.com"},
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{region.frontend_bucket}/*",
    }
    assert policy() == {"Version": "2012-10-17", "Id": "stack", "Statement": [OWN, denial]}


def test_a_denial_with_an_end_expires_by_itself(world: World, s3: "S3Client", policy: Policy) -> None:
    deny_pages(s3, world.manifest.regions["primary"], sid=SID, until=UNTIL)
    statements = policy()["Statement"]
    assert isinstance(statements, list)
    assert statements[-1]["Condition"] == {"DateLessThan": {"aws:CurrentTime": "2026-11-26T05:30:00Z"}}


def test_each_caller_removes_only_its_own_denial(world: World, s3: "S3Client", policy: Policy) -> None:
    region = world.manifest.regions["primary"]
    for sid in (SID, OTHER_SID):
        deny_pages(s3, region, sid=sid)
    allow_pages(s3, region, sid=SID)
    statements = policy()["Statement"]
    assert isinstance(statements, list)
    assert [statement["Sid"] for statement in statements] == ["Own", OTHER_SID]
    allow_pages(s3, region, sid=OTHER_SID)
    assert policy()["Statement"] == [OWN]


def test_without_a_denial_the_policy_is_not_written(
    world: World, s3: "S3Client", policy: Policy, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = policy()
    monkeypatch.setattr(s3, "put_bucket_policy", lambda **_: pytest.fail("the policy was written"))
    allow_pages(s3, world.manifest.regions["primary"], sid=SID)
    assert policy() == before

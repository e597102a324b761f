"""Faults in policies and replication rules: each adds its own statement, or restores the earlier configuration."""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

import pytest

from standby.deployment.manifest import ROLES
from standby.errors import RefusedError
from tests.standby.rehearsal.faults.helpers import health, set_fault
from tests.standby.rehearsal.network.helpers import SmallRehearsal

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import ReplicationConfigurationTypeDef

EMPTY_ZIP = b"PK\x05\x06" + b"\0" * 18


@pytest.fixture
def replicating(small: SmallRehearsal) -> Callable[[], list[str]]:
    """Two replication rules of the primary region's documents bucket, one of them disabled; return their statuses."""
    for role in ROLES:
        region = small.rehearsal.deployment.regions[role].region
        small.s3[role].put_bucket_versioning(
            Bucket=f"documents-{region}", VersioningConfiguration={"Status": "Enabled"}
        )
    rules = [
        {
            "ID": status,
            "Priority": priority,
            "Status": status,
            "Filter": {"Prefix": f"{status}/"},
            "DeleteMarkerReplication": {"Status": "Disabled"},
            "Destination": {"Bucket": "arn:aws:s3:::documents-us-east-1"},
        }
        for priority, status in enumerate(("Enabled", "Disabled"))
    ]
    replicator, bucket = "arn:aws:iam::000000000000:role/replication", "documents-us-west-2"
    configuration = cast("ReplicationConfigurationTypeDef", {"Role": replicator, "Rules": rules})
    small.s3["primary"].put_bucket_replication(Bucket=bucket, ReplicationConfiguration=configuration)

    def statuses() -> list[str]:
        found = small.s3["primary"].get_bucket_replication(Bucket=bucket)["ReplicationConfiguration"]["Rules"]
        return [rule["Status"] for rule in found]

    return statuses


def test_denied_pages_come_from_the_other_region_and_the_policy_is_restored(small: SmallRehearsal) -> None:
    def policy() -> object:
        return json.loads(small.s3["primary"].get_bucket_policy(Bucket=small.bucket("primary"))["Policy"])

    before = policy()
    set_fault(small, "pages-denied")
    set_fault(small, "pages-denied")
    with small.distribution(codes=(500, 502, 503, 504)):
        assert small.get("/").status == 403
    with small.distribution(codes=(403, 500)):
        assert small.get("/").headers["X-Rehearsal-Served-By"] == "failover"
    small.rehearsal.faults.heal()
    assert small.get("/").headers["X-Rehearsal-Served-By"] == "primary"
    assert policy() == before


def test_replication_is_paused_and_its_rules_are_restored(
    small: SmallRehearsal, replicating: Callable[[], list[str]]
) -> None:
    set_fault(small, "replication-paused")
    set_fault(small, "replication-paused")
    assert replicating() == ["Disabled", "Disabled"]
    small.rehearsal.faults.heal("failover")
    assert replicating() == ["Disabled", "Disabled"]
    small.rehearsal.faults.heal("primary")
    assert replicating() == ["Enabled", "Disabled"]


def test_before_an_apply_replication_is_restored_once_and_region_proxies_are_not_changed(
    small: SmallRehearsal, replicating: Callable[[], list[str]]
) -> None:
    set_fault(small, "replication-paused")
    set_fault(small, "api-errors")
    assert [fault.kind for fault in small.rehearsal.faults.heal_configuration()] == ["replication-paused"]
    assert replicating() == ["Enabled", "Disabled"]
    assert health(small) == "503"
    documents = "documents-us-west-2"
    applied = small.s3["primary"].get_bucket_replication(Bucket=documents)["ReplicationConfiguration"]
    applied["Rules"][1]["Status"] = "Enabled"  # the apply then changes it
    small.s3["primary"].put_bucket_replication(Bucket=documents, ReplicationConfiguration=applied)
    assert [fault.kind for fault in small.rehearsal.faults.heal()] == ["api-errors"]
    assert replicating() == ["Enabled", "Enabled"]


def test_replication_that_does_not_exist_cannot_be_paused(small: SmallRehearsal) -> None:
    with pytest.raises(RefusedError, match="no replication to pause"):
        set_fault(small, "replication-paused", "failover")
    assert small.rehearsal.faults.active() == ()


def test_only_query_and_health_are_denied_the_knowledge_base(small: SmallRehearsal) -> None:
    iam = small.sessions["primary"].client("iam")
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    functions = small.sessions["primary"].client("lambda")
    for purpose in ("query", "health", "upload"):
        role = iam.create_role(RoleName=f"small-{purpose}", AssumeRolePolicyDocument=document)["Role"]["Arn"]
        functions.create_function(
            FunctionName=f"small-{purpose}",
            Runtime="python3.12",
            Handler=f"{purpose}.handler.handler",
            Role=role,
            Code={"ZipFile": EMPTY_ZIP},
        )

    def denied() -> list[str]:
        purposes = ("query", "health", "upload")
        return [name for name in purposes if iam.list_role_policies(RoleName=f"small-{name}")["PolicyNames"]]

    set_fault(small, "knowledge-base-denied")
    assert denied() == ["query", "health"]
    set_fault(small, "knowledge-base-denied", "failover")
    small.rehearsal.faults.heal()
    assert denied() == []

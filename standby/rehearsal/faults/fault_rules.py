"""Faults that are done to what a region's permissions and rules say, through AWS's own API."""

import copy
import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

import boto3
from botocore.exceptions import ClientError

from standby.deployment.manifest import Region
from standby.errors import RefusedError
from standby.rehearsal.checks.documents import replication

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import ReplicationConfigurationUnionTypeDef

POLICY_NAME: Final = "rehearsal-knowledge-base-denied"
FUNCTIONS: Final = ("query", "health")
_DENIED: Final = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Deny", "Action": "bedrock:Retrieve", "Resource": "*"}],
}


def deny_knowledge_base(session: boto3.Session, deployment: str) -> None:
    """Take the permission to ask the Knowledge Base from the region's `query` and `health` functions.

    A denial beside the stack's own policies, which stay as they are: it takes effect at once, wins over every
    permission, and is undone by removing it, whatever became of the command that put it there.
    """
    iam = session.client("iam")
    for role in _roles(session, deployment):
        iam.put_role_policy(RoleName=role, PolicyName=POLICY_NAME, PolicyDocument=json.dumps(_DENIED))


def allow_knowledge_base(session: boto3.Session, deployment: str) -> None:
    """Give back what `deny_knowledge_base` took."""
    iam = session.client("iam")
    for role in _roles(session, deployment):
        try:
            iam.delete_role_policy(RoleName=role, PolicyName=POLICY_NAME)
        except ClientError as error:
            if error.response["Error"]["Code"] != "NoSuchEntity":
                raise


def read_replication(session: boto3.Session, region: Region) -> "ReplicationConfigurationUnionTypeDef":
    """Return the replication of the region's documents. Raises `RefusedError` where none leads out of the region."""
    found = replication(session, region)
    if found is None:
        raise RefusedError(f"No document leaves {region.region}: there is no replication to pause.")
    return found


def write_replication(
    session: boto3.Session,
    region: Region,
    configuration: "ReplicationConfigurationUnionTypeDef",
    *,
    paused: bool,
) -> None:
    """Put the configuration, with every rule disabled where `paused`."""
    wanted = copy.deepcopy(configuration)
    if paused:
        for rule in wanted["Rules"]:
            rule["Status"] = "Disabled"
    session.client("s3").put_bucket_replication(Bucket=region.documents_bucket, ReplicationConfiguration=wanted)


def _roles(session: boto3.Session, deployment: str) -> Iterable[str]:
    for page in session.client("lambda").get_paginator("list_functions").paginate():
        for function in page["Functions"]:
            purpose = function.get("Handler", "").partition(".")[0]
            if purpose in FUNCTIONS and function["FunctionName"].startswith(f"{deployment}-"):
                yield function["Role"].rpartition("/")[2]

"""Faults in the configuration of a region: in its policies and its replication rules, set through AWS's own API."""

import copy
import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

import boto3
from botocore.exceptions import ClientError

from standby.deployment.manifest import Region
from standby.errors import RefusedError
from standby.rehearsal.checks.documents import read_replication_configuration

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import ReplicationConfigurationUnionTypeDef

POLICY_NAME: Final = "rehearsal-knowledge-base-denied"
DENIED_FUNCTIONS: Final = ("query", "health")
_DENY_RETRIEVE: Final = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Deny", "Action": "bedrock:Retrieve", "Resource": "*"}],
}


def deny_knowledge_base(session: boto3.Session, deployment: str) -> None:
    """Deny the region's `query` and `health` functions the retrieval from the Knowledge Base.

    The Deny statement is in a policy of its own: it overrides every Allow statement immediately, and removing the
    policy restores the permissions, even if the command that added it was killed.
    """
    iam = session.client("iam")
    for role in _function_roles(session, deployment):
        iam.put_role_policy(RoleName=role, PolicyName=POLICY_NAME, PolicyDocument=json.dumps(_DENY_RETRIEVE))


def allow_knowledge_base(session: boto3.Session, deployment: str) -> None:
    """Remove the policy of `deny_knowledge_base`."""
    iam = session.client("iam")
    for role in _function_roles(session, deployment):
        try:
            iam.delete_role_policy(RoleName=role, PolicyName=POLICY_NAME)
        except ClientError as error:
            if error.response["Error"]["Code"] != "NoSuchEntity":
                raise


def read_replication(session: boto3.Session, region: Region) -> "ReplicationConfigurationUnionTypeDef":
    """Return the replication configuration of the region's documents bucket. Raises `RefusedError` if it has none."""
    found = read_replication_configuration(session, region)
    if found is None:
        raise RefusedError(f"{region.region} does not replicate its documents: there is no replication to pause.")
    return found


def write_replication(
    session: boto3.Session,
    region: Region,
    configuration: "ReplicationConfigurationUnionTypeDef",
    *,
    paused: bool,
) -> None:
    """Put the replication configuration; `paused` disables every rule."""
    changed = copy.deepcopy(configuration)
    if paused:
        for rule in changed["Rules"]:
            rule["Status"] = "Disabled"
    session.client("s3").put_bucket_replication(Bucket=region.documents_bucket, ReplicationConfiguration=changed)


def _function_roles(session: boto3.Session, deployment: str) -> Iterable[str]:
    for page in session.client("lambda").get_paginator("list_functions").paginate():
        for function in page["Functions"]:
            purpose = function.get("Handler", "").partition(".")[0]
            if purpose in DENIED_FUNCTIONS and function["FunctionName"].startswith(f"{deployment}-"):
                yield function["Role"].rpartition("/")[2]

"""The role that applies the stack in a rehearsal, with the deployer's policy: what it lacks fails here as on AWS."""

import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Final

from standby.deployment.clients import GLOBAL_REGION, Clients
from standby.deployment.sessions import EMULATOR_ACCOUNT, EmulatorCredentials, EmulatorSession
from standby.rehearsal.emulator.emulator import Emulator

ROLE_NAME: Final = "rehearsal-applier"


def role_arn(name: str = ROLE_NAME) -> str:
    """Return the ARN of a role in the emulator's account."""
    return f"arn:aws:iam::{EMULATOR_ACCOUNT}:role/{name}"


def create_applier(emulator: Emulator, *, policy: Mapping[str, object], name: str = ROLE_NAME) -> None:
    """Create the role if it is missing, and give it this policy beside those of earlier stacks, which it may destroy.

    The account's root user may assume it.
    """
    iam = EmulatorSession(region=GLOBAL_REGION, endpoint=emulator.endpoint).client("iam")
    root = {"AWS": f"arn:aws:iam::{EMULATOR_ACCOUNT}:root"}
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": root, "Action": "sts:AssumeRole"}]}
    with suppress(iam.exceptions.EntityAlreadyExistsException):
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))
    document = json.dumps(policy, separators=(",", ":"), sort_keys=True)
    digest = hashlib.sha256(document.encode()).hexdigest()[:12]
    iam.put_role_policy(RoleName=name, PolicyName=f"deployer-{digest}", PolicyDocument=document)


def assume_applier(clients: Clients) -> EmulatorCredentials:
    """Return temporary credentials of the role, for the root user's clients. Raises botocore's errors."""
    answer = clients.sts(GLOBAL_REGION).assume_role(RoleArn=role_arn(), RoleSessionName="preflight")["Credentials"]
    return EmulatorCredentials(answer["AccessKeyId"], answer["SecretAccessKey"], answer["SessionToken"])

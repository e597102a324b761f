"""The role that applies the stack in a rehearsal. A role applies it on AWS, so the rehearsal never applies as root."""

import json
from typing import Final

from standby.deployment.clients import GLOBAL_REGION
from standby.deployment.sessions import EMULATOR_ACCOUNT, EmulatorSession
from standby.rehearsal.emulator.emulator import Emulator

ROLE_NAME: Final = "rehearsal-applier"


def role_arn(name: str = ROLE_NAME) -> str:
    """Return the ARN of a role in the emulator's account."""
    return f"arn:aws:iam::{EMULATOR_ACCOUNT}:role/{name}"


def create_applier(emulator: Emulator, *, name: str = ROLE_NAME) -> None:
    """Create the role, with all permissions, if it is missing. The account's root user may assume it."""
    iam = EmulatorSession(region=GLOBAL_REGION, endpoint=emulator.endpoint).client("iam")
    root = {"AWS": f"arn:aws:iam::{EMULATOR_ACCOUNT}:root"}
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": root, "Action": "sts:AssumeRole"}]}
    everything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    try:
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))
    except iam.exceptions.EntityAlreadyExistsException:
        return
    iam.put_role_policy(RoleName=name, PolicyName="everything", PolicyDocument=json.dumps(everything))

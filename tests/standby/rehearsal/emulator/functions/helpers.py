"""A function of the emulator that a test has written."""

import io
import json
import zipfile
from collections.abc import Mapping
from typing import TYPE_CHECKING

from botocore.config import Config

from standby.deployment.sessions import EMULATOR_ACCOUNT, EmulatorSession
from standby.rehearsal.emulator.emulator import Emulator

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

CONNECTIONS = 40
"""How many requests a client sends at the same time."""


def create_function(emulator: Emulator, name: str, files: Mapping[str, str]) -> "LambdaClient":
    """Create a function with these files, whose handler is `handler` in main.py. Return a client that can invoke it."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as code:
        for file, text in files.items():
            code.writestr(file, text)
    session = EmulatorSession(region="us-west-2", endpoint=emulator.endpoint)
    functions = session.client("lambda", config=Config(max_pool_connections=CONNECTIONS))
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}
    session.client("iam").create_role(
        RoleName=name, AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    )
    functions.create_function(
        FunctionName=name,
        Role=f"arn:aws:iam::{EMULATOR_ACCOUNT}:role/{name}",
        Handler="main.handler",
        Runtime="python3.13",
        Code={"ZipFile": archive.getvalue()},
    )
    return functions

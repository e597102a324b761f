"""The emulator is started, found again and ended, whatever happened to it in between. Real processes throughout."""

import io
import json
import socket
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
import psutil
import pytest
import urllib3
from botocore.exceptions import ClientError

from standby.deployment.sessions import EmulatorSession
from standby.rehearsal.emulator.emulator import (
    HOST,
    Emulator,
    answers,
    free_port,
    running_emulator,
    start_emulator,
    stop_emulator,
)
from standby.rehearsal.emulator.ministack_server import corrected_action, corrected_resource
from standby.rehearsal.files.paths import RehearsalPaths
from standby.rehearsal.processes.process import ours

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

READER: dict[str, object] = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
TLS_ONLY: dict[str, object] = {
    "Effect": "Deny",
    "Principal": "*",
    "Action": "s3:*",
    "Resource": ["arn:aws:s3:::private", "arn:aws:s3:::private/*"],
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}


def policy(statement: Mapping[str, object]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def kill(emulator: Emulator) -> None:
    process = psutil.Process(emulator.identity.pid)
    process.kill()
    process.wait()


def test_the_emulator_is_found_again_and_ended_without_a_trace(paths: RehearsalPaths) -> None:
    emulator = start_emulator(paths)
    assert running_emulator(paths) == emulator
    listening = [entry.laddr.ip for entry in psutil.Process(emulator.identity.pid).net_connections(kind="tcp")]
    assert listening
    assert set(listening) == {HOST}
    assert stop_emulator(paths) == 1
    assert not answers(emulator.endpoint)
    assert ours(paths.directory) == ()
    assert running_emulator(paths) is None


def test_a_killed_emulator_is_replaced_on_its_port_and_its_terraform_state_is_discarded(paths: RehearsalPaths) -> None:
    killed = start_emulator(paths)
    kill(killed)
    paths.state.write_text("{}")
    paths.applied_record.write_text("{}")
    assert running_emulator(paths) is None
    started = start_emulator(paths)
    assert started.port == killed.port
    assert started.identity != killed.identity
    assert not paths.state.exists()
    assert not paths.applied_record.exists()


def test_a_port_that_somebody_else_took_is_left_to_them(paths: RehearsalPaths) -> None:
    port = free_port()
    paths.emulator_record.write_text(json.dumps({"pid": 1, "created": 1.0, "port": port}))
    with socket.socket() as somebody:
        somebody.bind((HOST, port))
        somebody.listen()
        assert start_emulator(paths).port != port


def test_a_record_of_a_process_id_that_belongs_to_another_program_is_not_believed(paths: RehearsalPaths) -> None:
    emulator = start_emulator(paths)
    record = {**emulator.record(), "created": emulator.identity.created - 3600}
    paths.emulator_record.write_text(json.dumps(record))
    assert running_emulator(paths) is None


def test_the_emulator_reads_nothing_of_the_users_aws_settings(
    paths: RehearsalPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    emulator = start_emulator(paths)
    environment = psutil.Process(emulator.identity.pid).environ()
    assert not [name for name in environment if name.startswith("AWS_")]
    assert Path(environment["HOME"]) == paths.home


def test_sessions_reach_the_emulator_whatever_the_users_aws_settings_say(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"AWS_PROFILE": "missing", "AWS_ENDPOINT_URL": "http://127.0.0.1:1", "HTTP_PROXY": HOST}.items():
        monkeypatch.setenv(name, value)
    session = EmulatorSession(region="us-east-1", endpoint=emulator.endpoint)
    assert session.client("sts").get_caller_identity()["Account"] == "000000000000"


def test_a_bucket_that_demands_tls_serves_a_request_and_refuses_one_that_came_without(emulator: Emulator) -> None:
    root = EmulatorSession(region="us-west-2", endpoint=emulator.endpoint)
    s3 = root.client("s3")
    s3.create_bucket(Bucket="private", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    s3.put_bucket_policy(Bucket="private", Policy=policy(TLS_ONLY))
    reader = reader_client(root, endpoint=emulator.endpoint)
    reader.put_object(Bucket="private", Key="key", Body=b"text")
    url = reader.generate_presigned_url("get_object", Params={"Bucket": "private", "Key": "key"})
    assert urllib3.request("GET", url).status == 200
    assert urllib3.request("GET", url, headers={"X-Forwarded-Proto": "http"}).status == 403


def test_iam_is_enforced(emulator: Emulator) -> None:
    root = EmulatorSession(region="us-west-2", endpoint=emulator.endpoint)
    reader = reader_client(root, endpoint=emulator.endpoint, name="stranger", statement={**READER, "Action": "sqs:*"})
    with pytest.raises(ClientError, match="AccessDenied"):
        reader.list_buckets()


def test_an_invocation_logs_where_its_log_group_is_and_makes_none(emulator: Emulator) -> None:
    """Made anew after `destroy` had deleted it, it would be in the way of the next apply."""
    root = EmulatorSession(region="us-west-2", endpoint=emulator.endpoint)
    functions, logs = root.client("lambda"), root.client("logs")
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    role = root.client("iam").create_role(RoleName="logging", AssumeRolePolicyDocument=policy(trust))["Role"]
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("handler.py", "def handler(event, context):\n    print('was here')\n")
    functions.create_function(
        FunctionName="logging",
        Runtime="python3.13",
        Handler="handler.handler",
        Role=role["Arn"],
        Code={"ZipFile": code.getvalue()},
    )
    functions.invoke(FunctionName="logging")
    assert logs.describe_log_groups()["logGroups"] == []
    logs.create_log_group(logGroupName="/aws/lambda/logging")
    functions.invoke(FunctionName="logging")
    events = logs.filter_log_events(logGroupName="/aws/lambda/logging")["events"]
    assert "was here" in [event["message"].strip() for event in events]


def reader_client(
    root: boto3.Session, *, endpoint: str, name: str = "reader", statement: dict[str, object] = READER
) -> "S3Client":
    iam = root.client("iam")
    iam.create_user(UserName=name)
    iam.put_user_policy(UserName=name, PolicyName="reader", PolicyDocument=policy(statement))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return boto3.Session(
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
        region_name="us-west-2",
    ).client("s3", endpoint_url=endpoint)


@pytest.mark.parametrize(
    "named,action",
    [
        ("bedrock:Converse", "bedrock:InvokeModel"),
        ("bedrock:ConverseStream", "bedrock:InvokeModelWithResponseStream"),
        ("s3:GetObject", "s3:GetObject"),
        (None, None),
    ],
)
def test_a_conversation_needs_the_permission_to_invoke_the_model(named: str | None, action: str | None) -> None:
    assert corrected_action(lambda *_: named)("bedrock-runtime") == action


@pytest.mark.parametrize(
    "model,resource",
    [
        (
            "us.anthropic.claude-v1:0",
            "arn:aws:bedrock:us-west-2:000000000000:inference-profile/us.anthropic.claude-v1:0",
        ),
        ("amazon.titan-v2:0", "arn:aws:bedrock:us-west-2::foundation-model/amazon.titan-v2:0"),
    ],
)
def test_an_inference_profile_is_authorized_as_one(model: str, resource: str) -> None:
    extract = corrected_resource(lambda *_: f"arn:aws:bedrock:us-west-2::foundation-model/{model}")
    assert extract("bedrock-runtime", "POST", "/", {}, b"", {}, "us-west-2", "000000000000") == resource

"""The emulator is started, found again and stopped, whatever happens to it. All processes are real."""

import io
import json
import socket
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import psutil
import pytest
import urllib3
from botocore.exceptions import ClientError

from standby.deployment.sessions import EmulatorSession
from standby.rehearsal.emulator.emulator import (
    Emulator,
    EmulatorRecord,
    is_ready,
    running_emulator,
    start_emulator,
    stop_emulator,
)
from standby.rehearsal.files.json_files import write_record
from standby.rehearsal.files.paths import RehearsalPaths
from standby.rehearsal.processes.ports import HOST, free_ports
from standby.rehearsal.processes.process import ProcessIdentity, find_processes

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


def test_the_emulator_is_found_again_and_stopped_without_a_trace(paths: RehearsalPaths) -> None:
    emulator = start_emulator(paths)
    assert running_emulator(paths) == emulator
    listening = [entry.laddr.ip for entry in psutil.Process(emulator.identity.pid).net_connections(kind="tcp")]
    assert listening
    assert set(listening) == {HOST}
    assert stop_emulator(paths) == 1
    assert not is_ready(emulator.endpoint)
    assert find_processes(paths.directory) == ()
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


def test_a_port_that_another_program_uses_is_not_taken(paths: RehearsalPaths) -> None:
    port = free_ports(["port"], preferred={})["port"]
    earlier = Emulator(identity=ProcessIdentity(pid=1, created=1.0), port=port)
    write_record(paths.emulator_record, EmulatorRecord(emulator=earlier, directory=str(paths.directory)))
    with socket.socket() as other:
        other.bind((HOST, port))
        other.listen()
        assert start_emulator(paths).port != port


def test_the_record_of_a_process_id_that_another_program_now_has_does_not_count(paths: RehearsalPaths) -> None:
    emulator = start_emulator(paths)
    identity = ProcessIdentity(pid=emulator.identity.pid, created=emulator.identity.created - 3600)
    write_record(
        paths.emulator_record,
        EmulatorRecord(emulator=Emulator(identity=identity, port=emulator.port), directory=str(paths.directory)),
    )
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


def test_a_bucket_that_requires_tls_serves_a_request_and_refuses_one_without_tls(emulator: Emulator) -> None:
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


def test_a_user_who_may_change_visibilities_may_change_ten_in_one_call(emulator: Emulator) -> None:
    """IAM has no action for the batch. Source: docs.aws.amazon.com, Service Authorization Reference, Amazon SQS."""
    root = EmulatorSession(region="us-west-2", endpoint=emulator.endpoint)
    sqs = root.client("sqs")
    url = sqs.create_queue(QueueName="returned", Attributes={"VisibilityTimeout": "365"})["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="event")
    [message] = sqs.receive_message(QueueUrl=url)["Messages"]
    entries: Any = [{"Id": "0", "ReceiptHandle": message["ReceiptHandle"], "VisibilityTimeout": 0}]
    for name, action in (("deleter", "sqs:DeleteMessage"), ("returner", "sqs:ChangeMessageVisibility")):
        user = user_session(root, name=name, statement={"Effect": "Allow", "Action": action, "Resource": "*"})
        client = user.client("sqs", endpoint_url=emulator.endpoint)
        if name == "deleter":
            with pytest.raises(ClientError, match="AccessDenied"):
                client.change_message_visibility_batch(QueueUrl=url, Entries=entries)
        else:
            client.change_message_visibility_batch(QueueUrl=url, Entries=entries)
    assert [found["Body"] for found in sqs.receive_message(QueueUrl=url)["Messages"]] == ["event"]


def test_an_invocation_logs_to_an_existing_log_group_and_creates_none(emulator: Emulator) -> None:
    """If it were created after `destroy` deleted it, the next apply would fail."""
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
    return user_session(root, name=name, statement=statement).client("s3", endpoint_url=endpoint)


def user_session(root: boto3.Session, *, name: str, statement: dict[str, object]) -> boto3.Session:
    iam = root.client("iam")
    iam.create_user(UserName=name)
    iam.put_user_policy(UserName=name, PolicyName="reader", PolicyDocument=policy(statement))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return boto3.Session(
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
        region_name="us-west-2",
    )

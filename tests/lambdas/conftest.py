"""An emulator for the session, an emulated region for each test, and handlers imported as at a cold start."""

import functools
import importlib
import json
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import boto3
import pytest
import urllib3

from tests.lambdas.emulator import KEPT_EMULATOR, run_emulator
from tests.lambdas.helpers import (
    ANSWER_MODEL,
    BLOCKED_MODEL,
    GUARDRAIL_WORD,
    OTHER_MODEL,
    SITE_ORIGIN,
    ColdStart,
    EmulatedRegion,
    Handler,
    Variables,
)

REGION = "us-west-2"
FUNCTIONS = Path(__file__).parents[2] / "lambda_src"
_UPLOAD_TYPES = {".md": "text/markdown", ".pdf": "application/pdf", ".txt": "text/plain"}


@pytest.fixture(autouse=True)
def _credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep tests from reading the developer's profile and from reaching AWS."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_REGION", REGION)


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start MiniStack on a free port for the session; yield its URL."""
    if kept := os.environ.get(KEPT_EMULATOR):
        yield kept
        return
    with run_emulator(tmp_path_factory.mktemp("ministack")) as url:
        yield url


@pytest.fixture
def emulated(emulator: str, monkeypatch: pytest.MonkeyPatch) -> EmulatedRegion:
    """Reset the emulator; make a bucket, a queue, a Knowledge Base, a data source and a guardrail in it."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", emulator)
    urllib3.request("POST", f"{emulator}/_ministack/reset", timeout=10)
    return _make_region(emulator)


@functools.cache
def _client(service: str, url: str) -> Any:  # noqa: ANN401 - a client's operations are made at run time
    """Make each of the tests' own clients only once, because botocore reads the service's model each time."""
    return boto3.client(service, region_name=REGION, endpoint_url=url)  # type: ignore[call-overload]  # any service


def _make_region(url: str) -> EmulatedRegion:
    s3 = _client("s3", url)
    s3.create_bucket(Bucket="documents-test", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    s3.put_bucket_versioning(Bucket="documents-test", VersioningConfiguration={"Status": "Enabled"})
    agent = _client("bedrock-agent", url)
    knowledge_base_id = agent.create_knowledge_base(
        name="test",
        roleArn="arn:aws:iam::000000000000:role/test",
        knowledgeBaseConfiguration={
            "type": "VECTOR",
            "vectorKnowledgeBaseConfiguration": {
                "embeddingModelArn": f"arn:aws:bedrock:{REGION}::foundation-model/amazon.titan-embed-text-v2:0"
            },
        },
    )["knowledgeBase"]["knowledgeBaseId"]
    return EmulatedRegion(
        url=url,
        region=REGION,
        bucket="documents-test",
        queue_url=_client("sqs", url).create_queue(QueueName="ingest-test")["QueueUrl"],
        knowledge_base_id=knowledge_base_id,
        data_source_id=agent.create_data_source(
            knowledgeBaseId=knowledge_base_id,
            name="documents",
            dataSourceConfiguration={"type": "S3", "s3Configuration": {"bucketArn": "arn:aws:s3:::documents-test"}},
        )["dataSource"]["dataSourceId"],
        guardrail_id=_make_guardrail(url),
    )


def _make_guardrail(url: str) -> str:
    return str(
        _client("bedrock", url).create_guardrail(
            name="test",
            blockedInputMessaging="blocked question",
            blockedOutputsMessaging="blocked answer",
            wordPolicyConfig={"wordsConfig": [{"text": GUARDRAIL_WORD}]},
        )["guardrailId"]
    )


@pytest.fixture
def cold_start(monkeypatch: pytest.MonkeyPatch) -> Iterator[ColdStart]:
    """Return a function that imports a handler again, with the given environment variables."""

    def start(function: str, variables: Mapping[str, str]) -> Handler:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        _forget(function)
        handler: Handler = importlib.import_module(f"{function}.handler").handler
        return handler

    yield start
    for function in sorted(path.parent.name for path in FUNCTIONS.glob("*/handler.py")):
        _forget(function)


def _forget(function: str) -> None:
    sys.modules.pop(f"{function}.handler", None)


@pytest.fixture
def variables() -> Variables:
    """Return a function that makes the environment of all functions, as the stack does; each reads its own part."""

    def of(emulated: EmulatedRegion) -> dict[str, str]:
        return {
            "SITE_ORIGIN": SITE_ORIGIN,
            "KNOWLEDGE_BASE_ID": emulated.knowledge_base_id,
            "DATA_SOURCE_ID": emulated.data_source_id,
            "DOCUMENTS_BUCKET": emulated.bucket,
            "INGEST_QUEUE_URL": emulated.queue_url,
            "SWEEP_PARAMETER": "/warm-standby/test/sweep",
            "ANSWER_MODEL_ID": ANSWER_MODEL,
            "ALLOWED_MODEL_IDS": json.dumps([ANSWER_MODEL, OTHER_MODEL, BLOCKED_MODEL]),
            "GUARDRAIL_ID": emulated.guardrail_id,
            "BLOCKED_MESSAGES": json.dumps(["blocked question", "blocked answer"]),
            "GUARDRAIL_VERSION": "DRAFT",
            "MAX_UPLOAD_BYTES": "1000",
            "UPLOAD_TYPES": json.dumps(_UPLOAD_TYPES),
            "ACCESS_MODE": "open",
            "DELETE_CLAIMS": "{}",
        }

    return of

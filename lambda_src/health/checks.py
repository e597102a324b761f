"""The health checks: parallel calls to the services that the region needs, all within a deadline."""

import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from health.settings import Settings
from shared.answer_model import AnswerModel, guard_content
from shared.aws_calls import client_config
from shared.errors import error_code

if TYPE_CHECKING:
    from mypy_boto3_bedrock_agent import AgentsforBedrockClient
    from mypy_boto3_bedrock_agent_runtime import AgentsforBedrockRuntimeClient
    from mypy_boto3_bedrock_runtime import BedrockRuntimeClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

Check = Callable[[], None]

TIMED_OUT = "TimedOut"
_PROBE = "health check"


class NotReadyError(Exception):
    """A service answered, but is not ready for use. The message is a code (`KnowledgeBaseNotActive`)."""


@dataclass(frozen=True, kw_only=True)
class CheckResult:
    """The result of one check: time in milliseconds, and AWS's error code if it failed."""

    response_time_ms: int
    error: str = ""

    def as_json(self) -> dict[str, object]:
        """Return the result for the API's response."""
        if self.error:
            return {"status": "failed", "responseTimeMs": self.response_time_ms, "error": self.error}
        return {"status": "ok", "responseTimeMs": self.response_time_ms}


@dataclass(frozen=True, kw_only=True)
class ShallowClients:
    """Clients for the shallow checks: one second to connect, one to read, no second attempt."""

    bedrock_agent: "AgentsforBedrockClient"
    s3: "S3Client"
    sqs: "SQSClient"

    @classmethod
    def make(cls, region: str) -> "ShallowClients":
        """Make the clients for a region."""
        config = client_config(connect_seconds=1, read_seconds=1)
        return cls(
            bedrock_agent=boto3.client("bedrock-agent", region_name=region, config=config),
            s3=boto3.client("s3", region_name=region, config=config),
            sqs=boto3.client("sqs", region_name=region, config=config),
        )


@dataclass(frozen=True, kw_only=True)
class DeepClients:
    """Clients for the deep checks: up to 23 seconds, no second attempt."""

    agent_runtime: "AgentsforBedrockRuntimeClient"
    runtime: "BedrockRuntimeClient"


@cache
def deep_clients(region: str) -> DeepClients:
    """Make the clients for a region once, at the first deep check, so that no shallow check waits for them."""
    config = client_config(connect_seconds=2, read_seconds=21)
    return DeepClients(
        agent_runtime=boto3.client("bedrock-agent-runtime", region_name=region, config=config),
        runtime=boto3.client("bedrock-runtime", region_name=region, config=config),
    )


def shallow_checks(clients: ShallowClients, settings: Settings) -> dict[str, Check]:
    """Return the checks that every health request makes. A failed check raises."""

    def knowledge_base() -> None:
        answer = clients.bedrock_agent.get_knowledge_base(knowledgeBaseId=settings.knowledge_base_id)
        if answer["knowledgeBase"]["status"] != "ACTIVE":
            raise NotReadyError("KnowledgeBaseNotActive")

    def documents_bucket() -> None:
        clients.s3.head_bucket(Bucket=settings.documents_bucket)

    def ingest_queue() -> None:
        clients.sqs.get_queue_attributes(QueueUrl=settings.ingest_queue_url, AttributeNames=["QueueArn"])

    return {"knowledgeBase": knowledge_base, "documentsBucket": documents_bucket, "ingestQueue": ingest_queue}


def deep_checks(clients: DeepClients, settings: Settings) -> dict[str, Check]:
    """Return the checks that retrieve passages and invoke the answer model.

    They find, before a failover, a standby region whose model was retired or never enabled, and a model that refuses
    the request that `query` sends.
    """
    model = AnswerModel(
        model_id=settings.answer_model_id,
        guardrail_id=settings.guardrail_id,
        guardrail_version=settings.guardrail_version,
    )

    def retrieve() -> None:
        clients.agent_runtime.retrieve(
            knowledgeBaseId=settings.knowledge_base_id,
            retrievalQuery={"text": _PROBE},
            retrievalConfiguration={"vectorSearchConfiguration": {"numberOfResults": 1}},
        )

    def answer_model() -> None:
        model.converse(clients.runtime, [{"role": "user", "content": [guard_content(_PROBE)]}])

    return {"retrieve": retrieve, "answerModel": answer_model}


def run_checks(checks: Mapping[str, Check], *, deadline_seconds: float) -> dict[str, CheckResult]:
    """Run all checks in parallel and return their results after at most `deadline_seconds`.

    A check that hangs has the result `TimedOut`; its client's own time-outs end its thread later. The deadline is
    needed because none of botocore's time-outs ends a DNS lookup that hangs.
    """
    pool = ThreadPoolExecutor(max_workers=len(checks))
    futures = {name: pool.submit(_timed, check) for name, check in checks.items()}
    wait(futures.values(), timeout=deadline_seconds)
    pool.shutdown(wait=False, cancel_futures=True)
    return {name: _result(future, deadline_seconds) for name, future in futures.items()}


def _result(future: Future[CheckResult], deadline_seconds: float) -> CheckResult:
    if future.done() and not future.cancelled():
        return future.result()
    return CheckResult(response_time_ms=round(deadline_seconds * 1000), error=TIMED_OUT)


def _timed(check: Check) -> CheckResult:
    started = time.monotonic()
    error = _outcome(check)
    return CheckResult(response_time_ms=round((time.monotonic() - started) * 1000), error=error)


def _outcome(check: Check) -> str:
    try:
        check()
    except (ClientError, BotoCoreError) as error:
        return error_code(error)
    except NotReadyError as error:
        return str(error)
    return ""

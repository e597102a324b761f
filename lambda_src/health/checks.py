"""The health checks: real calls to what the region needs to serve, run side by side, none longer than the deadline."""

import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from health.settings import Settings
from shared.answer_model import AnswerModel, guarded
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
    """What was asked answered, but not with what is needed; the message is a code (`KnowledgeBaseNotActive`)."""


@dataclass(frozen=True, kw_only=True)
class CheckResult:
    """How one check went: time in milliseconds, and AWS's error code where it failed."""

    response_time_ms: int
    error: str = ""

    def as_answer(self) -> dict[str, object]:
        """Return the result as the API shows it."""
        if self.error:
            return {"status": "failed", "responseTimeMs": self.response_time_ms, "error": self.error}
        return {"status": "ok", "responseTimeMs": self.response_time_ms}


@dataclass(frozen=True, kw_only=True)
class ShallowClients:
    """Clients for the shallow checks: one second to connect, one to answer, no second attempt."""

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
    """Make the clients for a region once, at the first deep check: a shallow one shall not wait for them."""
    config = client_config(connect_seconds=2, read_seconds=21)
    return DeepClients(
        agent_runtime=boto3.client("bedrock-agent-runtime", region_name=region, config=config),
        runtime=boto3.client("bedrock-runtime", region_name=region, config=config),
    )


def shallow_checks(clients: ShallowClients, settings: Settings) -> dict[str, Check]:
    """Return the checks that every health request makes; each raises where something is wrong."""

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
    """Return the checks that really retrieve and really invoke the answer model.

    A standby whose model was retired, or never enabled, is found out here and not on the worst day; so is a model that
    refuses the request that `query` makes.
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
        model.converse(clients.runtime, [{"role": "user", "content": [guarded(_PROBE)]}])

    return {"retrieve": retrieve, "answerModel": answer_model}


def run_checks(checks: Mapping[str, Check], *, deadline_seconds: float) -> dict[str, CheckResult]:
    """Run all checks at once and return their results after at most `deadline_seconds`.

    One that hangs is reported as `TimedOut` and left behind: its client's own time-outs end its thread. (A DNS lookup
    that hangs is under no time-out of botocore's: hence a deadline of our own.)
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

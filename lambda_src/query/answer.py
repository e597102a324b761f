"""From a checked question to the API's answer: retrieve, converse, cite."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from query.citations import cited
from query.conversation import search_text
from query.prompt import build_messages
from query.request import QueryRequest
from query.retrieval import Passage, retrieve
from query.settings import Settings
from shared.answer_model import NO_ANSWER, AnswerModel
from shared.aws_calls import Budget, call_with_retries
from shared.errors import ApiError

if TYPE_CHECKING:
    from mypy_boto3_bedrock_agent_runtime import AgentsforBedrockRuntimeClient
    from mypy_boto3_bedrock_runtime import BedrockRuntimeClient
    from mypy_boto3_bedrock_runtime.type_defs import ConverseResponseTypeDef

NOTHING_FOUND = "No matching document was found for this question."
CUT = "…\n\n(This answer was too long and has been cut here.)"

# Seconds. API Gateway gives up after 29; retrieval leaves room for one whole call of the model.
CONNECT_SECONDS = 1
RETRIEVE_READ_SECONDS = 3
CONVERSE_READ_SECONDS = 16
BUDGET_SECONDS = 26


@dataclass(frozen=True, kw_only=True)
class Bedrock:
    """The two clients that answering takes."""

    agent_runtime: "AgentsforBedrockRuntimeClient"
    runtime: "BedrockRuntimeClient"


@dataclass(frozen=True, kw_only=True)
class Answered:
    """An answer with its citations; `outcome` is `answered`, `no_match` or `guardrail_intervened`.

    `cut` tells that the model reached its limit of tokens; the text says so too.
    """

    outcome: str
    text: str
    passages: tuple[Passage, ...] = ()
    cut: bool = False


def answer_question(request: QueryRequest, *, settings: Settings, bedrock: Bedrock, budget: Budget) -> Answered:
    """Answer from the documents; without a single passage the model is not asked.

    A guardrail that steps in is an answer like any other: its message, no citations. Raises botocore's errors after
    the retries that the budget allows.
    """
    passages = call_with_retries(
        lambda: retrieve(
            bedrock.agent_runtime,
            knowledge_base_id=settings.knowledge_base_id,
            text=search_text(question=request.question, history=request.history),
        ),
        budget=budget.until(CONNECT_SECONDS + CONVERSE_READ_SECONDS),
        attempt_seconds=CONNECT_SECONDS + RETRIEVE_READ_SECONDS,
    )
    if not passages:
        return Answered(outcome="no_match", text=NOTHING_FOUND)
    messages = build_messages(question=request.question, history=request.history, passages=passages)
    model = AnswerModel(
        model_id=request.model_id,
        guardrail_id=settings.guardrail_id,
        guardrail_version=settings.guardrail_version,
    )
    response = call_with_retries(
        lambda: model.converse(bedrock.runtime, messages),
        budget=budget,
        attempt_seconds=CONNECT_SECONDS + CONVERSE_READ_SECONDS,
    )
    return _answered(response, passages)


def _answered(response: "ConverseResponseTypeDef", passages: tuple[Passage, ...]) -> Answered:
    message = response["output"].get("message")
    text = "".join(block.get("text", "") for block in message["content"]).strip() if message else ""
    if response["stopReason"] == "guardrail_intervened":
        return Answered(outcome="guardrail_intervened", text=text)
    if not text:
        raise ApiError(status=502, code="upstream_rejected", message="The answer model gave no answer.")
    if NO_ANSWER in text:
        return Answered(outcome="no_match", text=NOTHING_FOUND)
    renumbered, sources = cited(text, passages)
    cut = response["stopReason"] == "max_tokens"
    return Answered(outcome="answered", text=renumbered + CUT * cut, passages=sources, cut=cut)

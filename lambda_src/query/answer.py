"""The answer to a question: retrieve passages, ask the model, cite the passages."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from query.citations import renumber_citations
from query.conversation import build_search_text
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

# Seconds. API Gateway waits 29; retrieval leaves time for one whole call of the model.
CONNECT_SECONDS = 1
RETRIEVE_READ_SECONDS = 3
CONVERSE_READ_SECONDS = 16
BUDGET_SECONDS = 26


@dataclass(frozen=True, kw_only=True)
class BedrockClients:
    """The clients for retrieval and for the answer model."""

    agent_runtime: "AgentsforBedrockRuntimeClient"
    runtime: "BedrockRuntimeClient"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """An answer with its citations; `outcome` is `answered`, `no_match` or `guardrail_intervened`.

    `cut` is true if the model reached its token limit; the text says so too.
    """

    outcome: str
    text: str
    passages: tuple[Passage, ...] = ()
    cut: bool = False


def answer_question(request: QueryRequest, *, settings: Settings, clients: BedrockClients, budget: Budget) -> Answer:
    """Answer the question from the documents. If no passage is found, the model is not asked.

    If the guardrail intervenes, the answer is its message without citations. Raises botocore's errors after the
    retries that the budget allows.
    """
    passages = call_with_retries(
        lambda: retrieve(
            clients.agent_runtime,
            knowledge_base_id=settings.knowledge_base_id,
            text=build_search_text(question=request.question, history=request.history),
        ),
        budget=budget.less(CONNECT_SECONDS + CONVERSE_READ_SECONDS),
        attempt_seconds=CONNECT_SECONDS + RETRIEVE_READ_SECONDS,
    )
    if not passages:
        return Answer(outcome="no_match", text=NOTHING_FOUND)
    messages = build_messages(question=request.question, history=request.history, passages=passages)
    model = AnswerModel(
        model_id=request.model_id,
        guardrail_id=settings.guardrail_id,
        guardrail_version=settings.guardrail_version,
    )
    response = call_with_retries(
        lambda: model.converse(clients.runtime, messages),
        budget=budget,
        attempt_seconds=CONNECT_SECONDS + CONVERSE_READ_SECONDS,
    )
    return _read_answer(response, passages)


def _read_answer(response: "ConverseResponseTypeDef", passages: tuple[Passage, ...]) -> Answer:
    message = response["output"].get("message")
    text = "".join(block.get("text", "") for block in message["content"]).strip() if message else ""
    if response["stopReason"] == "guardrail_intervened":
        return Answer(outcome="guardrail_intervened", text=text)
    if not text:
        raise ApiError(status=502, code="upstream_rejected", message="The answer model gave no answer.")
    if NO_ANSWER in text:
        return Answer(outcome="no_match", text=NOTHING_FOUND)
    renumbered, sources = renumber_citations(text, passages)
    cut = response["stopReason"] == "max_tokens"
    return Answer(outcome="answered", text=renumbered + CUT * cut, passages=sources, cut=cut)

"""The answer to a question: retrieve passages, ask the model, cite the passages."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from query.citations import drop_unfinished_mark, renumber_citations
from query.conversation import MAX_TURN_CHARACTERS, build_search_text
from query.prompt import build_messages
from query.request import QueryRequest
from query.retrieval import Passage, retrieve
from query.settings import Settings
from query.stop_reason import Ending, read_stop_reason
from query.text import has_visible_character
from query.thought import drop_thoughts
from shared.answer_model import NO_ANSWER, AnswerModel
from shared.api import well_formed
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
    """An answer with its citations; `outcome` is `answered`, `no_match`, `guardrail_intervened` or `content_filtered`.

    `cut` is true if the model or this function ended the text early; the text says so too. The text is a valid turn of
    the history of the next question.
    """

    outcome: str
    text: str
    passages: tuple[Passage, ...] = ()
    cut: bool = False


def answer_question(request: QueryRequest, *, settings: Settings, clients: BedrockClients, budget: Budget) -> Answer:
    """Answer the question from the documents. If no passage is found, the model is not asked.

    If the guardrail intervenes, or the model's own filter, the answer is the guardrail's message without citations.
    Raises botocore's errors after the retries that the budget allows, and `ApiError` 502 if the model gave no answer.
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
    return _read_answer(response, passages, blocked_message=settings.blocked_messages[-1])


def _read_answer(response: "ConverseResponseTypeDef", passages: tuple[Passage, ...], *, blocked_message: str) -> Answer:
    stop_reason = response["stopReason"]
    ending = read_stop_reason(stop_reason)
    if ending is Ending.BLOCKED:
        return _blocked_answer(response, blocked_message)
    if ending is Ending.UNUSABLE:
        raise _no_answer(stop_reason)
    text = drop_thoughts(_text(response))
    if NO_ANSWER in text:
        return Answer(outcome="no_match", text=NOTHING_FOUND)
    renumbered, sources = renumber_citations(text, passages)
    if not has_visible_character(renumbered):
        raise _no_answer(stop_reason)
    whole = renumbered.strip()
    cut = ending is Ending.CUT or len(whole) > MAX_TURN_CHARACTERS
    shown = drop_unfinished_mark(whole[: MAX_TURN_CHARACTERS - len(CUT)]) + CUT if cut else whole
    return Answer(outcome="answered", text=shown, passages=sources, cut=cut)


def _blocked_answer(response: "ConverseResponseTypeDef", blocked_message: str) -> Answer:
    """Return the guardrail's own message. In a filtered answer, a part of what the filter refused may be left."""
    stop_reason = response["stopReason"]
    message = _text(response) if stop_reason == "guardrail_intervened" else ""
    usable = has_visible_character(message) and len(message) <= MAX_TURN_CHARACTERS
    return Answer(outcome=stop_reason, text=message if usable else blocked_message)


def _text(response: "ConverseResponseTypeDef") -> str:
    message = response["output"].get("message")
    return well_formed("".join(block.get("text", "") for block in message["content"]).strip()) if message else ""


def _no_answer(stop_reason: str) -> ApiError:
    return ApiError(
        status=502, code="upstream_rejected", message="The answer model gave no answer.", reason=stop_reason
    )

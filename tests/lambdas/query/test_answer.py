"""Answers through botocore's clients, stubbed: botocore checks the requests against the service model."""

from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import ANY, Stubber

from health.checks import DeepClients, deep_checks
from query.answer import CUT, NOTHING_FOUND, Answer, BedrockClients, answer_question
from query.request import QueryRequest
from query.retrieval import Passage
from shared.answer_model import NO_ANSWER
from shared.aws_calls import Budget
from shared.errors import ApiError
from tests.lambdas.health.helpers import SETTINGS as HEALTH_SETTINGS
from tests.lambdas.helpers import ANSWER_MODEL
from tests.lambdas.query.helpers import FIRST, SECOND, SETTINGS

EVERYTHING: dict[str, object] = {"modelId": ANY, "system": ANY, "messages": ANY, "inferenceConfig": ANY}


class StubbedClients:
    """The query function's clients, and the responses that they give in turn."""

    def __init__(self) -> None:
        runtime = boto3.client("bedrock-runtime", region_name="us-west-2")
        agent_runtime = boto3.client("bedrock-agent-runtime", region_name="us-west-2")
        self.clients = BedrockClients(agent_runtime=agent_runtime, runtime=runtime)
        self.retrieve, self.converse = Stubber(agent_runtime), Stubber(runtime)
        self.retrieve.activate()
        self.converse.activate()

    def retrieves(self, *passages: Passage, query: object = ANY) -> None:
        results = [
            {
                "content": {"text": passage.text},
                "location": {"type": "S3", "s3Location": {"uri": passage.uri}},
                "score": passage.score,
            }
            for passage in passages
        ]
        expected = {"knowledgeBaseId": "KB00000001", "retrievalQuery": query, "retrievalConfiguration": ANY}
        self.retrieve.add_response("retrieve", {"retrievalResults": results}, expected)

    def converses(self, *texts: str, stop: str = "end_turn", expected: dict[str, object] | None = None) -> None:
        answer = {
            "output": {"message": {"role": "assistant", "content": [{"text": text} for text in texts]}},
            "stopReason": stop,
            "usage": {"inputTokens": 1, "outputTokens": 1, "totalTokens": 2},
            "metrics": {"latencyMs": 1},
        }
        self.converse.add_response("converse", answer, expected)

    def ask(self, question: str = "How long do refunds take?", *, budget: Budget | None = None) -> Answer:
        request = QueryRequest(question=question, history=(), model_id=ANSWER_MODEL, session_id="s")
        patient = Budget.of(26)
        quick = Budget(deadline=patient.deadline, sleep=lambda _seconds: None)
        return answer_question(request, settings=SETTINGS, clients=self.clients, budget=budget or quick)


@pytest.fixture
def stubbed() -> StubbedClients:
    return StubbedClients()


def test_an_answer_has_the_passages_that_it_cites(stubbed: StubbedClients) -> None:
    stubbed.retrieves(SECOND, FIRST, query={"text": "How long do refunds take?"})
    stubbed.converses("Ten days [2].")
    assert stubbed.ask() == Answer(outcome="answered", text="Ten days [1].", passages=(FIRST,))


def test_the_model_is_asked_under_the_guardrail(stubbed: StubbedClients) -> None:
    guardrail = {"guardrailIdentifier": "guardrail1", "guardrailVersion": "1"}
    stubbed.retrieves(FIRST)
    stubbed.converses("Ten days [1].", expected={**EVERYTHING, "modelId": ANSWER_MODEL, "guardrailConfig": guardrail})
    assert stubbed.ask().outcome == "answered"


def test_the_request_has_no_parameter_that_a_later_model_refuses(stubbed: StubbedClients) -> None:
    """Claude Opus 4.7 and later answer ValidationException: `temperature` is deprecated for this model."""
    stubbed.retrieves(FIRST)
    stubbed.converses("Ten.", expected={**EVERYTHING, "guardrailConfig": ANY, "inferenceConfig": {"maxTokens": 800}})
    assert stubbed.ask().outcome == "answered"


def test_the_deep_check_sends_the_request_of_a_question_except_its_messages(stubbed: StubbedClients) -> None:
    sent: list[dict[str, Any]] = []
    stubbed.clients.runtime.meta.events.register(
        "provide-client-params.bedrock-runtime.Converse", lambda params, **_: sent.append(params)
    )
    stubbed.retrieves(FIRST)
    stubbed.converses("Ten.")
    stubbed.converses(NO_ANSWER)
    stubbed.ask()
    clients = DeepClients(agent_runtime=stubbed.clients.agent_runtime, runtime=stubbed.clients.runtime)
    deep_checks(clients, HEALTH_SETTINGS)["answerModel"]()
    question, probe = ({name: value for name, value in params.items() if name != "messages"} for params in sent)
    assert probe == question
    assert set(probe) == {"modelId", "system", "inferenceConfig", "guardrailConfig"}
    assert [set(block) for block in sent[1]["messages"][0]["content"]] == [{"guardContent"}]


def test_an_answer_that_was_cut_says_so(stubbed: StubbedClients) -> None:
    stubbed.retrieves(SECOND, FIRST)
    stubbed.converses("Ten days [2], and", stop="max_tokens")
    expected = Answer(outcome="answered", text=f"Ten days [1], and{CUT}", passages=(FIRST,), cut=True)
    assert stubbed.ask() == expected


def test_without_a_passage_the_model_is_not_asked(stubbed: StubbedClients) -> None:
    stubbed.retrieves()
    assert stubbed.ask() == Answer(outcome="no_match", text=NOTHING_FOUND)


def test_passages_without_text_count_as_none(stubbed: StubbedClients) -> None:
    stubbed.retrieves(Passage(uri="s3://b/image.png", text=" ", score=1.0))
    assert stubbed.ask().outcome == "no_match"


def test_a_model_that_finds_no_answer_in_the_passages_gives_the_same_answer(stubbed: StubbedClients) -> None:
    stubbed.retrieves(FIRST)
    stubbed.converses(f" {NO_ANSWER}\n")
    assert stubbed.ask() == Answer(outcome="no_match", text=NOTHING_FOUND)


def test_a_guardrail_that_intervenes_gives_its_message_and_no_citation(stubbed: StubbedClients) -> None:
    stubbed.retrieves(FIRST)
    stubbed.converses("I cannot help with that [1].", stop="guardrail_intervened")
    assert stubbed.ask() == Answer(outcome="guardrail_intervened", text="I cannot help with that [1].")


def test_an_answer_in_several_blocks_is_joined(stubbed: StubbedClients) -> None:
    stubbed.retrieves(FIRST)
    stubbed.converses("Ten ", "days.")
    assert stubbed.ask().text == "Ten days."


def test_an_empty_answer_of_the_model_is_an_error(stubbed: StubbedClients) -> None:
    stubbed.retrieves(FIRST)
    stubbed.converses(" ")
    with pytest.raises(ApiError) as raised:
        stubbed.ask()
    assert (raised.value.status, raised.value.code) == (502, "upstream_rejected")


def test_throttling_is_retried_on_both_calls(stubbed: StubbedClients) -> None:
    stubbed.retrieve.add_client_error("retrieve", "ThrottlingException")
    stubbed.retrieves(FIRST)
    stubbed.converse.add_client_error("converse", "ThrottlingException")
    stubbed.converse.add_client_error("converse", "ModelNotReadyException")
    stubbed.converses("Ten days.")
    assert stubbed.ask().text == "Ten days."
    stubbed.converse.assert_no_pending_responses()


def test_a_denied_permission_is_not_retried(stubbed: StubbedClients) -> None:
    stubbed.retrieves(FIRST)
    stubbed.converse.add_client_error("converse", "AccessDeniedException")
    with pytest.raises(ClientError, match="AccessDenied"):
        stubbed.ask()


def test_the_model_is_not_asked_again_when_time_has_run_out(stubbed: StubbedClients) -> None:
    stubbed.retrieves(FIRST)
    stubbed.converse.add_client_error("converse", "ThrottlingException")
    with pytest.raises(ClientError, match="Throttling"):
        stubbed.ask(budget=Budget.of(10))

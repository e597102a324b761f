"""Answers through botocore's clients, stubbed: botocore checks the requests against the service model."""

from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.stub import ANY

from health.checks import DeepClients, deep_checks
from query.answer import CUT, NOTHING_FOUND, Answer
from query.conversation import MAX_TURN_CHARACTERS
from query.retrieval import Passage
from shared.answer_model import NO_ANSWER
from shared.aws_calls import Budget
from shared.errors import ApiError
from tests.lambdas.health.helpers import SETTINGS as HEALTH_SETTINGS
from tests.lambdas.helpers import ANSWER_MODEL
from tests.lambdas.query.helpers import FIRST, SECOND, StubbedClients

EVERYTHING: dict[str, object] = {"modelId": ANY, "system": ANY, "messages": ANY, "inferenceConfig": ANY}


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


def test_an_answer_that_was_cut_within_a_mark_loses_it(stubbed: StubbedClients) -> None:
    stubbed.retrieves(SECOND, FIRST)
    stubbed.converses("Ten days [2], and free [1, 2", stop="max_tokens")
    expected = Answer(outcome="answered", text=f"Ten days [1], and free{CUT}", passages=(FIRST,), cut=True)
    assert stubbed.ask() == expected


def test_a_model_without_room_for_more_has_cut_its_answer(stubbed: StubbedClients) -> None:
    stubbed.retrieves(FIRST)
    stubbed.converses("Ten days", stop="model_context_window_exceeded")
    assert stubbed.ask() == Answer(outcome="answered", text=f"Ten days{CUT}", passages=(FIRST,), cut=True)


def test_an_answer_that_no_history_could_have_is_cut(stubbed: StubbedClients) -> None:
    stubbed.retrieves(FIRST)
    stubbed.converses("x" * (MAX_TURN_CHARACTERS + 1))
    answer = stubbed.ask()
    assert (len(answer.text), answer.cut) == (MAX_TURN_CHARACTERS, True)
    assert answer.text.endswith(CUT)


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


def test_a_guardrail_without_a_message_gives_the_one_of_the_stack(stubbed: StubbedClients) -> None:
    stubbed.retrieves(FIRST)
    stubbed.converses(" ", stop="guardrail_intervened")
    assert stubbed.ask() == Answer(outcome="guardrail_intervened", text="blocked answer")


def test_an_answer_that_the_model_s_provider_filtered_is_not_shown(stubbed: StubbedClients) -> None:
    stubbed.retrieves(FIRST)
    stubbed.converses("Ten days [1], and", stop="content_filtered")
    assert stubbed.ask() == Answer(outcome="content_filtered", text="blocked answer")


@pytest.mark.parametrize("stop", ["tool_use", "malformed_model_output", "malformed_tool_use", "new_in_2027"])
def test_a_model_that_ended_in_another_way_has_given_no_answer(stubbed: StubbedClients, stop: str) -> None:
    stubbed.retrieves(FIRST)
    stubbed.converses("Ten days [1].", stop=stop)
    with pytest.raises(ApiError) as raised:
        stubbed.ask()
    assert (raised.value.status, raised.value.code, raised.value.reason) == (502, "upstream_rejected", stop)


def test_the_model_s_thoughts_are_no_part_of_the_answer(stubbed: StubbedClients) -> None:
    stubbed.retrieves(FIRST)
    stubbed.converses(f"<thinking>Not {NO_ANSWER}, ", "so [3].</thinking>\nTen days [1].", thought="Days?")
    assert stubbed.ask() == Answer(outcome="answered", text="Ten days [1].", passages=(FIRST,))


def test_an_answer_in_several_blocks_is_joined(stubbed: StubbedClients) -> None:
    stubbed.retrieves(FIRST)
    stubbed.converses("Ten ", "days.")
    assert stubbed.ask().text == "Ten days."


@pytest.mark.parametrize(
    "text,stop",
    [(" ", "end_turn"), ("\u200b", "end_turn"), ("[9]", "end_turn"), ("<thinking>Ten days, so", "max_tokens")],
)
def test_an_empty_answer_of_the_model_is_an_error(stubbed: StubbedClients, text: str, stop: str) -> None:
    stubbed.retrieves(FIRST)
    stubbed.converses(text, stop=stop)
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

"""Converse in the emulator: the stand-in answers, and MiniStack's own checks stay in front of it and behind it."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import pytest
import urllib3

from standby.deployment.sessions import EmulatorSession
from standby.rehearsal.emulator.answer_model.service import PATH
from standby.rehearsal.emulator.emulator import Emulator

MODEL: Final = "us.anthropic.claude-haiku-4-5-20251001-v1:0"
SYSTEM: Final = "If the passages do not answer the question, reply with exactly NOTHING and nothing else."
PASSAGES: Final = (
    '<passages>\n<passage number="1">\nThe office opens at nine.\n</passage>\n'
    '<passage number="2">\nRefunds take ten days. The secretword is blue.\n</passage>\n</passages>'
)
BURST: Final = 24


@pytest.fixture(scope="module")
def session(emulator: Emulator) -> EmulatorSession:
    return EmulatorSession(region="us-west-2", endpoint=emulator.endpoint)


def converse(session: EmulatorSession, question: str, **options: Any) -> tuple[str, str]:  # noqa: ANN401 - the options of the call
    """Ask as `query` does; return the answer and its stop reason."""
    content = [{"text": PASSAGES}, {"text": "The question:"}, {"guardContent": {"text": {"text": question}}}]
    messages: Any = [{"role": "user", "content": content}]
    runtime = session.client("bedrock-runtime")
    answer = runtime.converse(modelId=MODEL, system=[{"text": SYSTEM}], messages=messages, **options)
    return answer["output"]["message"]["content"][0]["text"], answer["stopReason"]


def test_converse_answers_with_the_best_sentence_and_its_mark(session: EmulatorSession) -> None:
    assert converse(session, "How long do refunds take?") == ("Refunds take ten days [2].", "end_turn")
    assert converse(session, "What about annual leave?") == ("NOTHING", "end_turn")


@pytest.mark.parametrize(
    "question,blocked",
    [
        ("What about the secretword?", "blocked question"),
        ("What is blue?", "blocked answer"),
        ("How long do refunds take?", ""),
    ],
)
def test_the_guardrail_assesses_the_question_and_the_answer_but_not_the_passages(
    session: EmulatorSession, question: str, blocked: str
) -> None:
    guardrail = session.client("bedrock").create_guardrail(
        name=f"words-{len(question)}",
        blockedInputMessaging="blocked question",
        blockedOutputsMessaging="blocked answer",
        wordPolicyConfig={"wordsConfig": [{"text": "secretword"}]},
    )["guardrailId"]
    config = {"guardrailIdentifier": guardrail, "guardrailVersion": "DRAFT"}
    text, stop_reason = converse(session, question, guardrailConfig=config)
    assert text == (blocked or "Refunds take ten days [2].")
    assert stop_reason == ("guardrail_intervened" if blocked else "end_turn")


def test_more_questions_at_once_than_the_emulator_has_threads_are_all_answered(session: EmulatorSession) -> None:
    with ThreadPoolExecutor(max_workers=BURST) as pool:
        answers = list(pool.map(lambda _: converse(session, "How long do refunds take?")[0], range(BURST)))
    assert set(answers) == {"Refunds take ten days [2]."}


@pytest.mark.parametrize("body", [b"", b"[]", b'{"messages": 7}', b"\xff"])
def test_a_body_that_is_no_chat_completion_is_an_error_and_the_service_goes_on(
    emulator: Emulator, session: EmulatorSession, body: bytes
) -> None:
    assert urllib3.request("POST", emulator.endpoint + PATH, body=body, retries=False).status == 500
    assert converse(session, "How long do refunds take?")[0] == "Refunds take ten days [2]."

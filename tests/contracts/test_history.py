"""What the API answers is accepted by the API as the history of the next question."""

import functools
import json
from http import HTTPStatus
from typing import Final

from hypothesis import example, given
from hypothesis import strategies as st

from query.conversation import MAX_TURN_CHARACTERS
from query.request import read_query_request
from query.stop_reason import ENDINGS
from shared.api import json_body
from shared.errors import ApiError
from tests.contracts.json_schema import GRIN, accepts
from tests.lambdas.query.helpers import FIRST, SECOND, SETTINGS, StubbedClients
from warm_standby.api.definition import QUESTION

PARTS: Final = st.sampled_from(
    ["Ten days", " [1]", "[9]", "\u00b9\u00b2", "\u200b", "\n", "\ud83d", GRIN, "<think>", "</think>", "`", "x" * 999]
)
TEXTS: Final = st.builds(lambda parts, times: "".join(parts) * times, st.lists(PARTS, max_size=8), st.integers(1, 9))
SHORT_OF_THE_LIMIT: Final = "x" * (MAX_TURN_CHARACTERS - 4)


@functools.cache
def clients() -> StubbedClients:
    """Make the clients once, because botocore reads the service's model each time."""
    return StubbedClients()


def answer(text: str, stop: str) -> str | None:
    """Return the function's answer for a model's text, or None if it answers with an error."""
    clients().retrieves(FIRST, SECOND)
    clients().converses(text, stop=stop)
    try:
        return clients().ask().text
    except ApiError as error:
        if error.status != HTTPStatus.BAD_GATEWAY:
            raise
        return None


@given(TEXTS, st.sampled_from(sorted(ENDINGS)))
@example(text="Ten days [1].", stop="end_turn")
@example(text="[9]", stop="end_turn")
@example(text="\u200b", stop="end_turn")
@example(text="[9] Ten days.", stop="end_turn")
@example(text="\ud83d", stop="end_turn")
@example(text=f"{SHORT_OF_THE_LIMIT} [1]", stop="end_turn")
@example(text=f"{SHORT_OF_THE_LIMIT} [1]", stop="max_tokens")
@example(text=f"{SHORT_OF_THE_LIMIT}\u00b9\u00b2", stop="end_turn")
@example(text="", stop="guardrail_intervened")
@example(text="x" * (MAX_TURN_CHARACTERS + 1), stop="guardrail_intervened")
@example(text="\ud83d", stop="guardrail_intervened")
def test_any_answer_is_a_turn_of_the_next_question(text: str, stop: str) -> None:
    answered = answer(text, stop)
    if answered is None:
        return
    turns = [{"role": "user", "text": "Refunds?"}, {"role": "assistant", "text": answered}]
    raw = json.dumps({"question": "And shipping?", "history": turns})
    assert accepts(QUESTION, json.loads(raw))
    history = read_query_request(json_body({"body": raw}), SETTINGS).history
    assert [turn.text for turn in history] == ([] if answered in SETTINGS.blocked_messages else ["Refunds?", answered])


def test_the_answers_of_the_model_are_answered() -> None:
    assert answer("Ten days [1].", "end_turn") == "Ten days [1]."
    assert answer("Ten days [1].", "content_filtered") == SETTINGS.blocked_messages[-1]
    assert answer("Ten days [1].", "malformed_tool_use") is None

import uuid

import pytest

from query.request import read_query_request
from tests.lambdas.query.helpers import SETTINGS


def test_a_blocked_exchange_is_no_part_of_the_next_question() -> None:
    history = [{"role": "user", "text": "bad"}, {"role": "assistant", "text": "blocked question"}]
    request = read_query_request({"question": "refunds?", "history": history}, SETTINGS)
    assert request.history == ()


def test_half_a_character_becomes_the_replacement_character() -> None:
    assert read_query_request({"question": " refunds \ud83d? "}, SETTINGS).question == "refunds \ufffd?"


@pytest.mark.parametrize("session", [None, "", "a b", "x" * 65, "a\n"])
def test_an_invalid_session_id_is_replaced(session: object) -> None:
    request = read_query_request({"question": "refunds?", "requestSessionId": session}, SETTINGS)
    assert uuid.UUID(request.session_id).version == 4

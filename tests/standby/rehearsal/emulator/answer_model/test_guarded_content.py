"""A guardrail assesses the texts that are marked as the user's, and nothing else if there is one."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from standby.rehearsal.emulator.answer_model.guarded_content import as_plain_text, corrected_input

GUARDED = {"guardContent": {"text": {"text": "asked"}}}
PLAIN = {"text": "passages"}
TOOL = {"toolUse": {"name": "t"}}


def message(*content: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"role": "user", "content": list(content)}


@pytest.mark.parametrize(
    "messages,assessed",
    [
        ([message(PLAIN, GUARDED)], "asked"),
        ([message(GUARDED, PLAIN, GUARDED)], "asked\nasked"),
        ([message(GUARDED), message(PLAIN)], "asked"),
        ([message(PLAIN)], "everything"),
        ([message({"guardContent": {}}, {"guardContent": None})], "everything"),
        ([], "everything"),
        (None, "everything"),
    ],
)
def test_only_guarded_texts_are_assessed_if_there_are_any(messages: Sequence[Mapping[str, Any]], assessed: str) -> None:
    assert corrected_input(lambda _: "everything")(messages) == assessed


def test_the_model_reads_guarded_texts_in_their_place() -> None:
    assert as_plain_text([message(GUARDED, PLAIN, TOOL)]) == [message({"text": "asked"}, PLAIN, TOOL)]

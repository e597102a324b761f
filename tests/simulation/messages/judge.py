"""The rule `message`: each sentence with which a command ends is a row of the table, and what it says is true."""

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import Final

from tests.simulation.messages.row import Row, Words
from tests.simulation.messages.status import STATUS_ROWS
from tests.simulation.messages.table import ROWS
from tests.simulation.messages.told import Told

_BETWEEN: Final = re.compile(r"[\s;.]*(?:- )?")
"""The text between two messages."""

reached: Counter[str] = Counter()
"""How often each row was judged in this process."""


def judge_messages(told: Told) -> Iterator[str]:
    """Yield each sentence that is not in the table, and each one that is not true."""
    if told.report.result == "crashed":
        return
    if told.spec.command != "status":
        yield from _judge(told, told.report.words)
        return
    words = (f"verdict: {told.report.verdict}" if told.report.verdict else "", *told.report.reasons, told.report.words)
    for text in filter(None, words):
        yield from _judge(told, text)


def _judge(told: Told, text: str) -> Iterator[str]:
    sentences, unknown = _parse(text, of_status=told.spec.command == "status")
    if unknown:
        yield f"message: {told.spec} said what is not in the table: {unknown!r} of {text!r}"
    for said, one, words in sentences:
        reached[one.says] += 1
        if not one.check(told, words):
            yield f"message: {told.spec} said {said!r} ({told.report.result}): {one.holds}"


@cache
def _parse(text: str, *, of_status: bool) -> tuple[list[tuple[str, Row, Words]], str]:
    """Return the sentences of a text with their rows and words, and the rest that is in no row."""
    at, sentences = 0, list[tuple[str, Row, Words]]()
    while at < len(text):
        if (between := _BETWEEN.match(text, at)) and between.end() > at:
            at = between.end()
            continue
        rows = STATUS_ROWS if of_status else ROWS
        found = [(match.end(), one, match.groupdict()) for one in rows if (match := one.pattern.match(text, at))]
        if not found:
            return sentences, text[at:]
        end, one, words = max(found, key=lambda each: each[0])
        sentences.append((text[at:end], one, words))
        at = end
    return sentences, ""

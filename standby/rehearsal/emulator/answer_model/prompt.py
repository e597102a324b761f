"""What `query` asks the answer model: its instructions, the passages, the question and the turns before it.

The texts are those of `lambda_src/query/prompt.py` and `lambda_src/shared/answer_model.py`, and
`tests/contracts/test_prompt.py` compares them.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import unescape
from typing import Final

NO_ANSWER: Final = "No matching document was found."
"""The reply if no passage fits and the instructions name no other one."""

_NO_ANSWER: Final = re.compile(r"reply with exactly (\S+)")
_TURN: Final = re.compile(r"^An earlier (question|answer) of this conversation[^\n]*:\n", re.MULTILINE)
_PASSAGE: Final = re.compile(r'<passage number="(\d+)">\n(.*?)\n</passage>', re.DOTALL)
_PASSAGES: Final = "<passages>\n"
_QUESTION: Final = "</passages>\nThe question:\n"


@dataclass(frozen=True, kw_only=True)
class Prompt:
    """A question, the passages by their numbers, the turns before it, and the reply if no passage fits."""

    question: str
    passages: Mapping[int, str]
    earlier_questions: tuple[str, ...] = ()
    earlier_answers: tuple[str, ...] = ()
    no_answer: str = NO_ANSWER


def read_prompt(messages: Sequence[Mapping[str, str]]) -> Prompt:
    """Return the prompt in the messages of a chat completion (`role` and `content`). Other texts have no passages."""
    instructions = "\n".join(message["content"] for message in messages if message["role"] == "system")
    asked = "\n".join(message["content"] for message in messages if message["role"] == "user")
    named = _NO_ANSWER.search(instructions)
    before, _, question = asked.rpartition(_QUESTION)
    turns, _, passages = before.rpartition(_PASSAGES)
    return Prompt(
        question=question,
        passages={int(number): unescape(text) for number, text in _PASSAGE.findall(passages)},
        earlier_questions=_turns(turns, "question"),
        earlier_answers=_turns(turns, "answer"),
        no_answer=named[1] if named else NO_ANSWER,
    )


def _turns(text: str, kind: str) -> tuple[str, ...]:
    _, *parts = _TURN.split(text)
    return tuple(found.strip() for name, found in zip(parts[::2], parts[1::2], strict=True) if name == kind)

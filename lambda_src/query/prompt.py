"""The prompt's messages: the conversation, the passages as data, the question under guard.

What the user wrote goes into `guardContent` blocks. With such blocks present the guardrail assesses exactly those:
the question and the user's earlier turns, which the caller could have made up, but not the passages, where a sentence
of a document could be taken for an attack. (Source: docs.aws.amazon.com, Amazon Bedrock, Include a guardrail with the
Converse API; Detect prompt attacks.)
"""

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from query.conversation import Turn, alternate
from query.retrieval import Passage
from shared.answer_model import guarded

if TYPE_CHECKING:
    from mypy_boto3_bedrock_runtime.type_defs import MessageTypeDef


def build_messages(*, question: str, history: Sequence[Turn], passages: Sequence[Passage]) -> "list[MessageTypeDef]":
    """Return the messages for Converse: the earlier turns, then the passages with the question."""
    *earlier, last = alternate([*history, Turn(role="user", text=question)])
    messages = [_message(turn) for turn in earlier]
    messages.append({"role": "user", "content": [{"text": passages_block(passages)}, guarded(last.text)]})
    return messages


def passages_block(passages: Sequence[Passage]) -> str:
    """Return the passages as numbered elements; their text is escaped, so none can close its element by itself."""
    elements = (
        f'<passage number="{number}">\n{escape(passage.text, quote=False)}\n</passage>'
        for number, passage in enumerate(passages, start=1)
    )
    return "\n".join(["<passages>", *elements, "</passages>"])


def _message(turn: Turn) -> "MessageTypeDef":
    if turn.role == "user":
        return {"role": "user", "content": [guarded(turn.text)]}
    return {"role": "assistant", "content": [{"text": turn.text}]}

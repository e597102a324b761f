"""The prompt's messages: the conversation, the passages as data, and the guarded question.

The user's texts are `guardContent` blocks. If a request has such blocks, the guardrail assesses only them. They are
the question and the user's earlier turns, which the caller could have forged. The passages are not among them, because
the guardrail could take a document's sentence for an attack. (Source: docs.aws.amazon.com, Amazon Bedrock, Include a
guardrail with the Converse API; Detect prompt attacks.)
"""

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from query.conversation import Turn, alternate_roles
from query.retrieval import Passage
from shared.answer_model import guard_content

if TYPE_CHECKING:
    from mypy_boto3_bedrock_runtime.type_defs import MessageTypeDef


def build_messages(*, question: str, history: Sequence[Turn], passages: Sequence[Passage]) -> "list[MessageTypeDef]":
    """Return Converse's messages: the earlier turns, then the passages with the question."""
    *earlier, last = alternate_roles([*history, Turn(role="user", text=question)])
    messages = [_message(turn) for turn in earlier]
    messages.append({"role": "user", "content": [{"text": format_passages(passages)}, guard_content(last.text)]})
    return messages


def format_passages(passages: Sequence[Passage]) -> str:
    """Return the passages as numbered elements. Their text is escaped, so that no passage can close its element."""
    elements = (
        f'<passage number="{number}">\n{escape(passage.text, quote=False)}\n</passage>'
        for number, passage in enumerate(passages, start=1)
    )
    return "\n".join(["<passages>", *elements, "</passages>"])


def _message(turn: Turn) -> "MessageTypeDef":
    if turn.role == "user":
        return {"role": "user", "content": [guard_content(turn.text)]}
    return {"role": "assistant", "content": [{"text": turn.text}]}

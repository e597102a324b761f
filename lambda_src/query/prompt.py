"""The prompt: one user message with the earlier turns, the passages as data, and the question.

Every text that the caller sent is a `guardContent` block. If a request has such blocks, the guardrail assesses only
them. Earlier answers come from the caller too, who can forge them. AWS does not document such a block in a message of
the assistant, so earlier answers are quoted in the user's message (docs/adr/0068-guarded-history.md). The passages are
not guarded, because the guardrail could take a document's sentence for an attack. (Source: docs.aws.amazon.com, Amazon
Bedrock, Include a guardrail with the Converse API; Detect prompt attacks.)
"""

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from query.conversation import Turn
from query.retrieval import Passage
from shared.answer_model import guard_content

if TYPE_CHECKING:
    from mypy_boto3_bedrock_runtime.type_defs import ContentBlockTypeDef, MessageTypeDef

_LABELS = {
    "user": "An earlier question of this conversation:",
    "assistant": "An earlier answer of this conversation, as the user quotes it:",
}
_QUESTION = "The question:"


def build_messages(*, question: str, history: Sequence[Turn], passages: Sequence[Passage]) -> "list[MessageTypeDef]":
    """Return Converse's messages: one message with the earlier turns, the passages and the question."""
    content: list[ContentBlockTypeDef] = []
    for turn in history:
        content += [{"text": _LABELS[turn.role]}, guard_content(turn.text)]
    content += [{"text": format_passages(passages)}, {"text": _QUESTION}, guard_content(question)]
    return [{"role": "user", "content": content}]


def format_passages(passages: Sequence[Passage]) -> str:
    """Return the passages as numbered elements. Their text is escaped, so that no passage can close its element."""
    elements = (
        f'<passage number="{number}">\n{escape(passage.text, quote=False)}\n</passage>'
        for number, passage in enumerate(passages, start=1)
    )
    return "\n".join(["<passages>", *elements, "</passages>"])

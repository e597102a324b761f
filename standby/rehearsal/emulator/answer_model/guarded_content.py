"""The texts that a caller of Converse marks as the user's (`guardContent`). MiniStack reads none of them.

A model reads them like every other text. If a request has such a block, a guardrail assesses nothing else of the input.
Source: docs.aws.amazon.com, Bedrock, "Include a guardrail with the Converse API".
"""

from collections.abc import Callable, Mapping, Sequence
from types import ModuleType
from typing import Any

Messages = Sequence[Mapping[str, Any]]


def read_guarded_content(runtime: ModuleType) -> None:
    """Let MiniStack's `bedrock_runtime` read these texts."""
    functions = vars(runtime)
    functions["_openai_messages"] = _with_text(functions["_openai_messages"])
    functions["_messages_text"] = _with_text(functions["_messages_text"])
    functions["_last_user_text"] = corrected_input(functions["_last_user_text"])


def corrected_input(read: Callable[[Messages], str]) -> Callable[[Messages], str]:
    """Return MiniStack's function that names the input of a guardrail, corrected for requests with guarded texts."""

    def guardrail_input(messages: Messages) -> str:
        guarded = [text for message in messages or () for text in map(_guarded_text, _blocks(message)) if text]
        return "\n".join(guarded) or read(messages)

    return guardrail_input


def as_plain_text(messages: Messages) -> list[Mapping[str, Any]]:
    """Return the messages with each guarded text as a text of its own."""
    return [
        {
            **message,
            "content": [{"text": _guarded_text(one)} if _guarded_text(one) else one for one in _blocks(message)],
        }
        for message in messages or ()
    ]


def _with_text(read: Callable[..., object]) -> Callable[..., object]:
    return lambda messages, *rest: read(as_plain_text(messages), *rest)


def _as_text(block: object) -> object:
    text = _guarded_text(block)
    return {"text": text} if text else block


def _blocks(message: Mapping[str, Any]) -> list[Any]:
    return list(message.get("content") or ())


def _guarded_text(block: object) -> str:
    content = block.get("guardContent") if isinstance(block, Mapping) else None
    text = content.get("text") if isinstance(content, Mapping) else None
    return str(text.get("text") or "") if isinstance(text, Mapping) else ""

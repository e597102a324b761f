"""What a model writes while it thinks, before or between the parts of its answer.

Converse gives it in blocks of its own (`reasoningContent`), but some models write it into their text, in tags: Amazon
Nova `<thinking>`, DeepSeek and Qwen `<think>` (often without the opening tag, which is in their prompt), OpenAI's open
models `<reasoning>`.
"""

import re

from query.markdown import FENCE, SPAN

_NAMES = "thinking|think|thoughts?|reasoning"
_CODE = f"(?P<code>{FENCE}|{SPAN})"
_FLAGS = re.IGNORECASE | re.MULTILINE
_THOUGHT = re.compile(rf"{_CODE}|<(?P<name>{_NAMES})\b[^<>\n]*>(?s:.*?)(?:</(?P=name)\s*>|\Z)", _FLAGS)
_END = re.compile(rf"{_CODE}|(?P<end></(?:{_NAMES})\s*>)", _FLAGS)


def drop_thoughts(text: str) -> str:
    """Return a model's text without its thoughts, trimmed. It may be empty.

    A thought without its end lasts to the end of the text, and one without its start begins at the start. Tags in code
    are text.
    """
    spoken = _THOUGHT.sub(lambda match: match["code"] or "", text)
    ends = [match.end() for match in _END.finditer(spoken) if match["end"]]
    return spoken[ends[-1] if ends else 0 :].strip()

"""What a model writes while it thinks, before or between the parts of its answer.

Converse gives it in blocks of its own (`reasoningContent`), but some models write it into their text, in tags: Amazon
Nova `<thinking>`, DeepSeek and Qwen `<think>` (often without the opening tag, which is in their prompt), OpenAI's open
models `<reasoning>`.
"""

import re

from query.markdown import FENCE, SPAN

_NAMES = "thinking|think|thoughts?|reasoning"
_FLAGS = re.IGNORECASE | re.MULTILINE
_START = rf"<(?P<name>{_NAMES})\b[^<>\n]*>"
_THOUGHT = re.compile(
    rf"(?P<code>{FENCE}|{SPAN})|<(?:{_NAMES})\b[^<>\n]*/>|{_START}(?s:.*?)(?:</(?P=name)\s*>|\Z)", _FLAGS
)
_END = re.compile(rf"</(?:{_NAMES})\s*>", _FLAGS)
_CODE = re.compile(rf"{FENCE}|{SPAN}", _FLAGS)
_END_OF_CODE = re.compile(r"[\s>]*[`~]+\s*")


def drop_thoughts(text: str) -> str:
    """Return a model's text without its thoughts, trimmed. It may be empty.

    A thought without its end lasts to the end of the text, and one without its start begins at the start. Tags in code
    are text.
    """
    spoken = _THOUGHT.sub(lambda match: match["code"] or "", text)
    code = list(_CODE.finditer(spoken))
    ends = [end.end() for end in _END.finditer(spoken) if not any(_shows(one, end) for one in code)]
    return spoken[ends[-1] if ends else 0 :].strip()


def _shows(code: re.Match[str], end: re.Match[str]) -> bool:
    """Return whether this code shows the tag that ends a thought: it also has its start, or nothing after it.

    In any other code the tag is real: the code began with a backtick or a fence that the thought did not close.
    """
    if not code.start() < end.start() < code.end():
        return False
    before, after = code[0][: end.start() - code.start()], code[0][end.end() - code.start() :]
    return bool(re.search(_START, before, _FLAGS) or _END_OF_CODE.fullmatch(after))

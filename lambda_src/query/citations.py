"""The citations of an answer: the passages that it is based on.

A mark names passages by their numbers, in the forms that models write: `[1]`, `[1, 2]`, `[1-3]`, `[1]-[3]`,
`[[1], [2]]`, `[^1]`, `【1†source】`, `(Source 1)`, and superscripts. Code, and square brackets right after a word such
as `argv[0]`, are text and stay as they are. A superscript after a digit or a short word is an exponent (`m²`).
"""

import re
import unicodedata
from collections.abc import Sequence

from query.markdown import FENCE, SPAN
from query.retrieval import Passage

_NUMBER = r"\^?\d{1,3}"
_DASH = r"(?:[-\u2010-\u2015\u2212~]|to\b)"
_WORD = r"(?:(?:sources?|passages?|citations?|references?|refs?)\b\.?\s*#?\s*)"
_ITEM = rf"{_NUMBER}(?:\s*{_DASH}\s*{_NUMBER})?"
_SEPARATOR = r"(?:\s*[,;&/\u3001\uff0c\uff1b]\s*(?:and\s+)?|\s+and\s+|\s+)"
_LIST = rf"\s*{_WORD}?{_ITEM}(?:{_SEPARATOR}{_WORD}?{_ITEM})*(?:\u2020[^\]\u3011\n]*)?\s*"
_GROUP = rf"(?:\[{_LIST}\]|[\u3010\uff3b]{_LIST}[\u3011\uff3d])"
_NESTED = rf"\[\s*{_GROUP}(?:{_SEPARATOR}?{_GROUP})*\s*\]"
_NAMED = rf"\(\s*{_WORD}{_ITEM}(?:{_SEPARATOR}{_WORD}?{_ITEM})*\s*\)"
_SUPERSCRIPT = "[\u2070\u00b9\u00b2\u00b3\u2074-\u2079]+"
_TOKEN = re.compile(
    rf"(?P<code>{FENCE}|{SPAN})|(?P<mark>{_NESTED}|{_NAMED}|{_GROUP}(?:\s*{_DASH}\s*{_GROUP})?|{_SUPERSCRIPT})",
    re.IGNORECASE | re.MULTILINE,
)
_RANGE = re.compile(rf"(\d{{1,3}})(?:[\]\u3011\uff3d]?\s*{_DASH}\s*[\[\u3010\uff3b]?\s*\^?(\d{{1,3}}))?", re.IGNORECASE)
# The start of a mark at the end of a text that was cut. An opening bracket right after a word is text.
_UNFINISHED = re.compile(
    rf"(?<!\w)(?:[\[\u3010\uff3b][\[\s]*{_WORD}?|\(\s*{_WORD})"
    r"[\s\d\^,;&/~\[\u2010-\u2015\u2212\u3001\uff0c\uff1b-]*(?:\u2020[^\]\u3011\n]*)?\Z",
    re.IGNORECASE,
)
_CASED = frozenset({"Lu", "Ll", "Lt"})
_UNIT_LENGTH = 2


def renumber_citations(text: str, passages: Sequence[Passage]) -> tuple[str, tuple[Passage, ...]]:
    """Return the answer's text and the passages that it cites, renumbered so that `[n]` is the n-th citation.

    Numbers of no passage are removed from the marks. An answer that cites nothing cites all passages that the model
    was given. If a bracket right after a word has a passage's number, it may be a mark: then every number is kept, and
    the passages before the highest one are citations too.
    """
    tokens = [match for match in _TOKEN.finditer(text) if match["mark"]]
    kept = _attached(text, tokens)
    marks = {match.start(): _numbers(match[0], len(passages)) for match in tokens if match.start() not in kept}
    used = list(dict.fromkeys(number for numbers in marks.values() for number in numbers))
    fixed = [number for match in tokens if kept.get(match.start()) for number in _numbers(match[0], len(passages))]
    if fixed:
        used = list(range(1, max(used + fixed) + 1))
    new_numbers = {old: new for new, old in enumerate(used, start=1)}

    def renumber(match: re.Match[str]) -> str:
        if match.start() not in marks:
            return match[0]
        return _write(match[0], [new_numbers[number] for number in marks[match.start()]])

    return _TOKEN.sub(renumber, text), tuple(passages[number - 1] for number in used) or tuple(passages)


def drop_unfinished_mark(text: str) -> str:
    """Return a text that was cut, without a mark that the cut went through. What is in code stays."""
    end = max((match.end() for match in _TOKEN.finditer(text)), default=0)
    match = _UNFINISHED.search(text, end)
    return text[: match.start()].rstrip() if match else text


def _attached(text: str, tokens: Sequence[re.Match[str]]) -> dict[int, bool]:
    """Return the starts of the tokens that are text, and whether each may be a mark (a bracket, not an exponent)."""
    found: dict[int, bool] = {}
    end = -1
    for match in tokens:
        before = text[: match.start()]
        square = match[0].startswith("[") and not match[0].startswith("[^")
        if (square and (_ends_in_word(before) or match.start() == end)) or _is_exponent(before, match[0]):
            found[match.start()] = square
            end = match.end()
    return found


def _ends_in_word(text: str) -> bool:
    return bool(text) and (text[-1].isdigit() or text[-1] == "_" or unicodedata.category(text[-1]) in _CASED)


def _is_exponent(before: str, mark: str) -> bool:
    word = re.search(r"\w*\Z", before)
    return (
        mark.isdigit()
        and _ends_in_word(before)
        and (before[-1].isdigit() or len(word[0] if word else "") <= _UNIT_LENGTH)
    )


def _numbers(mark: str, count: int) -> tuple[int, ...]:
    """Return the passages' numbers that a mark names, each once, in its order."""
    if re.fullmatch(_SUPERSCRIPT, mark):
        found = [int(unicodedata.digit(character)) for character in mark]
    else:
        found = []
        for first, last in _RANGE.findall(mark.partition("\u2020")[0]):
            low, high = int(first), int(last or first)
            found += range(low, min(high, count) + 1) if low <= high else [low, high]
    return tuple(number for number in dict.fromkeys(found) if 1 <= number <= count)


def _write(mark: str, numbers: Sequence[int]) -> str:
    """Write a mark with its new numbers. A range stays a range if its numbers still follow each other."""
    if not numbers:
        return ""
    follow = list(numbers) == list(range(numbers[0], numbers[0] + len(numbers)))
    dash = re.search(_DASH, mark, re.IGNORECASE)
    if len(numbers) > 1 and follow and dash and "," not in mark:
        return f"[{numbers[0]}-{numbers[-1]}]"
    return f"[{', '.join(map(str, numbers))}]"

"""The citations of an answer: the passages that it is based on."""

import re
from collections.abc import Sequence

from query.retrieval import Passage

_MARK = re.compile(r"\[(\d{1,2})\]")


def renumber_citations(text: str, passages: Sequence[Passage]) -> tuple[str, tuple[Passage, ...]]:
    """Return the answer's text and the passages that it cites, renumbered so that `[n]` is the n-th citation.

    Numbers of no passage are removed from the text. An answer without any number cites all passages that the model
    was given.
    """
    numbers = [int(number) for number in _MARK.findall(text)]
    used = [number for number in dict.fromkeys(numbers) if 1 <= number <= len(passages)]
    if not used:
        return text, tuple(passages)
    new_numbers = {old: new for new, old in enumerate(used, start=1)}

    def renumber(match: re.Match[str]) -> str:
        number = new_numbers.get(int(match[1]))
        return f"[{number}]" if number else ""

    return _MARK.sub(renumber, text), tuple(passages[number - 1] for number in used)

"""Which passages an answer rests on."""

import re
from collections.abc import Sequence

from query.retrieval import Passage

_MARK = re.compile(r"\[(\d{1,2})\]")


def cited(text: str, passages: Sequence[Passage]) -> tuple[str, tuple[Passage, ...]]:
    """Return the answer and the passages that it names, renumbered so that `[n]` is the n-th citation.

    Numbers that no passage has are taken out of the text. An answer that names none gets all passages: they are what
    the model was shown.
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

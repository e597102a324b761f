"""The words of a text that say what it is about, in a form in which they can be compared."""

import re
from typing import Final

_WORD: Final = re.compile(r"\w+")
_ENDINGS: Final = ("ing", "ies", "ied", "ed", "es", "s", "e", "y")
_STEM_LENGTH: Final = 3
"""The letters that stay at least when an ending is removed."""

STOP_WORDS: Final = frozenset(
    """
    a about after again all also am an and another any anyone anything are as at be because been before being but by
    can could did do does doing done for from get gets give given had has have having he her here hers him his how i if
    in into is it its just know like long many may me mean means might more most much must my need no not of off often
    on one only or other our out please say says shall she should so some tell than that the their them then there
    these they this those to too under up us very want was we were what when where which while who whom whose why will
    with would yes you your
    """.split()  # noqa: SIM905 - a list of words reads better
)
"""English words that say nothing about the subject of a question."""

REFERENCES: Final = frozenset(
    "he her him his it its she that their them then there these they this those".split()  # noqa: SIM905
)
"""Words that stand for something that was named before."""

_OPENINGS: Final = frozenset({"and", "but", "or", "so", "then"})


def content_words(text: str) -> tuple[str, ...]:
    """Return the words of a text without stop words, each once, without their endings, in their order."""
    words = (word for word in _WORD.findall(text.casefold()) if word not in STOP_WORDS)
    return tuple(dict.fromkeys(_stem(word) for word in words))


def refers_back(question: str) -> bool:
    """Return whether a word of the question stands for something that was named before."""
    return not REFERENCES.isdisjoint(_WORD.findall(question.casefold()))


def goes_on(question: str) -> bool:
    """Return whether a question may need the turns before it: it refers to them, or begins as if it went on."""
    words = _WORD.findall(question.casefold())
    return refers_back(question) or not content_words(question) or words[0] in _OPENINGS


def _stem(word: str) -> str:
    for ending in _ENDINGS:
        if word.endswith(ending) and not word.endswith("ss") and len(word) - len(ending) >= _STEM_LENGTH:
            return word.removesuffix(ending)
    return word

"""A row of the table of messages: the words, what must hold when they are printed, and the check."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from tests.simulation.messages.told import Told

Words = Mapping[str, str]
"""The words of a message by the names of its template."""
Check = Callable[[Told, Words], bool]

_WHY: Final = r"(?:its bucket )?(?:does not answer \([^)]*\)|answers \w+(?:, but not as AWS does)?)"
_REGION: Final = r"us-(?:west-2|east-1)"
_PARTS: Final = {
    "region": _REGION,
    "other": _REGION,
    "third": _REGION,
    "why": _WHY,
    "reason": _WHY,
    "also": _WHY,
    "n": r"\d+",
    "m": r"\d+",
    "url": r"https://[^ ,]+?",
    "command": r"failover|failback|reconcile",
    "role": r"primary|failover",
    "time": r"\d{4}-\d\d-\d\dT[\d:]+Z",
    "actor": r"(?:arn:sim|unknown) \(\d+\)",
    "said": rf"{_REGION} (?:generation \d+|\(manually edited\))",
    "says": rf"{_REGION} (?:generation \d+|\(manually edited\))",
    "code": r"\w+",
    "documents": r"documents? of",
    "are": r"is|are",
    "counts": r"\d+ \w+(?:, \d+ \w+)*",
    "name": r"[\w.-]+",
}
_NAME: Final = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, kw_only=True)
class Row:
    """A message. `says` has the names of its variable words in braces. `holds`: what is true when it is printed."""

    says: str
    holds: str
    check: Check

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The pattern of the words."""
        parts = _NAME.split(self.says)
        plain, named = parts[::2], parts[1::2]
        made = [re.escape(plain[0])]
        for name, text in zip(named, plain[1:], strict=True):
            made += [f"(?P<{name}>{_PARTS[name]})", re.escape(text)]
        return re.compile("".join(made))


def row(says: str, holds: str, check: Check) -> Row:
    """Return a row."""
    return Row(says=says, holds=holds, check=check)


def always(_told: Told, _words: Words) -> bool:
    """Hold: the words say what to do next, and nothing about the world."""
    return True


def because(place: str = "region", reason: str = "why") -> Check:
    """Return the check that an answer of a region gave this reason."""
    return lambda told, words: told.failed(words[place], words[reason])

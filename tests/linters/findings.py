"""The findings of the linters, and the exceptions with their reasons."""

import re
import tomllib
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

EXCEPTIONS: Final = Path(__file__).with_name("exceptions.toml")
LONGEST_LINE: Final = 300

Entries = Mapping[str, Mapping[str, Mapping[str, str]]]
"""The exceptions by linter and by code: a reason, and patterns of the places and of the texts that are meant."""


class Finding(NamedTuple):
    """A finding: the linter, its name of the fault, the place, and what it says."""

    linter: str
    code: str
    place: str
    text: str


def read_exceptions() -> Entries:
    """Return the exceptions."""
    entries: Entries = tomllib.loads(EXCEPTIONS.read_text(encoding="utf-8"))
    return entries


def unexplained(findings: Collection[Finding], exceptions: Entries) -> list[str]:
    """Return a line for each finding without an exception, and for each exception without a finding."""
    keys = list(_keys(exceptions))
    faults = [
        f"{each.linter} {each.code} {each.place}: {each.text}"[:LONGEST_LINE]
        for each in sorted(set(findings))
        if not any(_covers(each, *key) for key in keys)
    ]
    stale = [
        f"{EXCEPTIONS.name}: {linter}.{code} matches no finding any more"
        for linter, code, *patterns in keys
        if not any(_covers(each, linter, code, *patterns) for each in findings)
    ]
    return [*faults, *stale]


def _keys(exceptions: Entries) -> Iterator[tuple[str, str, str, str]]:
    for linter, codes in exceptions.items():
        for code, entry in codes.items():
            yield linter, code, entry.get("places", ".*"), entry.get("texts", ".*")


def _covers(finding: Finding, linter: str, code: str, places: str, texts: str) -> bool:
    patterns = re.fullmatch(places, finding.place) and re.fullmatch(texts, finding.text, re.DOTALL)
    return (finding.linter, finding.code) == (linter, code) and patterns is not None

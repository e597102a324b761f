"""Ranges of keys that together have every possible key once, so that a bucket is listed in parallel.

A prefix cannot do that: keys such as `a//b`, `/x` or `Uploads/1` are under none of the known prefixes.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from standby.listing.page import Row

DOCUMENTS_PREFIX: Final = "uploads/"
TOMBSTONES_PREFIX: Final = "deleted/"

ROWS_OF_RANGE: Final = 4000
"""The expected number of objects in a range: four pages. Half a page of each range is read in vain."""
MAX_PARTS: Final = 4096
_DIGITS: Final = 8


class Range(NamedTuple):
    """The keys from `start` on and before `before`. An empty text: no limit."""

    start: str
    before: str

    @property
    def after(self) -> str:
        """A key before `start`, with few keys between them: S3 lists the keys after one, without that key itself.

        Keys before `start` can follow it; the reader leaves them out.
        """
        return f"{self.start[:-1]}{chr(ord(self.start[-1]) - 1)}~" if self.start else ""


ALL_KEYS: Final = Range("", "")


def next_prefix(prefix: str) -> str:
    """Return the first text after all texts that begin with this prefix, which ends in an ASCII character."""
    return f"{prefix[:-1]}{chr(ord(prefix[-1]) + 1)}"


def estimate(rows: Sequence[Row], *, prefix: str, truncated: bool) -> int:
    """Return how many keys begin with the prefix, from the first page of them: ids are spread evenly.

    Any estimate is safe: it decides how many requests run in parallel, and not which keys are read.
    """
    keys = [row[0] for row in rows if row[0].startswith(prefix)]
    if not truncated or len(keys) < len(rows) or not keys:
        return len(keys)
    digits = keys[-1][len(prefix) : len(prefix) + _DIGITS]
    try:
        place = int(digits, 16) / 16 ** len(digits) if digits else 1.0
    except ValueError:  # no id: the keys may be anywhere
        return len(keys)
    return round(len(keys) / place) if place else len(keys)


def plan_ranges(expected: int) -> tuple[Range, ...]:
    """Return the ranges for about this many objects with ids.

    The tombstones of some ids come just before the documents of the same ids. The ranges without tombstones are in the
    order of their keys.
    """
    parts = min(MAX_PARTS, max(1, -(-expected // ROWS_OF_RANGE)))
    cuts = [f"{16**_DIGITS * number // parts:08x}" for number in range(1, parts)]
    tombstones, documents = _split(TOMBSTONES_PREFIX, cuts), _split(DOCUMENTS_PREFIX, cuts)
    pairs = [one for pair in zip(tombstones, documents, strict=True) for one in pair]
    between = Range(next_prefix(TOMBSTONES_PREFIX), DOCUMENTS_PREFIX)
    return (Range("", TOMBSTONES_PREFIX), between, *pairs, Range(next_prefix(DOCUMENTS_PREFIX), ""))


def _split(prefix: str, cuts: Sequence[str]) -> list[Range]:
    starts = [prefix, *(f"{prefix}{cut}" for cut in cuts), next_prefix(prefix)]
    return [Range(start, before) for start, before in pairwise(starts)]

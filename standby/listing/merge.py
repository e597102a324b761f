"""The merge of two sorted listings: blocks of the same keys, and the objects that differ. Constant memory."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator

from standby.listing.page import Row, key_of


def merge_blocks(first: Iterable[list[Row]], second: Iterable[list[Row]]) -> Iterator[tuple[list[Row], list[Row]]]:
    """Yield the objects of both listings in blocks: the keys of a block are in no other one.

    Each listing is an iterable of pages, and its keys ascend. At most one page of each is held.
    """
    pages = iter(first), iter(second)
    held: list[list[Row] | None] = [_next(pages[0]), _next(pages[1])]
    while (left := held[0]) is not None and (right := held[1]) is not None:
        bound = min(left[-1][0], right[-1][0])
        cuts = [bisect_right(rows, bound, key=key_of) for rows in (left, right)]
        yield left[: cuts[0]], right[: cuts[1]]
        for side, (rows, cut) in enumerate(zip((left, right), cuts, strict=True)):
            held[side] = rows[cut:] or _next(pages[side])
    for side in (0, 1):
        while (rest := held[side]) is not None:
            yield (rest, []) if side == 0 else ([], rest)
            held[side] = _next(pages[side])


def _next(pages: Iterator[list[Row]]) -> list[Row] | None:
    """Return the next page that has objects; None at the end."""
    return next((page for page in pages if page), None)


def differing(first: list[Row], second: list[Row]) -> Iterator[tuple[Row | None, Row | None]]:
    """Yield each key's two objects that are not equal, in the order of the keys. None: that listing lacks the key."""
    if first == second:
        return
    changed = set(first).symmetric_difference(second)
    left, right = ({row[0]: row for row in rows if row in changed} for rows in (first, second))
    for key in sorted(left.keys() | right.keys()):
        yield left.get(key), right.get(key)

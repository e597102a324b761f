"""Reads the whole bucket in ranges of keys, at the same time and in several invocations, in constant memory.

One `Reading` goes once through all keys. What it has not read yet is a list of ranges. So it can stop after any page,
be written down, and go on later. Each object is counted as it was when its range was read.

A small bucket is read page after page, which needs the fewest requests. After `FIRST_PAGES` the rest is divided at the
first hexadecimal digit of the documents' ids, and the ranges are read at the same time: the waiting for S3 overlaps.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from ingest.bucket_pages import CALLS_AT_ONCE, ListingError, Page, ReadPage
from ingest.content_digest import add_digests, describe, object_digest
from shared.aws_calls import Budget
from shared.documents import DOCUMENTS_PREFIX, TOMBSTONES_PREFIX, deleted_id, document_id

FIRST_PAGES = 5
# Documents that one range may find deleted in one invocation: these keys are kept in memory, and are deleted next.
UNDELETED_AT_ONCE = 1_000
_CUTS = tuple(f"{DOCUMENTS_PREFIX}{digit}" for digit in "123456789abcdefg")
# A position behind all tombstones: no key of S3 sorts higher and has a tombstone's form.
_BEHIND_TOMBSTONES = f"{TOMBSTONES_PREFIX}\U0010ffff"

Errors = (BotoCoreError, ClientError, ListingError)


class Range(NamedTuple):
    """The keys after `after`, up to and with `until`. "" as `until` is the end of the bucket."""

    after: str
    until: str


_WHOLE = (Range("", ""),)


@dataclass(frozen=True, kw_only=True)
class Reading:
    """How far one reading of the bucket has come. `digest` is that of the documents that were read.

    `started`: the content is not older than this. `pages` and `invocations`: how many it took until now. `verified`:
    when an earlier reading started that found the whole content indexed; None if there is none.
    """

    started: datetime
    digest: int = 0
    pages: int = 0
    invocations: int = 0
    unread: tuple[Range, ...] = _WHOLE
    verified: datetime | None = None

    @property
    def description(self) -> str | None:
        """The content's description; None until the whole bucket was read."""
        return None if self.unread else describe(self.digest)


@dataclass(frozen=True, kw_only=True)
class Progress:
    """A reading after some more pages, the documents that have a tombstone, and the error that ended it, if one did."""

    reading: Reading
    undeleted: tuple[str, ...] = ()
    error: Exception | None = None


def read_more(read_page: ReadPage, reading: Reading, *, budget: Budget) -> Progress:
    """Go on with a reading until it is complete or the budget ends. An error ends the range in which it happens.

    A page that could not be read is unread: it is never taken for an empty one.
    """
    progress = Progress(reading=replace(reading, invocations=reading.invocations + 1))
    if reading.unread == _WHOLE:
        first = _read(read_page, _WHOLE[0], _SeenTombstones(), budget=budget, most_pages=FIRST_PAGES)
        progress = _add(replace(progress, reading=replace(progress.reading, unread=())), first)
        if first.error or not first.rest:
            return progress
    unread = [part for rest in progress.reading.unread for part in _divide(rest)]
    progress = replace(progress, reading=replace(progress.reading, unread=()))
    with ThreadPoolExecutor(max_workers=CALLS_AT_ONCE) as pool:
        for part in pool.map(
            lambda one: _read(read_page, one, _ListedTombstones(read_page, budget), budget=budget), unread
        ):
            progress = _add(progress, part)
    return progress


class _Tombstones(Protocol):
    """The tombstones of documents whose ids are asked for in ascending order."""

    def has(self, of: str) -> bool: ...

    def see(self, key: str) -> None: ...

    def next_position(self, key: str) -> str: ...


@dataclass(frozen=True, kw_only=True)
class _SeenTombstones:
    """Those of a listing from its beginning, where they precede the documents: at most `FIRST_PAGES` pages of them."""

    ids: set[str] = field(default_factory=set)

    def has(self, of: str) -> bool:
        return of in self.ids

    def see(self, key: str) -> None:
        self.ids.add(deleted_id(key))

    def next_position(self, key: str) -> str:
        return key


class _ListedTombstones:
    """Those of one range, listed beside its documents. Both are in the order of their ids, so one page is kept."""

    def __init__(self, read_page: ReadPage, budget: Budget) -> None:
        self._read_page = read_page
        self._budget = budget
        self._page = Page(objects=(), more=True)
        self._ids = frozenset[str]()

    def has(self, of: str) -> bool:
        position = f"{TOMBSTONES_PREFIX}{of}"
        while self._page.more and (not self._page.objects or self._page.objects[-1][0] < position):
            if self._budget.remaining() <= 0:
                raise _TimeOverError
            # Tombstones between the last document and this one are not listed.
            last = self._page.objects[-1][0] if self._page.objects else ""
            self._page = self._read_page(max(last, position[:-1]))
            self._ids = frozenset(deleted_id(key) for key, _ in self._page.objects)
        return of in self._ids

    def see(self, key: str) -> None:
        """Tombstones among the documents' own pages are listed by `has`."""

    def next_position(self, key: str) -> str:
        return _BEHIND_TOMBSTONES if key.startswith(TOMBSTONES_PREFIX) else key


class _TimeOverError(Exception):
    """The budget ended while tombstones were listed."""


@dataclass(frozen=True, kw_only=True)
class _Part:
    """The result of one range. `rest`: what is unread of it."""

    digest: int
    pages: int
    undeleted: tuple[str, ...]
    rest: Range | None
    error: Exception | None


def _read_range(read_page: ReadPage, part: Range, *, budget: Budget) -> _Part:
    return _read(read_page, part, _ListedTombstones(read_page, budget), budget=budget)


def _read(
    read_page: ReadPage, part: Range, tombstones: _Tombstones, *, budget: Budget, most_pages: int | None = None
) -> _Part:
    digest, pages, undeleted, rest, error = 0, 0, list[str](), part, None
    try:
        while budget.remaining() > 0 and pages != most_pages and len(undeleted) < UNDELETED_AT_ONCE:
            page = read_page(rest.after)
            read, found, ended = _read_objects(page, part.until, tombstones)
            digest, pages, undeleted = add_digests(digest, read), pages + 1, undeleted + found
            if ended or not page.more:
                return _Part(digest=digest, pages=pages, undeleted=tuple(undeleted), rest=None, error=None)
            rest = Range(tombstones.next_position(page.objects[-1][0]), part.until)
    except _TimeOverError:
        pass  # the page of documents is read again
    except Errors as caught:
        error = caught
    return _Part(digest=digest, pages=pages, undeleted=tuple(undeleted), rest=rest, error=error)


def _read_objects(page: Page, until: str, tombstones: _Tombstones) -> tuple[int, list[str], bool]:
    """Return the digest of a page's documents, those that have a tombstone, and whether the range ends in this page."""
    digests, undeleted = list[int](), list[str]()
    for key, etag in page.objects:
        if until and key > until:
            return add_digests(*digests), undeleted, True
        if key.startswith(TOMBSTONES_PREFIX):
            tombstones.see(key)
        elif (of := document_id(key)) and tombstones.has(of):
            undeleted.append(key)
        else:
            digests.append(object_digest(key, etag))
    return add_digests(*digests), undeleted, False


def _divide(rest: Range) -> list[Range]:
    after = _BEHIND_TOMBSTONES if rest.after.startswith(TOMBSTONES_PREFIX) else rest.after
    cuts = [cut for cut in _CUTS if cut > after and (not rest.until or cut < rest.until)]
    return [Range(*edges) for edges in zip([after, *cuts], [*cuts, rest.until], strict=True)]


def _add(progress: Progress, part: _Part) -> Progress:
    reading = progress.reading
    return Progress(
        reading=replace(
            reading,
            digest=add_digests(reading.digest, part.digest),
            pages=reading.pages + part.pages,
            unread=reading.unread + ((part.rest,) if part.rest else ()),
        ),
        undeleted=progress.undeleted + part.undeleted,
        error=progress.error or part.error,
    )

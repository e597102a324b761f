"""The sentences of a passage, each with the headings that it stands under.

A passage is a document's plain text or Markdown. A heading is a line with `#`, or a short line without a full stop in
front of a sentence. A list item and a table row are one sentence each.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

LONGEST_PASSAGE: Final = 100_000
"""Characters. A Knowledge Base on AWS has chunks of some hundred words, and MiniStack has whole documents."""

LONGEST_SENTENCE: Final = 400
"""Characters. A longer one, such as a table without full stops, is split at its lines, and a longer line is cut."""

_HEADING: Final = re.compile(r"#{1,6}\s+(?P<text>.+?)\s*#*")
_ITEM: Final = re.compile(r"(?:[-*+\u2022]|\d{1,3}[.)])\s+(?P<text>.+)")
_ROW: Final = re.compile(r"\|(?P<text>.+)\|")
_RULE: Final = re.compile(r"[-=|:*_\s]+")
_HEADING_LENGTH: Final = 60
_SENTENCE_END: Final = re.compile(r"(?<=[.!?])[\"')\u201d]?\s+(?=[^\sa-z])|(?<=[\u3002\uff01\uff1f])")
_MARK: Final = re.compile(r"\s*(?<!\w)\[\d[\d,\s-]*\]")


@dataclass(frozen=True, kw_only=True)
class Sentence:
    """A sentence, the number of its passage, the headings above it, and its paragraph's place in the passage."""

    text: str
    passage: int
    headings: str
    paragraph: int


@dataclass
class _Reader:
    """The state while the lines of a passage are read."""

    passage: int
    title: str = ""
    section: str = ""
    paragraph: int = 0

    def read(self, lines: list[str]) -> Iterator[Sentence]:
        block: list[str] = []
        for line, following in pairwise([*lines, ""]):
            text = line.strip()
            if heading := _heading(text, following.strip(), starts_block=not block):
                yield from self._end(block)
                self._enter(heading)
            elif not text or _RULE.fullmatch(text):
                yield from self._end(block)
            elif _ITEM.fullmatch(text) or _ROW.fullmatch(text):
                yield from self._end(block)
                block.append(text)
            else:
                block.append(text)
        yield from self._end(block)

    def _enter(self, heading: str) -> None:
        if self.title:
            self.section = heading
        else:
            self.title = heading

    def _end(self, block: list[str]) -> Iterator[Sentence]:
        for text in filter(None, _split(block)):
            headings = f"{self.title} {self.section}".strip()
            yield Sentence(text=text, passage=self.passage, headings=headings, paragraph=self.paragraph)
        block.clear()
        self.paragraph += 1


def split_sentences(text: str, *, passage: int) -> tuple[Sentence, ...]:
    """Return the sentences of a passage. Marks such as `[1]` are left out, because they would name our passages."""
    return tuple(_Reader(passage=passage).read(_MARK.sub("", text[:LONGEST_PASSAGE]).splitlines()))


def _heading(line: str, following: str, *, starts_block: bool) -> str:
    """Return the text of a line that is a heading, "" if it is none."""
    if marked := _HEADING.fullmatch(line):
        return marked["text"]
    short = starts_block and 0 < len(line) <= _HEADING_LENGTH and line[-1] not in ".!?:;,|"
    above = len(following) > _HEADING_LENGTH or following.endswith((".", "!", "?"))
    opens = following[:1].isupper() or following[:1].isdigit()
    return line if short and above and opens and not _ITEM.fullmatch(line) else ""


def _split(block: list[str]) -> Iterator[str]:
    if not block:
        return
    if row := _ROW.fullmatch(block[0]):
        yield ", ".join(cell.strip() for cell in row["text"].split("|"))
    elif item := _ITEM.fullmatch(block[0]):
        yield _fit(" ".join([item["text"], *block[1:]]))
    else:
        for text in _SENTENCE_END.split("\n".join(block)):
            yield from map(_fit, [text] if len(text) <= LONGEST_SENTENCE else text.splitlines())


def _fit(text: str) -> str:
    joined = " ".join(text.split())
    return joined if len(joined) <= LONGEST_SENTENCE else joined[:LONGEST_SENTENCE].rpartition(" ")[0] + " …"

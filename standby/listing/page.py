"""One page of a listing, read from S3's own bytes.

botocore's parser builds an object for each element: 65 ms of CPU for a page of a thousand keys, in the measurement of
docs/adr/0110-comparison-as-a-merge.md. One regular expression reads the same page in 1.2 ms. It reads only the exact
form that S3 sends (docs.aws.amazon.com, S3 API, "ListObjectsV2"). For anything else there is no page, and botocore's
parser reads the answer: an error, another order of the elements, an answer that is cut off, a proxy's page.
"""

import re
from collections.abc import Sequence
from operator import itemgetter, lt
from typing import Final, NamedTuple
from urllib.parse import unquote_plus

Row = tuple[str, str, str, str]
"""An object: its key, the time of its last write, its ETag and its size, as S3 writes them."""

PAGE: Final = "Page"
"""The member of an answer that has the `Page`."""

key_of: Final = itemgetter(0)

_OPEN, _CLOSE = "<Contents>", "</Contents>"
_ROW: Final = re.compile(
    r"<Contents><Key>([^<]+)</Key>"
    r"<LastModified>(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)</LastModified>"
    r"<ETag>([^<]+)</ETag>"
    r"(?:<ChecksumAlgorithm>\w+</ChecksumAlgorithm>)*(?:<ChecksumType>\w+</ChecksumType>)?"
    r"<Size>(\d{1,19})</Size>"
    r"(?:<StorageClass>\w+</StorageClass>)?</Contents>",
    re.ASCII,
)
_FIELD: Final = r"<(?P<name>\w+)(?:/>|>(?P<value>[^<]*)</(?P=name)>)"
_HEAD: Final = re.compile(
    rf"\s*(?:<\?xml [^<>?]*\?>)?\s*<ListBucketResult(?: xmlns=['\"][^'\"<]*['\"])?>(?P<fields>(?:{_FIELD})*)", re.ASCII
)
_TAIL: Final = re.compile(rf"(?P<fields>(?:{_FIELD})*)</ListBucketResult>\s*", re.ASCII)
_FIELDS: Final = re.compile(_FIELD, re.ASCII)


class Page(NamedTuple):
    """The objects of one page, and whether more objects follow."""

    rows: list[Row]
    truncated: bool


def parse_page(body: bytes) -> Page | None:
    """Return the page; None if the answer is not in the exact form, so that another parser must read it."""
    try:
        text = body.decode().replace("&quot;", '"')
    except UnicodeDecodeError:
        return None
    if "&" in text:
        return None
    begin, end = text.find(_OPEN), text.rfind(_CLOSE)
    head, tail = (text, "</ListBucketResult>") if begin < 0 else (text[:begin], text[end + len(_CLOSE) :])
    if begin < 0:
        head = head.rstrip().removesuffix("</ListBucketResult>")
        if head == text.rstrip():
            return None
    return _page(text, _fields(_HEAD, head), _fields(_TAIL, tail), begin=begin)


def _page(text: str, head: dict[str, str] | None, tail: dict[str, str] | None, *, begin: int) -> Page | None:
    if head is None or tail is None:
        return None
    fields, rows = head | tail, [] if begin < 0 else _ROW.findall(text, begin)
    # As many rows as begin, and each begins where another one ends: no byte is left over.
    if text.count(_OPEN) != len(rows) or text.count(f"{_CLOSE}{_OPEN}") != max(0, len(rows) - 1):
        return None
    if fields.get("IsTruncated") not in {"true", "false"} or fields.get("KeyCount", str(len(rows))) != str(len(rows)):
        return None
    if fields.get("EncodingType") == "url":
        rows = [(key, *row[1:]) for key, row in zip(_decode([row[0] for row in rows]), rows, strict=True)]
    return Page(rows, fields["IsTruncated"] == "true")


def _decode(keys: list[str]) -> list[str]:
    """Return the keys without their URL encoding: all at once, because one call costs as much as many letters."""
    decoded = unquote_plus("<".join(keys)).split("<")  # no answer has this letter within a key
    return decoded if len(decoded) == len(keys) else [unquote_plus(key) for key in keys]


def is_sorted(rows: Sequence[Row], *, after: str) -> bool:
    """Return whether the keys ascend, each once, and all are after a key, as S3 lists them.

    Python compares texts by code points, which is the order of their UTF-8 bytes.
    """
    keys = [row[0] for row in rows]
    return not keys or (keys[0] > after and all(map(lt, keys, keys[1:])))


def _fields(form: re.Pattern[str], text: str) -> dict[str, str] | None:
    match = form.fullmatch(text)
    return dict(_FIELDS.findall(match["fields"])) if match else None

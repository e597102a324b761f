"""A page is read as botocore reads it, or not at all: a part of a listing is never a page."""

from typing import Any, Final
from urllib.parse import quote_plus

import pytest
from botocore.awsrequest import AWSResponse
from hypothesis import given
from hypothesis import strategies as st

from standby.deployment.clients import Clients
from standby.deployment.sessions import EmulatorSession
from standby.listing.page import Page, Row, is_sorted, parse_page
from standby.operations.facts.bucket_pages import read_page

TEXTS: Final = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
KEYS: Final = TEXTS | st.sampled_from(["a//b.pdf", "/x", "a/./c", "Uploads/1", "tab\tq", "a+b", "100%", "<&>", "\x00"])
ROWS: Final = st.lists(
    st.tuples(KEYS, st.just("2026-11-24T12:00:00.000Z"), st.just('"1"'), st.integers(0, 2**40).map(str)), max_size=5
)
MODIFIED: Final = "2026-11-24T12:00:00.000Z"


def write(rows: list[Row], *, truncated: bool = False, order: str = "KLES") -> bytes:
    """Return a page as S3 writes it, or with the elements in another order."""
    parts = []
    for key, modified, etag, size in rows:
        element = {
            "K": f"<Key>{quote_plus(key, safe='/')}</Key>",
            "L": f"<LastModified>{modified}</LastModified>",
            "E": f"<ETag>{etag.replace(chr(34), '&quot;')}</ETag>",
            "S": f"<Size>{size}</Size>",
        }
        parts.append(f"<Contents>{''.join(element[name] for name in order)}</Contents>")
    about = (
        f"<Name>b</Name><Prefix/><KeyCount>{len(rows)}</KeyCount><EncodingType>url</EncodingType>"
        f"<IsTruncated>{str(truncated).lower()}</IsTruncated>"
    )
    return f'<?xml version="1.0"?>\n<ListBucketResult xmlns="x">{about}{"".join(parts)}</ListBucketResult>'.encode()


def read(body: bytes) -> Page:
    """Read a page through botocore, with nothing but the network replaced."""
    made = Clients(
        lambda region: EmulatorSession(region=region, endpoint="http://s3"), endpoints={"us-west-2": "http://s3"}
    )
    s3 = made.listing_s3("us-west-2")

    class Raw:
        def stream(self, *_: object, **__: object) -> list[bytes]:
            return [body]

    def answer(request: object, **_: object) -> AWSResponse:
        headers: Any = {"x-amz-request-id": "1"}
        return AWSResponse("http://s3", 200, headers, Raw())

    handler: Any = answer
    s3.meta.events.register("before-send.s3", handler)
    return read_page(s3, "documents")


@given(ROWS, st.booleans())
def test_a_page_has_every_key_as_it_is(rows: list[Row], truncated: bool) -> None:  # noqa: FBT001 - drawn
    assert parse_page(write(rows, truncated=truncated)) == Page(rows, truncated)


@pytest.mark.parametrize("order", ["KLES", "KELS", "SELK"])
def test_another_order_of_the_elements_is_read_by_botocore(order: str) -> None:
    rows = [(key, MODIFIED, '"1"', "5") for key in sorted(["a//b.pdf", "/x", "Uploads/1", "a b+c", "\u00fc\U0001f600"])]
    body = write(rows, order=order)
    assert (parse_page(body) is None) is (order != "KLES")
    assert read(body) == Page(rows, truncated=False)


@given(ROWS, st.data())
def test_an_answer_that_is_cut_off_is_no_page(rows: list[Row], data: st.DataObject) -> None:
    body = write(rows)
    assert parse_page(body[: data.draw(st.integers(0, len(body) - 1))]) is None


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>sign in</html>",
        b"<Error><Code>SlowDown</Code></Error>",
        b"<ListBucketResult></ListBucketResult>",
        write([("a", MODIFIED, '"1"', "1")]).replace(b"<KeyCount>1", b"<KeyCount>2"),
        write([("a", MODIFIED, '"1"', "1")]).replace(b"</Contents>", b"</Contents>x"),
        write([("a", MODIFIED, '"1"', "1")]).replace(b"<Size>1</Size>", b""),
        write([("a", MODIFIED, '"1"', "1")] * 2).replace(b"<Size>1</Size>", b"<Size>x</Size>", 1),
        write([("a", "yesterday", '"1"', "1")]),
        write([]).replace(b"false", b"perhaps"),
    ],
)
def test_anything_else_is_no_page(body: bytes) -> None:
    assert parse_page(body) is None


@pytest.mark.parametrize(
    "keys,after,expected",
    [("ab", "", True), ("ab", "a", False), ("ba", "", False), ("aa", "", False), ("", "z", True)],
)
def test_keys_ascend_once_each_and_after_the_place_that_was_asked_for(keys: str, after: str, *, expected: bool) -> None:
    assert is_sorted([(key, MODIFIED, '"1"', "1") for key in keys], after=after) is expected

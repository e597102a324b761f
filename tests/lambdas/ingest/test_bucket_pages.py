"""A page of a listing as botocore receives it, with the answers of real HTTP bodies."""

from typing import Any, cast
from urllib.parse import parse_qs, quote_plus, urlsplit
from xml.etree.ElementTree import XMLParser
from xml.sax.saxutils import escape

import pytest
from botocore.awsrequest import AWSRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from ingest.bucket_pages import ListingError, Page, ReadPage, listing_client, pages_of, parse_page

KEYS = st.sets(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12), max_size=6)
ETAG = '"d41d8cd98f00b204e9800998ecf8427e-2"'


def body(*keys: str, more: str = "false", encoding: str = "<EncodingType>url</EncodingType>") -> bytes:
    found = "".join(
        f"<Contents><Key>{escape(quote_plus(key))}</Key><LastModified>2026-11-28T06:00:00.000Z</LastModified>"
        f"<ETag>{ETAG.replace(chr(34), '&quot;')}</ETag><Size>9</Size><StorageClass>STANDARD</StorageClass></Contents>"
        for key in keys
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
        f"<Name>b</Name>{encoding}<IsTruncated>{more}</IsTruncated>{found}</ListBucketResult>"
    ).encode()


class _Raw:
    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self, **_: object) -> list[bytes]:
        return [self._content]


def answering(*answers: tuple[int, bytes]) -> tuple[ReadPage, list[AWSRequest]]:
    """Return a reader whose client gets these answers, status and body, in turn, and the requests that it makes."""
    client, requests, waiting = listing_client("us-west-2"), list[AWSRequest](), list(answers)

    def answer(request: AWSRequest, **_: object) -> AWSResponse:
        requests.append(request)
        status, content = waiting.pop(0)
        return AWSResponse(request.url or "", status, HTTPHeaders(), cast("Any", _Raw(content)))

    client.meta.events.register("before-send.s3.ListObjectsV2", cast("Any", answer))
    return pages_of(client, "b"), requests


@given(KEYS)
def test_a_page_has_all_keys_of_the_answer_whatever_their_characters(keys: set[str]) -> None:
    ordered = sorted(keys)
    assert parse_page(body(*ordered), after="") == Page(objects=tuple((key, ETAG) for key in ordered), more=False)


def test_a_page_is_requested_after_a_key_with_a_signature_and_encoded() -> None:
    read, requests = answering((200, body("a b", more="true")), (200, body("c")))
    assert read("") == Page(objects=(("a b", ETAG),), more=True)
    assert read("a b") == Page(objects=(("c", ETAG),), more=False)
    queries = [parse_qs(urlsplit(request.url or "").query, keep_blank_values=True) for request in requests]
    assert [query.get("start-after") for query in queries] == [[""], ["a b"]]
    assert all(query["encoding-type"] == ["url"] for query in queries)
    assert all("Authorization" in request.headers for request in requests)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html>Sign in to the network</html>",
        b"<ListBucketResult/>",
        body("a")[:-9],
        body("a", more="perhaps"),
        body(more="true"),
        body("b", "a"),
        body("a", "a"),
        body("a").replace(b"<ETag>", b"<Tag>").replace(b"</ETag>", b"</Tag>"),
        body("a").replace(b"<Key>a</Key>", b""),
    ],
)
def test_an_answer_that_is_no_complete_page_is_an_error_and_no_empty_bucket(content: bytes) -> None:
    read, _ = answering((200, content), (200, content))
    with pytest.raises((ListingError, ClientError)):
        read("")


def test_a_page_that_does_not_come_after_its_position_is_an_error() -> None:
    with pytest.raises(ListingError, match="ascend"):
        parse_page(body("a"), after="a")


def error(code: str) -> bytes:
    return f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>m</Message></Error>".encode()


def test_an_error_of_s3_is_botocore_s_error() -> None:
    read, requests = answering((403, error("AccessDenied")))
    with pytest.raises(ClientError, match="AccessDenied"):
        read("")
    assert len(requests) == 1


@pytest.mark.parametrize("status", [500, 503, 200])
def test_a_fault_of_s3_is_tried_again_once_also_if_its_status_is_200(
    status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)
    read, requests = answering((status, error("InternalError")), (200, body("a")))
    assert read("").objects == (("a", ETAG),)
    assert len(requests) == 2


def test_botocore_parses_no_page_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would do so twice: for the objects, and in search of an error. That is most of the CPU of a page."""
    sizes = list[int]()

    class Counting(XMLParser):
        def feed(self, data: Any, /) -> None:  # noqa: ANN401 - as its base
            sizes.append(len(data))
            super().feed(data)

    monkeypatch.setattr("xml.etree.ElementTree.XMLParser", Counting)
    read, _ = answering((200, body("a", "b")))
    assert len(read("").objects) == 2
    assert [size > 100 for size in sizes] == [False, False, True]  # the last one is of this module

"""Pages of a bucket's listing, of which only keys and ETags are read.

botocore makes each request: credentials, signature, time-outs, retries and errors are its own. Only its parser is
replaced, because it spends more than 100 ms of CPU on a page of 1,000 objects, on fields that are not used here.
(Source: docs/adr/0111-a-digest-that-is-read-in-parts.md, measured by bench/ingest.)
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus
from xml.etree.ElementTree import Element, ParseError, fromstring  # botocore reads the same answers with it

import boto3

from shared.aws_calls import client_config

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# As many requests as are made at the same time. Each has a connection of its own.
CALLS_AT_ONCE = 16
_BODY = "ListingBody"
_START, _END, _EMPTY = b"<ListBucketResult", b"</ListBucketResult>", b"<ListBucketResult/>"
_START_WITHIN = 200  # bytes, behind the XML declaration
_OK = 200


class ListingError(Exception):
    """S3's answer is no page of a listing. What the bucket contains is then unknown."""


@dataclass(frozen=True, kw_only=True)
class Page:
    """The key and the ETag of up to 1,000 objects, in the order of the keys. `more`: the bucket has more of them."""

    objects: tuple[tuple[str, str], ...]
    more: bool


# Returns the page after a key; "" is before all keys. Raises botocore's errors and `ListingError`.
ReadPage = Callable[[str], Page]


def listing_client(region: str) -> "S3Client":
    """Make a client whose answers to `ListObjectsV2` keep their bodies, for `pages_of`.

    Two attempts of 7 s, so that a listing that hangs leaves the function the time to save its state and to end.
    """
    config = client_config(connect_seconds=2, read_seconds=5, attempts=2, connections=CALLS_AT_ONCE)
    client = boto3.client("s3", region_name=region, config=config)
    # botocore calls a handler of this pattern before its own, which parses the whole body in search of an error.
    client.meta.events.register("before-parse.*.ListObjectsV2", _keep_body)
    return client


def pages_of(client: "S3Client", bucket: str) -> ReadPage:
    """Return the function that reads a page of this bucket. `client` is one of `listing_client`."""

    def read(after: str) -> Page:
        answer: dict[str, Any] = {**client.list_objects_v2(Bucket=bucket, EncodingType="url", StartAfter=after)}
        return parse_page(answer.get(_BODY, b""), after=after)

    return read


def parse_page(body: bytes, *, after: str) -> Page:
    """Read the body of an answer of `ListObjectsV2` with URL-encoded keys.

    Raises `ListingError` if it is none, if a field is missing, or if the keys do not ascend from `after`. (Source:
    docs.aws.amazon.com, S3 API, "ListObjectsV2": objects of general purpose buckets are returned in the order of the
    UTF-8 encoding of their keys. Python compares strings in the same order.)
    """
    try:
        root = fromstring(body)  # noqa: S314 - S3's answer over TLS, which botocore reads with the same parser
    except ParseError as error:
        raise ListingError(f"the listing after {len(after)} characters is not XML: {error}") from error
    namespace, _, name = root.tag.rpartition("}")
    prefix = f"{namespace}}}" if namespace else ""
    more = {"true": True, "false": False}.get(root.findtext(f"{prefix}IsTruncated", ""))
    if name != "ListBucketResult" or more is None:
        raise ListingError(f"S3 answered {name[:40]}, and no complete listing")
    encoded = root.findtext(f"{prefix}EncodingType") == "url"
    objects = tuple(_object(found, prefix, encoded=encoded) for found in root.iterfind(f"{prefix}Contents"))
    keys = [after, *(key for key, _ in objects)]
    if any(this >= following for this, following in pairwise(keys)) or (more and not objects):
        raise ListingError("the keys of the listing do not ascend")
    return Page(objects=objects, more=more)


def _object(found: Element, prefix: str, *, encoded: bool) -> tuple[str, str]:
    key, etag = found.findtext(f"{prefix}Key"), found.findtext(f"{prefix}ETag")
    if not key or etag is None:
        raise ListingError("an object of the listing has no key or no ETag")
    return (unquote_plus(key) if encoded else key), etag


def _keep_body(response_dict: dict[str, Any], customized_response_dict: dict[str, Any], **_: object) -> None:
    """Let botocore parse an empty page instead of a whole one. It still reads, and retries, everything else.

    botocore emits the event before it parses an answer, and adds `customized_response_dict` to the result. With status
    200, S3 may also answer an error, and a connection may break: botocore's own handler of the same event finds that.
    """
    body: bytes = response_dict["body"]
    is_page = _START in body[:_START_WITHIN] and body.rstrip().endswith(_END)
    if response_dict["status_code"] == _OK and is_page:
        customized_response_dict[_BODY] = body
        response_dict["body"] = _EMPTY

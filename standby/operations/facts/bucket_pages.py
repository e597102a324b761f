"""The pages of a bucket, of all keys or of a range of keys."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from standby.deployment.answers import NOT_AWS, InvalidAnswerError, take, take_count, take_list, take_text, take_time
from standby.deployment.manifest import Region
from standby.listing.page import PAGE, Page, Row, is_sorted, key_of
from standby.listing.ranges import ALL_KEYS, Range

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ListObjectsV2RequestTypeDef


def read_page(s3: "S3Client", bucket: str, *, after: str = "", prefix: str = "") -> Page:
    """Return the first objects of a bucket whose keys come after a key and begin with a prefix.

    Raises botocore's errors, and `InvalidAnswerError` for an answer that S3 does not give: a part of a listing must not
    look like a whole one.
    """
    request: ListObjectsV2RequestTypeDef = {"Bucket": bucket}
    if after:
        request["StartAfter"] = after
    if prefix:
        request["Prefix"] = prefix
    answer = s3.list_objects_v2(**request)
    page: object = answer.get(PAGE)
    if not isinstance(page, Page):
        page = Page([_row(entry) for entry in take_list(answer, "Contents")], take(answer, "IsTruncated", kind=bool))
    if not is_sorted(page.rows, after=after) or (page.truncated and not page.rows):
        raise InvalidAnswerError(reason=f"{NOT_AWS}: no valid order of keys")
    return page


def iterate_pages(s3: "S3Client", region: Region, of: Range = ALL_KEYS) -> Iterator[list[Row]]:
    """Yield the objects of a range of keys, page by page. Raises as `read_page` does.

    An object that exists unchanged from the first request to the last one is in the pages exactly once: each request
    begins after the last key of the one before, and S3 is strongly consistent.
    """
    after, truncated = of.after, True
    while truncated:
        rows, truncated = read_page(s3, region.documents_bucket, after=after)
        if rows:
            after = rows[-1][0]
            begin = bisect_left(rows, of.start, key=key_of)
            if of.before and after >= of.before:
                rows, truncated = rows[: bisect_left(rows, of.before, key=key_of)], False
            yield rows[begin:]


def list_keys(s3: "S3Client", bucket: str, *, prefix: str, after: str, through: str = "") -> tuple[str, ...]:
    """Return the keys that begin with a prefix, from those after one key through another one; without it, to the end.

    Raises as `read_page` does.
    """
    keys, truncated = list[str](), True
    while truncated:
        rows, truncated = read_page(s3, bucket, after=after, prefix=prefix)
        keys += [row[0] for row in rows]
        after = keys[-1] if keys else after
        if through and after > through:
            return tuple(keys[: bisect_right(keys, through)])
    return tuple(keys)


def _row(entry: Mapping[str, object]) -> Row:
    return (
        take_text(entry, "Key"),
        _write_time(take_time(entry, "LastModified")),
        take_text(entry, "ETag"),
        str(take_count(entry, "Size")),
    )


def _write_time(moment: datetime) -> str:
    """Return a time as S3 writes it: in UTC, to the millisecond."""
    digits = "microseconds" if moment.microsecond % 1000 else "milliseconds"
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec=digits) + "Z"


def read_time(text: str) -> datetime:
    """Return a time that S3 wrote. Raises `InvalidAnswerError` for any other text."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise InvalidAnswerError(reason=f"{NOT_AWS}: no valid LastModified") from None

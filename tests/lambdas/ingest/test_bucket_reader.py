"""A reading in parts gives what one listing gives, for any bucket, any interruptions and any division."""

from collections.abc import Callable, Mapping
from datetime import timedelta

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from ingest import bucket_reader
from ingest.bucket_pages import ListingError, Page
from ingest.bucket_reader import Progress, Reading, read_more
from ingest.content_digest import add_digests, describe, object_digest
from shared.aws_calls import Budget
from shared.documents import TOMBSTONES_PREFIX, deleted_id, document_id
from tests.lambdas.helpers import NOON
from tests.lambdas.ingest.helpers import FakeBucket

DIGITS = "0123456789abcdef"
IDS = st.sampled_from([f"{digit}{number}111111-2222-5333-8444-555555555555" for digit in DIGITS for number in range(3)])
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)
KEYS = st.one_of(
    IDS.map("deleted/{}".format),
    st.builds("uploads/{}/{}".format, IDS, TEXTS),
    TEXTS,
    TEXTS.map("deleted/{}".format),
    TEXTS.map("uploads/{}".format),
    st.sampled_from([f"uploads/{digit}" for digit in f"{DIGITS}g"]),
)
BUCKETS = st.dictionaries(KEYS, st.sampled_from(["1", "2"]), max_size=60)


def whole(objects: Mapping[str, str]) -> tuple[str, set[str]]:
    """Return the description and the undeleted documents by the definition, without any division."""
    deleted = {deleted_id(key) for key in objects} - {""}
    documents = {key: etag for key, etag in objects.items() if not key.startswith(TOMBSTONES_PREFIX)}
    undeleted = {key for key in documents if document_id(key) in deleted}
    kept = [object_digest(key, etag) for key, etag in documents.items() if key not in undeleted]
    return describe(add_digests(*kept)), undeleted


def pages_for(number: int) -> Budget:
    """Return a budget that ends after as many looks at it: about as many pages."""
    looks = iter([*([1.0] * number), *([3.0] * 10_000)])
    return Budget(deadline=2.0, clock=lambda: next(looks))


def read_all(read_page: Callable[[str], Page], budgets: list[int]) -> tuple[str, list[str], Reading]:
    """Read to the end, with these budgets and then with enough time."""
    reading, undeleted = Reading(started=NOON), list[str]()
    for number in (*budgets, None):
        if not reading.unread:
            break
        budget = Budget.of(60) if number is None else pages_for(number)
        progress = read_more(read_page, reading, budget=budget)
        reading, undeleted = progress.reading, [*undeleted, *progress.undeleted]
    assert reading.description is not None
    return reading.description, undeleted, reading


@given(BUCKETS, st.integers(1, 4), st.lists(st.integers(0, 12), max_size=4))
def test_a_reading_in_parts_has_the_description_of_the_whole(
    objects: Mapping[str, str], page_size: int, budgets: list[int]
) -> None:
    description, undeleted, _ = read_all(FakeBucket(objects, page_size=page_size).pages, budgets)
    assert (description, set(undeleted)) == whole(objects)
    assert len(undeleted) == len(set(undeleted))


@given(BUCKETS, st.integers(1, 3), st.sets(st.integers(0, 40), max_size=8))
def test_a_page_that_fails_is_read_again_and_never_taken_for_an_empty_one(
    objects: Mapping[str, str], page_size: int, failing: set[int]
) -> None:
    bucket, number = FakeBucket(objects, page_size=page_size), iter(range(10_000))

    def read(after: str) -> Page:
        if next(number) in failing:
            raise ClientError({"Error": {"Code": "InternalError"}}, "ListObjectsV2")
        return bucket.pages(after)

    reading, undeleted = Reading(started=NOON), set[str]()
    while reading.unread:
        progress = read_more(read, reading, budget=Budget.of(60))
        assert bool(progress.error) <= bool(progress.reading.unread)
        assert bool(progress.reading.description) is not bool(progress.reading.unread)
        reading, undeleted = progress.reading, undeleted | set(progress.undeleted)
    assert (reading.description, undeleted) == whole(objects)


def test_a_small_bucket_costs_one_request_and_a_large_one_a_page_each() -> None:
    small, large = FakeBucket({"a": "1"}), FakeBucket({f"uploads/{n % 16:x}{n:07}": "1" for n in range(9_000)})
    read_all(small.pages, [])
    assert small.requests == [""]
    _, _, reading = read_all(large.pages, [])
    # Each of 17 ranges ends with a page that is not full.
    assert 9 <= reading.pages == len(large.requests) <= 9 + bucket_reader.FIRST_PAGES + 17


def test_many_deleted_documents_are_returned_in_bounded_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bucket_reader, "UNDELETED_AT_ONCE", 2)
    ids = [f"{number:08}-2222-5333-8444-555555555555" for number in range(50)]
    bucket = FakeBucket(
        {**{f"deleted/{of}": "0" for of in ids}, **{f"uploads/{of}/a.txt": "1" for of in ids}}, page_size=10
    )
    found, reading, counts = set[str](), Reading(started=NOON), list[int]()
    while reading.unread:
        progress = read_more(bucket.pages, reading, budget=Budget.of(60))
        reading, found = progress.reading, found | set(progress.undeleted)
        counts.append(len(progress.undeleted))
        for key in progress.undeleted:
            del bucket.objects[key]
    assert len(found) == 50
    assert len(counts) > 1
    assert reading.description == describe(0)


@pytest.mark.parametrize("error", [ListingError("no page"), ClientError({"Error": {"Code": "SlowDown"}}, "List")])
def test_an_error_leaves_what_was_read_before_it(error: Exception) -> None:
    bucket = FakeBucket({f"{number:04}": "1" for number in range(30)}, page_size=10)

    def read(after: str) -> Page:
        if after == "0019":
            raise error
        return bucket.pages(after)

    progress = read_more(read, Reading(started=NOON), budget=Budget.of(60))
    assert progress == Progress(
        reading=Reading(
            started=NOON,
            digest=add_digests(*(object_digest(f"{number:04}", "1") for number in range(20))),
            pages=2,
            invocations=1,
            unread=(bucket_reader.Range("0019", ""),),
        ),
        error=error,
    )


def test_a_reading_without_time_reads_nothing_and_keeps_the_time_of_the_last_comparison() -> None:
    begun = Reading(started=NOON, verified=NOON - timedelta(minutes=9))
    progress = read_more(FakeBucket({"a": "1"}).pages, begun, budget=pages_for(0))
    assert progress.reading.description is None
    assert progress.reading.verified == begun.verified
    assert progress.reading.pages == 0


def test_many_tombstones_between_two_documents_cost_few_requests() -> None:
    """Otherwise a range of old deletions would take longer than an invocation has."""
    ids = [f"{number:08}-2222-5333-8444-555555555555" for number in range(2_000)]
    documents = {f"uploads/{of}/a.txt": "1" for of in (ids[0], ids[1_000], ids[-1])}
    bucket = FakeBucket({**{f"deleted/{of}": "0" for of in ids[1:-1]}, **documents}, page_size=10)
    begun = Reading(started=NOON, unread=(bucket_reader.Range("uploads/", ""),))
    progress = read_more(bucket.pages, begun, budget=Budget.of(60))
    assert progress.undeleted == (f"uploads/{ids[1_000]}/a.txt",)
    assert len([after for after in bucket.requests if after.startswith("deleted/")]) == 3


def test_tombstones_are_not_listed_after_the_budget_ends() -> None:
    of = "11111111-2222-5333-8444-555555555555"
    bucket = FakeBucket({f"deleted/{of}": "0", f"uploads/{of}/a.txt": "1"})
    begun = Reading(started=NOON, unread=(bucket_reader.Range("uploads/1", "uploads/2"),))
    progress = read_more(bucket.pages, begun, budget=pages_for(1))
    assert (progress.error, progress.reading.unread, progress.undeleted) == (None, begun.unread, ())

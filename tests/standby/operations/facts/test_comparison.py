"""The merge of two long listings finds what the dictionary way finds, also while the listings change."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final
from unittest.mock import patch

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from hypothesis import given, settings
from hypothesis import strategies as st

from standby.deployment.concurrency import Unavailable
from standby.listing import ranges
from standby.listing.page import PAGE, Page, Row
from standby.operations.facts.comparisons import comparison
from standby.operations.facts.comparisons.comparison import Comparison, compare_buckets, compare_documents
from standby.operations.facts.documents import Content, Listing, document_id, find_differences, to_listing
from tests.standby.helpers import MANIFEST, NOON, WEST

if TYPE_CHECKING:
    from standby.deployment.manifest import Role

IDS: Final = [f"{digit}1111111-2222-5333-8444-555555555555" for digit in "0479adf"]
TEXTS: Final = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=6)
ID: Final = st.sampled_from(IDS)
KEYS: Final = (
    TEXTS
    | ID.map("deleted/{}".format)
    | ID.map("uploads/{}/a.txt".format)
    | ID.map("uploads/{}/b.txt".format)
    | st.sampled_from(["a//b", "/x", "UPLOADS/1", "deleted/", "deleted/hr", "deleted0", "uploads/", "uploads/zz", "~"])
)
OBJECTS: Final = st.dictionaries(
    KEYS, st.tuples(st.integers(0, 3), st.sampled_from("12"), st.integers(1, 2)), max_size=25
)
Objects = dict[str, tuple[int, str, int]]


@dataclass
class FakeS3:
    """One region's S3. `before` is called before each answer with the number of the request."""

    objects: Objects
    page_size: int = 2
    before: Callable[[int], None] = lambda _: None
    asked: int = field(default=0)

    def list_objects_v2(self, *, Bucket: str, StartAfter: str = "") -> Mapping[str, object]:  # noqa: N803 - S3's names
        self.asked += 1
        self.before(self.asked)
        following = [row for row in rows_of(self.objects) if row[0] > StartAfter]
        return {PAGE: Page(following[: self.page_size], len(following) > self.page_size)}


def rows_of(objects: Objects) -> list[Row]:
    return [
        (key, f"{NOON + timedelta(seconds=second):%Y-%m-%dT%H:%M:%S}.000Z", f'"{etag}"', str(size))
        for key, (second, etag, size) in sorted(objects.items())
    ]


def listing(objects: Objects) -> Listing:
    return to_listing(Page(rows_of(objects), truncated=False))


@contextmanager
def small_ranges() -> Iterator[None]:
    with patch.object(ranges, "ROWS_OF_RANGE", 1), patch.object(ranges, "MAX_PARTS", 16):
        yield


def compare(west: FakeS3, east: FakeS3) -> Comparison:
    clients = SimpleNamespace(listing_s3=lambda region: west if region == WEST else east)
    connection: Any = SimpleNamespace(clients=clients)
    with small_ranges(), patch.object(comparison, "estimate", lambda *_, **__: 9):
        return compare_buckets(connection, MANIFEST)


@settings(max_examples=150, deadline=None)
@given(OBJECTS, OBJECTS, st.integers(1, 5), st.integers(1, 5))
def test_the_merge_finds_what_the_dictionary_way_finds(west: Objects, east: Objects, small: int, large: int) -> None:
    compared = compare(FakeS3(west, small), FakeS3(east, large))
    sides: dict[Role, Listing] = {"primary": listing(west), "failover": listing(east)}
    for role, other in (("primary", "failover"), ("failover", "primary")):
        here, there = sides[role], sides[other]  # type: ignore[index]  # both are roles
        found = compared.differences[role]  # type: ignore[index]
        assert sorted(found.found, key=str) == sorted(find_differences(here, there), key=str)
        undeleted = here.undeleted({**there.deleted_at, **here.deleted_at})
        assert sorted(found.undeleted, key=str) == sorted(undeleted, key=str)
        content = Content(number=here.number, description=here.description, newest=here.newest)
        assert compared.contents[role] == content  # type: ignore[index]


@settings(max_examples=150, deadline=None)
@given(OBJECTS, OBJECTS, st.lists(st.tuples(st.integers(1, 20), KEYS, st.booleans()), max_size=12), st.integers(1, 4))
def test_what_does_not_change_while_both_are_listed_is_judged_as_it_is(
    still: Objects, one_sided: Objects, changes: list[tuple[int, str, bool]], size: int
) -> None:
    """No object that is the same in both regions throughout is missing; one that is in one region throughout is."""
    still = {key: value for key, value in still.items() if not key.startswith("deleted/")}
    lonely = {key: value for key, value in one_sided.items() if key not in still and not key.startswith("deleted/")}
    changes = [one for one in changes if one[1] not in {*still, *lonely} and not one[1].startswith("deleted/")]
    west, east = FakeS3({**still, **lonely}, size), FakeS3(dict(still), size)

    def change(side: FakeS3) -> Callable[[int], None]:
        def apply(request: int) -> None:
            for at, key, exists in changes:
                if at == request:
                    if exists:
                        side.objects = {**side.objects, key: (2, "9", 1)}
                    else:
                        side.objects = {other: value for other, value in side.objects.items() if other != key}

        return apply

    west.before, east.before = change(west), change(east)
    compared = compare(west, east)
    missing = {document.key for found in compared.differences.values() for document, _ in found.found}
    assert not missing & set(still)
    assert missing >= set(lonely)


CHANGES: Final = st.lists(
    st.tuples(st.sampled_from(["primary", "failover"]), st.integers(1, 40), KEYS, st.none() | st.integers(0, 3)),
    max_size=15,
)


def change_while_read(s3: FakeS3, changes: list[tuple[int, str, int | None]]) -> dict[str, set[str | None]]:
    """Change objects before some requests; return the ETags that each key has had by then, None if it did not exist."""
    seen: dict[str, set[str | None]] = {key: {f'"{etag}"'} for key, (_, etag, _) in s3.objects.items()}

    def change(request: int) -> None:
        for at, key, second in changes:
            if at == request:
                seen.setdefault(key, {None}).add(None if second is None else '"9"')
                others = {other: value for other, value in s3.objects.items() if other != key}
                s3.objects = others if second is None else {**others, key: (second, "9", 1)}

    s3.before = change
    return seen


def tombstone_of(key: str) -> str:
    return f"deleted/{of}" if (of := document_id(key)) else "no tombstone"


@settings(max_examples=150, deadline=None)
@given(OBJECTS, OBJECTS, CHANGES, st.integers(1, 4))
def test_each_difference_was_there_and_none_that_stays_is_left_out_while_documents_and_deletions_come_and_go(
    west: Objects, east: Objects, changes: list[tuple[str, int, str, int | None]], size: int
) -> None:
    sides = {"primary": FakeS3(dict(west), size), "failover": FakeS3(dict(east), size)}
    seen = {role: change_while_read(s3, [one[1:] for one in changes if one[0] == role]) for role, s3 in sides.items()}
    compared = compare(sides["primary"], sides["failover"])
    for role, other in (("primary", "failover"), ("failover", "primary")):
        found = {document.key: (document, beside) for document, beside in compared.differences[role].found}  # type: ignore[index]
        for key, (document, beside) in found.items():
            assert document.etag in seen[role][key]
            assert (beside.etag if beside else None) in seen[other].get(key, {None})
            assert not any(None not in seen[side].get(tombstone_of(key), {None}) for side in sides)
        for key, etags in seen[role].items():
            may_be_deleted = any(tombstone_of(key) in seen[side] for side in sides)
            if None not in etags and key not in seen[other] and not may_be_deleted:
                assert key in found


def refuse(at: int) -> Callable[[int], None]:
    def fail(request: int) -> None:
        if request >= at:
            raise ReadTimeoutError(endpoint_url="https://s3")

    return fail


@pytest.mark.parametrize("at", [1, 2, 3, 9])
def test_a_region_that_fails_is_unavailable_and_the_other_one_is_read_to_its_end(at: int) -> None:
    objects = {f"uploads/{of}/a.txt": (0, "1", 1) for of in IDS}
    compared = compare(FakeS3(objects), FakeS3(objects, before=refuse(at)))
    assert isinstance(compared.contents["failover"], Unavailable)
    west = listing(objects)
    assert compared.contents["primary"] == Content(number=7, description=west.description, newest=NOON)
    assert compared.differences == {}


UNSORTED: Final = Page([("b", "", "", "1"), ("a", "", "", "1")], truncated=False)


@pytest.mark.parametrize("answer", [Page([], truncated=True), UNSORTED])
def test_an_answer_that_s3_does_not_give_is_unavailable_and_not_a_short_listing(answer: Page) -> None:
    odd: Any = SimpleNamespace(list_objects_v2=lambda **_: {PAGE: answer})
    found = compare(FakeS3({}), odd).contents["failover"]
    assert "not as AWS does" in str(found)


def test_a_refusal_is_named() -> None:
    def refused(_: int) -> None:
        raise ClientError({"Error": {"Code": "AccessDenied"}}, "ListObjectsV2")

    found = compare(FakeS3({}, before=refused), FakeS3({})).contents["primary"]
    assert str(found) == "answers AccessDenied"


def test_differences_beyond_the_limit_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparison, "MAX_KEPT", 3)
    found = compare(FakeS3({f"k{number}": (0, "1", 1) for number in range(9)}), FakeS3({})).differences["primary"]
    assert (len(found.found), found.not_kept) == (3, 6)


def test_listings_of_one_page_are_compared_without_another_request() -> None:
    connection: Any = SimpleNamespace()
    both: dict[Role, Listing | Unavailable] = {"primary": listing({"a": (0, "1", 1)}), "failover": listing({})}
    compared = compare_documents(connection, MANIFEST, both, seconds=1)
    assert [document.key for document, _ in compared.differences["primary"].found] == ["a"]
    assert compared.contents == both


def test_a_comparison_that_takes_too_long_is_running_and_not_a_result() -> None:
    connection: Any = SimpleNamespace(clients=SimpleNamespace(listing_s3=lambda _: FakeS3({}, before=hang)))
    long = to_listing(Page([], truncated=True))
    compared = compare_documents(connection, MANIFEST, {"primary": long, "failover": long}, seconds=0.01)
    assert all(isinstance(one, Unavailable) and one.is_running for one in compared.contents.values())
    assert not compared.differences


def hang(_: int) -> None:
    time.sleep(0.5)

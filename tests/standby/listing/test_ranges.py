"""Every possible key is in exactly one range."""

from hypothesis import example, given
from hypothesis import strategies as st

from standby.listing.ranges import Range, estimate, plan_ranges

IDS = st.uuids().map(str)
KEYS = (
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
    | IDS.map("uploads/{}/a.pdf".format)
    | IDS.map("deleted/{}".format)
    | st.text("/aAfF09", max_size=4).flatmap(
        lambda end: st.sampled_from([f"uploads/{end}", f"deleted/{end}", f"{end}x"])
    )
)


def holds(of: Range, key: str) -> bool:
    return key >= of.start and (not of.before or key < of.before)


@given(st.integers(0, 2_000_000), KEYS)
@example(20_000, "uploads/")
@example(20_000, "deleted0")
@example(20_000, "a//b")
@example(20_000, "/x")
@example(20_000, "uploads/33333333")
def test_a_key_is_in_exactly_one_range(expected: int, key: str) -> None:
    (of,) = (one for one in plan_ranges(expected) if holds(one, key))
    assert of.after < key


@given(st.integers(0, 2_000_000), IDS)
def test_the_tombstone_of_a_document_is_in_the_range_just_before_it(expected: int, of: str) -> None:
    ranges = plan_ranges(expected)
    places = [
        next(place for place, one in enumerate(ranges) if holds(one, key))
        for key in (f"deleted/{of}", f"uploads/{of}/a.pdf")
    ]
    assert places[1] == places[0] + 1


@given(st.integers(0, 2_000_000))
def test_ranges_without_tombstones_are_in_the_order_of_their_keys(expected: int) -> None:
    starts = [one.start for one in plan_ranges(expected) if not one.start.startswith("deleted/")]
    assert starts == sorted(starts)


def test_a_first_page_tells_how_many_documents_there_are() -> None:
    rows = [(f"uploads/{number:08x}", "", "", "") for number in range(0, 16**8 // 1000, 16**8 // 1_000_000)]
    assert 900_000 < estimate(rows, prefix="uploads/", truncated=True) < 1_100_000
    assert estimate(rows, prefix="uploads/", truncated=False) == len(rows)
    assert estimate([("uploads/x", "", "", "")], prefix="uploads/", truncated=True) == 1
    assert estimate([], prefix="uploads/", truncated=True) == 0

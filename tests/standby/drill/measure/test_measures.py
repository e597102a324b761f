"""From records to figures: gaps, losses, and a load that no slow answer can slow down."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from standby.drill.measure.documents import Documents, Stored, document_measures
from standby.drill.measure.measures import (
    Moments,
    answers_lost,
    api_measures,
    longest_gap,
    page_measures,
    series,
)
from standby.drill.measure.records import Kind, Request, Result

KINDS_OF_PAGES: tuple[Kind, ...] = ("page", "cold-page")
RESULTS = st.sampled_from([Result.OK, Result.ERROR, Result.NO_ANSWER])


def request(
    at: float,
    *,
    took: float = 0.1,
    result: Result = Result.OK,
    kind: Kind = "page",
    region: str = "",
    name: str = "",
    word: str = "",
) -> Request:
    """A request that was due at a time and sent at once."""
    key = f"uploads/{word}.txt" if word else ""
    ended = at + took
    return Request(
        kind=kind, scheduled=at, began=at, ended=ended, result=result, region=region, name=name, key=key, word=word
    )


requests = st.lists(
    st.builds(request, st.floats(0, 50, width=32), took=st.floats(0, 20, width=32), result=RESULTS),
    max_size=40,
)


def test_nobody_who_asked_nothing_waited() -> None:
    assert longest_gap([], until=10) is None


def test_a_gap_lasts_from_the_first_failed_request_to_the_first_good_answer() -> None:
    asked = [request(0), request(1, result=Result.ERROR), request(2, result=Result.NO_ANSWER), request(3, took=0.5)]
    assert longest_gap(asked, until=10) == 2.5


def test_a_slow_answer_is_a_gap_as_a_failed_one_is() -> None:
    assert longest_gap([request(0, took=7)], until=10) == 7


def test_a_later_request_that_is_answered_sooner_ends_the_gap() -> None:
    assert longest_gap([request(0, took=30), request(0.25, took=0.1)], until=40) == 0.35


def test_where_no_good_answer_followed_the_gap_lasts_to_the_end() -> None:
    assert longest_gap([request(0), request(4, result=Result.ERROR)], until=10) == 6


@given(requests)
def test_a_gap_is_never_shorter_than_one_that_could_be_read_off_naively(asked: list[Request]) -> None:
    until = 100.0
    waits = []
    for one in asked:
        answers = [other.ended for other in asked if other.ok and other.scheduled >= one.scheduled]
        waits.append(min(answers, default=until) - one.scheduled)
    assert longest_gap(asked, until=until) == max(waits, default=None)


@given(requests, st.integers(0, 39))
def test_another_failure_never_shortens_the_gap(asked: list[Request], index: int) -> None:
    before = longest_gap(asked, until=100)
    if index < len(asked):
        asked = [*asked[:index], replace(asked[index], result=Result.ERROR), *asked[index + 1 :]]
    assert (longest_gap(asked, until=100) or 0) >= (before or 0)


def test_a_slow_page_among_quick_ones_is_no_gap_and_is_the_longest() -> None:
    pages = [
        request(number / 4, took=0.05 if number % 2 else 29.0, kind=kind)
        for number in range(160)
        for kind in KINDS_OF_PAGES
    ]
    measured = page_measures(pages, until=70)
    assert (measured["page_gap_seconds"], measured["page_longest_seconds"]) == (0.3, 29.0)
    assert (measured["cold_page_gap_seconds"], measured["cold_page_longest_seconds"]) == (0.3, 29.0)


@given(requests)
def test_the_order_of_the_records_does_not_matter(asked: list[Request]) -> None:
    assert page_measures(asked, until=100) == page_measures(asked[::-1], until=100)


@given(requests)
def test_every_request_of_the_picture_is_counted_once(asked: list[Request]) -> None:
    counted = series(asked, until=60)["page"]
    assert sum(map(sum, counted.values())) == len(asked)
    assert sum(counted["ok"]) == sum(one.ok for one in asked)


def test_the_api_gap_is_detection_and_execution() -> None:
    asked = [
        request(3.9, kind="question", took=0.3, region="us-west-2"),  # was under way at the fault: not the survivor's
        *(request(at, kind="question", result=Result.NO_ANSWER) for at in (4.0, 5.0, 6.0)),
        request(6.5, kind="question", took=0.25, region="us-east-1"),
    ]
    moments = Moments(until=10, fault=4.0, detected=5.1, command=5.25, command_ended=7.0, survivor="us-east-1")
    measured = api_measures(asked, moments)
    assert measured["api_gap_seconds"] == 2.75
    assert measured["detection_seconds"] == 1.1
    assert measured["execution_seconds"] == 1.5
    assert measured["command_seconds"] == 1.75
    assert measured["questions_failed"] == 3


def test_an_api_that_never_came_back_has_no_gap_to_measure() -> None:
    moments = Moments(until=10, fault=4.0, command=5.0, command_ended=6.0, survivor="us-east-1")
    measured = api_measures([request(5, kind="question", region="us-west-2")], moments)
    assert measured["api_gap_seconds"] is None
    assert measured["execution_seconds"] is None


@pytest.mark.parametrize("asked,execution", [(30.5, 0.6), (31.4, 1.5)])
def test_a_question_during_the_command_or_soon_after_it_measures_the_gap(asked: float, execution: float) -> None:
    """A gentle load asks once a second, and a command may take less."""
    moments = Moments(until=90, command=30.0, command_ended=30.8, survivor="us-east-1")
    measured = api_measures([request(asked, kind="question", region="us-east-1", took=0.1)], moments)
    assert measured["execution_seconds"] == pytest.approx(execution)


def test_where_nobody_asked_until_the_command_had_long_ended_there_is_no_gap_to_measure() -> None:
    moments = Moments(until=90, fault=4.0, command=30.0, command_ended=31.0, survivor="us-east-1")
    measured = api_measures([request(84, kind="question", region="us-east-1")], moments)
    assert measured["api_gap_seconds"] is None
    assert measured["execution_seconds"] is None


def test_without_a_command_there_is_no_api_gap() -> None:
    measured = api_measures([request(5, kind="question", region="us-west-2")], Moments(until=10, fault=4.0))
    assert measured["api_gap_seconds"] is None


def test_an_answer_is_lost_when_asking_again_does_not_help_either() -> None:
    failed = [request(at, kind="question", result=Result.ERROR, name=name) for at, name in ((1, "a"), (2, "b"))]
    again = [
        request(9, kind="asked-again", name="a"),
        request(9, kind="asked-again", name="b", result=Result.NO_ANSWER),
    ]
    assert answers_lost([*failed, *again, request(3, kind="question", name="c")]) == 1


def upload(at: float, word: str, *, ok: bool = True) -> Request:
    return request(at, kind="upload", took=0.0, result=Result.OK if ok else Result.NO_ANSWER, word=word)


def held(*words: str) -> tuple[Stored, ...]:
    return tuple(Stored(key=f"uploads/{word}.txt") for word in words)


EVERYTHING = Documents(
    at_failover=frozenset(),
    after={"primary": held("a", "b"), "failover": held("a", "b")},
    found={"primary": {"a", "b"}, "failover": {"a", "b"}},
)
MOMENTS = Moments(until=10, fault=4.0, command=5.0)


def test_the_documents_rpo_is_the_age_at_the_fault_of_the_oldest_that_the_survivor_lacks() -> None:
    uploads = [upload(1, "a"), upload(2, "b"), upload(3, "c")]
    measured = document_measures(uploads, replace(EVERYTHING, at_failover={"uploads/a.txt"}), MOMENTS)
    assert (measured["documents_behind"], measured["documents_rpo_seconds"]) == (2, 2.0)


def test_what_the_lost_region_took_in_after_the_fault_counts_too() -> None:
    uploads = [upload(3, "a"), upload(4.5, "b")]
    measured = document_measures(uploads, replace(EVERYTHING, at_failover=frozenset()), MOMENTS)
    assert (measured["documents_behind"], measured["documents_rpo_seconds"]) == (2, 1.5)


def test_what_was_accepted_after_the_failover_is_not_behind() -> None:
    measured = document_measures(
        [upload(1, "a"), upload(6, "b")], replace(EVERYTHING, at_failover={"uploads/a.txt"}), MOMENTS
    )
    assert (measured["documents_behind"], measured["documents_rpo_seconds"]) == (0, 0.0)


def test_an_upload_that_s3_did_not_accept_is_not_lost() -> None:
    uploads = [upload(1, "a"), upload(2, "b"), upload(3, "c", ok=False)]
    measured = document_measures(uploads, EVERYTHING, MOMENTS)
    assert (measured["documents_lost"], measured["documents_accepted"], measured["uploads_failed"]) == (0, 2, 1)


def test_a_document_that_one_region_lacks_is_lost() -> None:
    after = {"primary": held("a"), "failover": held("a", "b")}
    measured = document_measures([upload(1, "a"), upload(2, "b")], replace(EVERYTHING, after=after), MOMENTS)
    assert (measured["documents_lost"], measured["documents_doubled"]) == (1, 0)


@pytest.mark.parametrize(
    "there",
    [
        (Stored(key="uploads/a.txt", versions=2, contents=2), Stored(key="uploads/b.txt")),
        (*held("a", "b"), Stored(key="uploads/other/a.txt")),
    ],
    ids=["another content", "another key"],
)
def test_a_document_that_is_there_twice_is_doubled(there: tuple[Stored, ...]) -> None:
    after = {"primary": held("a", "b"), "failover": there}
    measured = document_measures([upload(1, "a"), upload(2, "b")], replace(EVERYTHING, after=after), MOMENTS)
    assert (measured["documents_lost"], measured["documents_doubled"]) == (0, 1)


def test_a_document_that_a_question_finds_in_one_region_only_is_not_found() -> None:
    found = {"primary": {"a", "b"}, "failover": {"a"}}
    measured = document_measures([upload(1, "a"), upload(2, "b")], replace(EVERYTHING, found=found), MOMENTS)
    assert measured["documents_not_found"] == 1


def test_a_second_version_with_the_same_content_is_told_and_is_no_double() -> None:
    after = {"primary": (Stored(key="uploads/a.txt", versions=2), *held("b")), "failover": held("a", "b")}
    measured = document_measures([upload(1, "a"), upload(2, "b")], replace(EVERYTHING, after=after), MOMENTS)
    assert (measured["documents_doubled"], measured["documents_extra_versions"]) == (0, 1)


def test_documents_of_others_are_no_doubles() -> None:
    after = {"primary": held("a", "b", "z"), "failover": (*held("a", "b"), Stored(key="uploads/z.txt", versions=3))}
    measured = document_measures([upload(1, "a"), upload(2, "b")], replace(EVERYTHING, after=after), MOMENTS)
    assert (measured["documents_lost"], measured["documents_doubled"]) == (0, 0)

"""From the records of requests to measures: gaps, lost answers, and the API gap with its parts."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from standby.drill.measure.measures import (
    FAILURES_LISTED,
    Injection,
    ScenarioTimes,
    api_measures,
    count_lost_answers,
    first_failures,
    longest_gap,
    page_measures,
    requests_per_second,
)
from standby.drill.measure.records import Request, RequestKind, Result
from tests.standby.drill.helpers import request

PAGE_KINDS: tuple[RequestKind, ...] = ("page", "cold-page")
RESULTS = st.sampled_from([Result.OK, Result.ERROR, Result.NO_ANSWER])


requests = st.lists(
    st.builds(request, st.floats(0, 50, width=32), took=st.floats(0, 20, width=32), result=RESULTS),
    max_size=40,
)


def test_without_requests_there_is_no_gap() -> None:
    assert longest_gap([], load_ended=10) is None


def test_a_gap_lasts_from_the_first_failed_request_to_the_first_good_answer() -> None:
    asked = [request(0), request(1, result=Result.ERROR), request(2, result=Result.NO_ANSWER), request(3, took=0.5)]
    assert longest_gap(asked, load_ended=10) == 2.5


def test_a_slow_answer_is_a_gap_like_a_failed_one() -> None:
    assert longest_gap([request(0, took=7)], load_ended=10) == 7


def test_a_later_request_that_is_answered_sooner_ends_the_gap() -> None:
    assert longest_gap([request(0, took=30), request(0.25, took=0.1)], load_ended=40) == 0.35


def test_without_a_later_good_answer_the_gap_lasts_until_the_load_ended() -> None:
    assert longest_gap([request(0), request(4, result=Result.ERROR)], load_ended=10) == 6


@given(requests)
def test_the_longest_gap_is_the_one_that_a_naive_search_finds(asked: list[Request]) -> None:
    until = 100.0
    waits = []
    for one in asked:
        answers = [other.ended for other in asked if other.ok and other.scheduled >= one.scheduled]
        waits.append(min(answers, default=until) - one.scheduled)
    assert longest_gap(asked, load_ended=until) == max(waits, default=None)


@given(requests, st.integers(0, 39))
def test_another_failure_never_shortens_the_gap(asked: list[Request], index: int) -> None:
    before = longest_gap(asked, load_ended=100)
    if index < len(asked):
        asked = [*asked[:index], replace(asked[index], result=Result.ERROR), *asked[index + 1 :]]
    assert (longest_gap(asked, load_ended=100) or 0) >= (before or 0)


def test_a_slow_page_among_quick_ones_is_no_gap_and_is_the_slowest() -> None:
    pages = [
        request(number / 4, took=0.05 if number % 2 else 29.0, kind=kind)
        for number in range(160)
        for kind in PAGE_KINDS
    ]
    measures = page_measures(pages, load_ended=70)
    assert (measures["page_gap_seconds"], measures["slowest_page_seconds"]) == (0.3, 29.0)
    assert (measures["cold_page_gap_seconds"], measures["slowest_cold_page_seconds"]) == (0.3, 29.0)


@given(requests)
def test_the_order_of_the_records_does_not_matter(asked: list[Request]) -> None:
    assert page_measures(asked, load_ended=100) == page_measures(asked[::-1], load_ended=100)


@given(requests)
def test_every_request_of_the_timeline_is_counted_once(asked: list[Request]) -> None:
    counted = requests_per_second(asked, load_ended=60)["page"]
    assert sum(map(sum, counted.values())) == len(asked)
    assert sum(counted["ok"]) == sum(one.ok for one in asked)


def test_the_api_gap_is_detection_and_execution() -> None:
    asked = [
        request(
            3.9, kind="question", took=0.3, region="us-west-2"
        ),  # was waiting at the fault: not the survivor's answer
        *(request(at, kind="question", result=Result.NO_ANSWER) for at in (4.0, 5.0, 6.0)),
        request(6.5, kind="question", took=0.25, region="us-east-1"),
    ]
    times = ScenarioTimes(
        load_ended=10, fault=4.0, detected=5.1, command_started=5.25, command_ended=7.0, survivor="us-east-1"
    )
    measures = api_measures(asked, times)
    assert measures["api_gap_seconds"] == 2.75
    assert measures["detection_seconds"] == 1.1
    assert measures["execution_seconds"] == 1.5
    assert measures["command_seconds"] == 1.75
    assert measures["questions_failed"] == 3


def test_an_api_that_never_answers_again_has_no_measured_gap() -> None:
    times = ScenarioTimes(load_ended=10, fault=4.0, command_started=5.0, command_ended=6.0, survivor="us-east-1")
    measures = api_measures([request(5, kind="question", region="us-west-2")], times)
    assert measures["api_gap_seconds"] is None
    assert measures["execution_seconds"] is None


@pytest.mark.parametrize("asked,execution", [(30.5, 0.6), (31.4, 1.5)])
def test_a_question_during_the_command_or_soon_after_it_measures_the_api_rto(asked: float, execution: float) -> None:
    """The lowest load asks one question a second, and a command may take less."""
    times = ScenarioTimes(load_ended=90, command_started=30.0, command_ended=30.8, survivor="us-east-1")
    measures = api_measures([request(asked, kind="question", region="us-east-1", took=0.1)], times)
    assert measures["execution_seconds"] == pytest.approx(execution)


def test_if_no_question_was_due_until_long_after_the_command_there_is_no_measured_gap() -> None:
    times = ScenarioTimes(load_ended=90, fault=4.0, command_started=30.0, command_ended=31.0, survivor="us-east-1")
    measures = api_measures([request(84, kind="question", region="us-east-1")], times)
    assert measures["api_gap_seconds"] is None
    assert measures["execution_seconds"] is None


def test_without_a_command_there_is_no_api_gap() -> None:
    measures = api_measures([request(5, kind="question", region="us-west-2")], ScenarioTimes(load_ended=10, fault=4.0))
    assert measures["api_gap_seconds"] is None


def test_an_answer_is_lost_if_the_question_also_fails_when_it_is_asked_again() -> None:
    failed = [request(at, kind="question", result=Result.ERROR, name=name) for at, name in ((1, "a"), (2, "b"))]
    again = [
        request(9, kind="question-retry", name="a"),
        request(9, kind="question-retry", name="b", result=Result.NO_ANSWER),
    ]
    assert count_lost_answers([*failed, *again, request(3, kind="question", name="c")]) == 1


def test_of_each_kind_the_first_failed_requests_are_listed_with_what_was_wrong() -> None:
    dozens = [request(at, kind="question", result=Result.NO_ANSWER) for at in range(30, 0, -1)]
    page = request(2, took=45, result=Result.ERROR, detail="GET https://site.example/: it broke off")
    listed = first_failures([*dozens, page, request(1), request(3, kind="upload")])
    assert [(failed.kind, failed.at) for failed in listed] == [
        ("page", 2.0),
        *(("question", float(at)) for at in range(1, FAILURES_LISTED + 1)),
    ]
    assert str(listed[0]) == "page at 2.0 s: error after 45.0 s, GET https://site.example/: it broke off"


def test_a_page_that_was_on_its_way_when_the_fault_was_injected_is_cut_off_and_has_not_failed() -> None:
    injected = [Injection(4.0, 4.2)]
    cut = request(3.9, took=0.15, result=Result.NO_ANSWER)
    later = request(4.1, took=0.2, result=Result.NO_ANSWER)
    refused = request(3.95, took=0.1, result=Result.ERROR)
    measures = page_measures([request(3), cut, later, refused, request(5)], load_ended=10, injections=injected)
    assert (measures["pages_cut"], measures["pages_failed"], measures["cold_pages_cut"]) == (1, 2, 0)
    assert page_measures([cut], load_ended=10)["pages_failed"] == 1

"""Two reports side by side: what got better, what got worse, and what is noise."""

import json

from rich.console import Console

from standby.drill.report.compare import Difference, compare
from standby.drill.report.html import render
from standby.drill.report.report import comparison_table
from tests.standby.drill.helpers import drill_report, scenario_report


def report_of(**measures: float | None) -> dict[str, object]:
    report = scenario_report(measures=measures)
    document: dict[str, object] = json.loads(json.dumps(drill_report(report).as_json()))
    return document


def changes(old: dict[str, object], new: dict[str, object]) -> dict[str, str]:
    return {difference.measure: difference.change for difference in compare(old, new)}


def test_a_comparison_says_what_got_better_and_what_got_worse() -> None:
    old = report_of(pages_failed=0, page_gap_seconds=2.0, api_gap_seconds=3.0, documents_lost=None, answers_lost=1)
    new = report_of(pages_failed=1, page_gap_seconds=0.1, api_gap_seconds=3.2, documents_lost=0, command_seconds=1.0)
    assert changes(old, new) == {
        "pages_failed": "worse",
        "page_gap_seconds": "better",
        "api_gap_seconds": "same",
        "documents_lost": "new",
        "answers_lost": "gone",
        "command_seconds": "new",
    }


def test_some_requests_more_in_an_outage_are_noise_and_some_instead_of_none_are_not() -> None:
    old, new = report_of(questions_failed=4, uploads_failed=0), report_of(questions_failed=6, uploads_failed=1)
    assert changes(old, new) == {"questions_failed": "same", "uploads_failed": "worse"}


def test_a_time_that_ended_once_and_now_never_did_is_worse_and_one_that_was_not_looked_for_is_gone() -> None:
    old = report_of(execution_seconds=0.5, person_follows_seconds=None, command_seconds=1.0)
    new = report_of(execution_seconds=None, person_follows_seconds=52.0)
    wanted = {"execution_seconds": "worse", "person_follows_seconds": "better", "command_seconds": "gone"}
    assert changes(old, new) == wanted


def test_how_much_was_tried_is_neither_better_nor_worse() -> None:
    old = report_of(pages_asked=10, documents_behind=1, person_questions=24)
    assert changes(old, report_of(pages_asked=20, documents_behind=9, person_questions=30)) == {}


def test_a_scenario_that_only_one_report_has_is_not_compared() -> None:
    other = json.loads(json.dumps(drill_report(scenario_report(name="api-lost")).as_json()))
    assert compare(other, report_of(pages_failed=1)) == ()
    assert "Nothing is compared: no scenario of the older report was played again." in render(
        drill_report(), differences=[]
    )
    assert "older report" not in render(drill_report())


def test_the_comparison_is_in_the_page_and_in_the_table() -> None:
    differences = [
        Difference(scenario="region-lost", measure="pages_failed", old=3, new=0, change="better"),
        Difference(scenario="region-lost", measure="answers_lost", old=0, new=0, change="same"),
        Difference(scenario="region-lost", measure="[/of] a file", old=3, new=None, change="gone"),
    ]
    page = render(drill_report(), differences=differences)
    assert "Compared with an older report" in page
    assert '<span class="badge better">better</span>' in page
    console = Console(width=120)
    with console.capture() as captured:
        console.print(comparison_table(differences))
    assert "pages failed" in captured.get()
    assert "[/of] a file" in captured.get()
    assert "1 measures of 3 are the same" in captured.get()

"""The comparison of two reports: better measures, worse measures, and noise."""

import json
from typing import Any

import pytest

from standby.drill.measure.measures import Measures
from standby.drill.report.compare import OlderReport, compare
from standby.drill.report.report import DrillReport
from tests.standby.drill.helpers import drill_report, scenario_report


def report_of(**measures: float | None) -> DrillReport:
    return drill_report(scenario_report(measures=Measures(**measures)))


def older(report: DrillReport) -> OlderReport:
    """Return the report as it is read from a file."""
    return OlderReport.from_json(json.loads(json.dumps(report.as_json())))


def changes(old: DrillReport, new: DrillReport) -> dict[str, str]:
    return {difference.measure: difference.change for difference in compare(older(old), new)}


def test_a_comparison_reports_better_and_worse_measures() -> None:
    old = report_of(pages_failed=0, page_gap_seconds=2.0, api_gap_seconds=3.0, documents_lost=None, answers_lost=1)
    new = report_of(pages_failed=1, page_gap_seconds=0.1, api_gap_seconds=3.2, documents_lost=0, command_seconds=1.0)
    assert changes(old, new) == {
        "pagesFailed": "worse",
        "pageGapSeconds": "better",
        "apiGapSeconds": "same",
        "documentsLost": "new",
        "answersLost": "gone",
        "commandSeconds": "new",
    }


def test_a_few_more_failed_requests_are_noise_but_a_few_instead_of_none_are_not() -> None:
    old, new = report_of(questions_failed=4, uploads_failed=0), report_of(questions_failed=6, uploads_failed=1)
    assert changes(old, new) == {"questionsFailed": "same", "uploadsFailed": "worse"}


def test_a_time_that_no_longer_ends_is_worse_and_one_that_is_no_longer_measured_is_gone() -> None:
    old = report_of(execution_seconds=0.5, browser_follow_seconds=None, command_seconds=1.0)
    new = report_of(execution_seconds=None, browser_follow_seconds=52.0)
    assert changes(old, new) == {
        "executionSeconds": "worse",
        "browserFollowSeconds": "better",
        "commandSeconds": "gone",
    }


def test_the_number_of_attempts_is_neither_better_nor_worse() -> None:
    old = report_of(pages_requested=10, documents_missing_at_failover=1, browser_questions=24)
    assert changes(old, report_of(pages_requested=20, documents_missing_at_failover=9, browser_questions=30)) == {}


def test_a_scenario_that_only_one_report_has_is_not_compared() -> None:
    other = drill_report(scenario_report(name="api-lost"))
    assert compare(older(other), report_of(pages_failed=1)) == ()


def document(**scenario: object) -> dict[str, Any]:
    return {"schemaVersion": 2, "scenarios": [{"name": "region-lost", "measures": {"x": 1.0}, **scenario}]}


def test_fields_and_measures_of_another_version_are_ignored() -> None:
    old = OlderReport.from_json({**document(later=1), "laterStill": True})
    assert [difference.change for difference in compare(old, report_of(pages_failed=0))] == ["gone", "new"]


@pytest.mark.parametrize("value", [document(measures={"x": float("inf")}), document(measures=[]), document(name=1)])
def test_a_measure_that_is_not_a_number_is_an_error(value: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="OlderReport"):
        OlderReport.from_json(value)

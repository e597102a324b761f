"""The values of a report as text."""

import pytest

from standby.drill.report.format import format_measure, measure_title, summarize_comparison
from standby.drill.report.report import Difference


@pytest.mark.parametrize(
    "measure,title",
    [
        ("pagesFailed", "pages failed"),
        ("pageGapSeconds", "page gap"),
        ("apiGapSeconds", "API gap"),
        ("documentsRpoSeconds", "documents RPO"),
    ],
)
def test_the_title_of_a_measure_is_its_name_in_words(measure: str, title: str) -> None:
    assert measure_title(measure) == title


@pytest.mark.parametrize(
    "measure,value,text",
    [
        ("pageGapSeconds", 0.125, "0.12 s"),
        ("pageGapSeconds", 2.0, "2 s"),
        ("pageGapSeconds", None, "-"),
        ("pagesFailed", 3, "3"),
    ],
)
def test_a_measure_is_shown_with_its_unit(measure: str, value: float | None, text: str) -> None:
    assert format_measure(measure, value) == text


def test_a_comparison_is_summarized() -> None:
    differences = [
        Difference(scenario="region-lost", measure="pagesFailed", old=3, new=0, change="better"),
        Difference(scenario="region-lost", measure="answersLost", old=0, new=0, change="same"),
    ]
    assert summarize_comparison(differences) == "1 of 2 measures are the same within the noise of a run"
    assert summarize_comparison([]) == "Nothing is compared: the older report has none of these scenarios"

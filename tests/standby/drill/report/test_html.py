"""The HTML page needs no other file, escapes all text, and shows what happened."""

import re
from html.parser import HTMLParser

import pytest

from standby.drill.measure.records import Outcome
from standby.drill.report.html import render
from standby.drill.report.report import Difference
from tests.standby.drill.helpers import HOSTILE, drill_report, scenario_report

VOID = {"meta", "line", "rect", "path", "circle", "br"}


class Reader(HTMLParser):
    """Reads a page as a browser does: its elements, their attributes, and whether each is closed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def count(self, tag: str) -> int:
        return sum(name == tag for name, _ in self.elements)


@pytest.fixture(scope="module")
def page() -> str:
    return render(drill_report())


def test_the_page_refers_to_nothing_outside_itself(page: str) -> None:
    assert not re.search(r"https?://|//[a-z]|@import|url\(", page)
    reader = Reader(page)
    assert not {"script", "link", "img", "iframe", "object"} & {tag for tag, _ in reader.elements}
    for _, attributes in reader.elements:
        assert not {"src", "style", "onclick", "onload"} & attributes.keys()
        assert (attributes.get("href") or "#").startswith("#")


def test_text_of_a_record_is_never_markup(page: str) -> None:
    assert HOSTILE not in page
    assert page.count("&lt;script&gt;") == 5  # summary, failure, event, and the event twice in the timeline


def test_every_element_is_closed_and_every_reference_has_its_id(page: str) -> None:
    reader = Reader(page)
    assert reader.open == []
    ids = [attributes["id"] for _, attributes in reader.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    for _, attributes in reader.elements:
        named = (attributes.get("aria-labelledby") or "").split()
        linked = [(attributes.get("href") or "").removeprefix("#")] if "href" in attributes else []
        assert set(named + linked) <= set(ids)


def test_the_timeline_has_its_content_as_text(page: str) -> None:
    reader = Reader(page)
    assert reader.count("svg") == reader.count("desc") == 1
    assert "questions: 16 answered, 0 answered with an error, 4 without an answer" in page
    assert reader.count("caption") == reader.count("table")
    assert all(attributes.get("scope") for tag, attributes in reader.elements if tag == "th")


def test_the_page_states_the_limitations_of_the_drill(page: str) -> None:
    assert "What this drill cannot show" in page
    assert "AWS is an emulator (MiniStack) on this machine" in page


def test_the_page_has_colors_for_light_dark_and_paper(page: str) -> None:
    assert "prefers-color-scheme: dark" in page
    assert "@media print" in page


def test_a_scenario_that_failed_before_the_load_has_no_timeline() -> None:
    report = scenario_report(
        result=Outcome.FAILED, reason="no <steady> state", requests_per_second={}, events=(), objectives=()
    )
    page = render(drill_report(report))
    assert "no &lt;steady&gt; state" in page
    assert "<svg" not in page


def test_the_title_and_the_heading_are_the_conclusion(page: str) -> None:
    assert page.count("1 of 2 objectives missed") == 2
    assert 'class="seal bad"' in page


def test_a_drill_in_which_no_scenario_ran_is_shown_as_bad() -> None:
    report = drill_report(scenario_report(name="browser", result=Outcome.SKIPPED, objectives=(), reason="no Chromium"))
    assert 'class="seal bad"' in render(report)


def test_a_comparison_is_in_the_page() -> None:
    differences = (
        Difference(scenario="region-lost", measure="pageGapSeconds", old=3, new=0.25, change="better"),
        Difference(scenario="region-lost", measure="answersLost", old=0, new=0, change="same"),
    )
    page = render(drill_report().model_copy(update={"comparison": differences}))
    assert "Compared with an older report" in page
    assert '<td>page gap</td><td class="n">3 s</td><td class="n">0.25 s</td>' in page
    assert '<span class="badge better">better</span>' in page
    assert "1 of 2 measures are the same within the noise of a run." in page


def test_without_a_common_scenario_the_page_says_that_nothing_is_compared(page: str) -> None:
    report = drill_report().model_copy(update={"comparison": ()})
    assert "Nothing is compared: the older report has none of these scenarios." in render(report)
    assert "older report" not in page

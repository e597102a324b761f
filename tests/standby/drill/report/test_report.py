"""The report: exit codes, a table, JSON, and a page that needs nothing else and shows what happened."""

import json
import re
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from rich.console import Console

from standby.drill.measure.objectives import API_BACK, PAGE_RTO, PAGES_FAILED, hold
from standby.drill.measure.records import Event, Held, Outcome
from standby.drill.report.html import render, verdict
from standby.drill.report.timeline import LEFT, MARK_RADIUS, RIGHT, WIDTH, timeline
from tests.standby.drill.helpers import HOSTILE, drill_report, scenario_report
from warm_standby.settings import Objectives

REGIONS = {"primary": "us-west-2", "failover": "us-east-1"}
VOID = {"meta", "line", "rect", "path", "circle", "br"}


class Reader(HTMLParser):
    """Reads a page as a browser does: its elements, its attributes, and whether each is closed."""

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


def test_what_a_record_says_is_never_markup(page: str) -> None:
    assert HOSTILE not in page
    assert page.count("&lt;script&gt;") == 4  # summary, event, and the event twice in the picture's words


def test_every_element_is_closed_and_every_reference_meets_an_id(page: str) -> None:
    reader = Reader(page)
    assert reader.open == []
    ids = [attributes["id"] for _, attributes in reader.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    for _, attributes in reader.elements:
        named = (attributes.get("aria-labelledby") or "").split()
        linked = [(attributes.get("href") or "").removeprefix("#")] if "href" in attributes else []
        assert set(named + linked) <= set(ids)


def test_who_cannot_see_the_picture_is_told_what_it_shows(page: str) -> None:
    reader = Reader(page)
    assert reader.count("svg") == reader.count("desc") == 1
    assert "questions: 16 answered, 0 answered with an error, 4 without an answer" in page
    assert reader.count("caption") == reader.count("table")
    assert all(attributes.get("scope") for tag, attributes in reader.elements if tag == "th")


def test_the_page_says_what_a_drill_does_not_show(page: str) -> None:
    assert "What this does not show" in page
    assert "AWS is an emulator (MiniStack) on this machine" in page


def test_the_page_has_colours_for_light_dark_and_paper(page: str) -> None:
    assert "prefers-color-scheme: dark" in page
    assert "@media print" in page


def test_a_scenario_that_failed_before_the_load_has_no_picture() -> None:
    report = scenario_report(result=Outcome.FAILED, reason="no <steady> state", series={}, events=(), objectives=())
    page = render(drill_report(report))
    assert "no &lt;steady&gt; state" in page
    assert "<svg" not in page


@pytest.mark.parametrize(
    "parts, code",
    [
        ({"result": Outcome.PASSED}, 0),
        ({"result": Outcome.SKIPPED}, 0),
        ({"result": Outcome.MISSED}, 1),
        ({"result": Outcome.FAILED}, 1),
        ({"result": Outcome.FAILED, "extra": {"unsteady": True}}, 3),
    ],
    ids=["passed", "skipped", "missed", "failed", "no steady state"],
)
def test_the_exit_code_tells_how_it_ended(parts: dict[str, object], code: int) -> None:
    assert drill_report(scenario_report(result=Outcome.PASSED), scenario_report(**parts)).exit_code == code


@pytest.mark.parametrize("result", [Outcome.MISSED, Outcome.FAILED])
@pytest.mark.parametrize("last", [True, False])
def test_what_was_played_badly_outranks_what_could_not_be_played(result: Outcome, *, last: bool) -> None:
    unsteady = scenario_report(result=Outcome.FAILED, extra={"unsteady": True})
    scenarios = (unsteady, scenario_report(result=result))
    assert drill_report(*(scenarios if last else reversed(scenarios))).exit_code == 1


def test_a_drill_in_which_nothing_was_played_is_no_good_one() -> None:
    report = drill_report(scenario_report(name="browser", result=Outcome.SKIPPED, objectives=(), reason="no Chromium"))
    assert report.exit_code == 3
    assert verdict(report) == "No scenario was played: browser skipped"
    assert "seal bad" in render(report)


def test_the_verdict_names_what_was_not_played() -> None:
    met = scenario_report(result=Outcome.PASSED, objectives=(Held(name="a", measured=0, bound=0, unit="", met=True),))
    skipped = scenario_report(name="browser", result=Outcome.SKIPPED, objectives=())
    assert verdict(drill_report(met, skipped)) == "All 1 objectives met in 1 scenarios; not played: browser"


def test_the_verdict_is_one_sentence() -> None:
    assert verdict(drill_report()) == "1 of 2 objectives missed"
    met = scenario_report(result=Outcome.PASSED, objectives=(Held(name="a", measured=0, bound=0, unit="", met=True),))
    assert verdict(drill_report(met)) == "All 1 objectives met in 1 scenarios"
    failed = scenario_report(result=Outcome.FAILED)
    assert verdict(drill_report(met, failed)) == "1 of 2 scenarios could not be played to their end"


def test_the_json_follows_its_schema() -> None:
    document = json.loads(json.dumps(drill_report().as_json()))
    assert document["schemaVersion"] == 2
    (scenario,) = document["scenarios"]
    assert scenario["result"] == "missed"
    assert {"name", "measures", "objectives", "events", "series"} <= scenario.keys()
    assert {"name", "measured", "bound", "unit", "met"} <= scenario["objectives"][0].keys()
    assert scenario["series"]["question"]["no-answer"] == [0, 0, 0, 0, 2, 2, 0, 0, 0, 0]


def test_the_table_names_each_objective_with_measure_and_bound() -> None:
    console = Console(width=160, record=True, file=None, quiet=True)
    console.quiet = False
    with console.capture() as captured:
        console.print(drill_report().table())
    text = " ".join(captured.get().split())
    assert "region-lost missed page RTO 0.10 s < 1 s 10" in text
    assert "failover command 6.25 s ≤ 5 s" in text


def test_a_bound_of_less_than_is_missed_at_the_bound() -> None:
    measures = {"page_gap_seconds": 1.0, "pages_failed": 0, "execution_seconds": 2.0}
    met = [held.met for held in hold((PAGE_RTO, PAGES_FAILED, API_BACK), measures, Objectives())]
    assert met == [False, True, True]


@pytest.mark.parametrize(
    "gap,longest,met", [(0.1, 0.2, True), (0.1, 29.0, False), (5.0, 0.2, False), (None, None, False)]
)
def test_the_page_rto_is_held_against_the_gap_and_the_slowest_page_alike(
    gap: float | None, longest: float | None, *, met: bool
) -> None:
    measures = {"page_gap_seconds": gap, "page_longest_seconds": longest}
    (held,) = hold((PAGE_RTO,), measures, Objectives())
    assert held.met is met
    assert held.measured == (None if gap is None or longest is None else max(gap, longest))


def test_what_could_not_be_measured_is_missed() -> None:
    (held,) = hold((API_BACK,), {"execution_seconds": None}, Objectives())
    assert not held.met


def test_bars_stand_in_their_second_and_stack_to_the_row() -> None:
    picture = timeline(scenario_report(), regions=REGIONS)
    assert picture is not None
    assert [row.label for row in picture.rows] == ["pages", "questions"]
    for row in picture.rows:
        assert all(row.y - 0.01 <= bar.y and bar.y + bar.height <= row.base + 0.01 for bar in row.bars)
        assert all(a.x + a.width <= b.x + 0.01 for a, b in pairwise(row.bars))
    assert max(bar.x + bar.width for bar in picture.rows[0].bars) <= WIDTH - RIGHT
    (block,) = picture.lanes[0].blocks
    scale = (WIDTH - LEFT - RIGHT) / 10
    assert (block.x, block.width) == pytest.approx((LEFT + 4 * scale, 2 * scale))
    assert picture.lanes[1].blocks == ()


def test_marks_that_come_close_do_not_cover_each_other() -> None:
    events = tuple(Event(at=4 + number / 100, kind="command", text=str(number)) for number in range(6))
    picture = timeline(scenario_report(events=events), regions=REGIONS)
    assert picture is not None
    for a in picture.marks:
        for b in picture.marks:
            apart = abs(a.label_x - b.label_x) >= 2 * MARK_RADIUS or abs(a.label_y - b.label_y) >= 2 * MARK_RADIUS
            assert a is b or apart
    assert [mark.number for mark in picture.marks] == [1, 2, 3, 4, 5, 6]

"""The timeline: bars in their second, marks that do not cover each other."""

from itertools import pairwise

import pytest

from standby.deployment.manifest import Role
from standby.drill.measure.records import Event
from standby.drill.report.timeline import LEFT, MARK_RADIUS, RIGHT, WIDTH, make_timeline
from tests.standby.drill.helpers import scenario_report

REGIONS: dict[Role, str] = {"primary": "us-west-2", "failover": "us-east-1"}


def test_bars_stand_in_their_second_and_stack_to_the_row() -> None:
    timeline = make_timeline(scenario_report(), regions=REGIONS)
    assert timeline is not None
    assert [row.label for row in timeline.rows] == ["pages", "questions"]
    for row in timeline.rows:
        assert all(row.y - 0.01 <= bar.y and bar.y + bar.height <= row.base + 0.01 for bar in row.bars)
        assert all(a.x + a.width <= b.x + 0.01 for a, b in pairwise(row.bars))
    assert max(bar.x + bar.width for bar in timeline.rows[0].bars) <= WIDTH - RIGHT
    (block,) = timeline.lanes[0].blocks
    scale = (WIDTH - LEFT - RIGHT) / 10
    assert (block.x, block.width) == pytest.approx((LEFT + 4 * scale, 2 * scale))
    assert timeline.lanes[1].blocks == ()


def test_marks_that_are_close_do_not_cover_each_other() -> None:
    events = tuple(Event(at=4 + number / 100, kind="command", text=str(number)) for number in range(6))
    timeline = make_timeline(scenario_report(events=events), regions=REGIONS)
    assert timeline is not None
    for a in timeline.marks:
        for b in timeline.marks:
            apart = abs(a.x - b.x) >= 2 * MARK_RADIUS or abs(a.label_y - b.label_y) >= 2 * MARK_RADIUS
            assert a is b or apart
    assert [mark.number for mark in timeline.marks] == [1, 2, 3, 4, 5, 6]

"""Every scenario of the drill against the rehearsal, but for the long one (`test_drill_long.py`).

A time may be missed because the machine was busy with something else; a stack that is wrong misses it again.
"""

import pytest

from standby.drill.measure.records import Outcome, ScenarioReport
from standby.drill.scenarios.catalog import ORDER
from standby.rehearsal.rehearsal import Rehearsal
from tests.e2e.drill_helpers import LONG, missed, play

pytestmark = pytest.mark.alone


def only_times_missed(report: ScenarioReport) -> bool:
    units = {held.unit for held in report.objectives if not held.met}
    return report.result is Outcome.MISSED and units == {"s"}


@pytest.mark.parametrize("name", [name for name in ORDER if name != LONG])
def test_a_scenario_meets_every_objective(rehearsal: Rehearsal, name: str) -> None:
    report = play(rehearsal, name)
    if only_times_missed(report):
        report = play(rehearsal, name)
    assert (report.result, report.reason, missed(report)) == (Outcome.PASSED, "", {})

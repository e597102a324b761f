"""The two long scenarios, beside other tests: everything holds but times, which `make drill` holds too."""

import pytest

from standby.rehearsal.core import Rehearsal
from tests.e2e.drill_support import LONG, drilled, well_but_for_times


@pytest.mark.parametrize("name", LONG)
def test_a_long_scenario_meets_every_objective_but_times(rehearsal: Rehearsal, name: str) -> None:
    ran = drilled(rehearsal, name)
    assert ran.code in {0, 1}, ran.stderr
    assert well_but_for_times(ran.answer)["result"] in {"passed", "missed"}

"""An objective is met at its bound, missed beyond it, and missed if it could not be measured."""

import pytest

from standby.drill.measure.measures import Measures
from standby.drill.measure.objectives import API_RTO, PAGE_RTO, PAGES_FAILED, compare_objectives
from warm_standby.settings import Objectives


def test_a_strict_objective_is_missed_at_its_bound() -> None:
    measures = Measures(page_gap_seconds=1.0, slowest_page_seconds=1.0, pages_failed=0, execution_seconds=2.0)
    results = compare_objectives((PAGE_RTO, PAGES_FAILED, API_RTO), measures, Objectives())
    assert [result.met for result in results] == [False, True, True]


@pytest.mark.parametrize(
    "gap,slowest,met", [(0.1, 0.2, True), (0.1, 29.0, False), (5.0, 0.2, False), (None, None, False)]
)
def test_the_page_rto_is_the_larger_of_longest_gap_and_slowest_page(
    gap: float | None, slowest: float | None, *, met: bool
) -> None:
    measures = Measures(page_gap_seconds=gap, slowest_page_seconds=slowest)
    (result,) = compare_objectives((PAGE_RTO,), measures, Objectives())
    assert result.met is met
    assert result.measured == (None if gap is None or slowest is None else max(gap, slowest))


def test_an_objective_that_could_not_be_measured_is_missed() -> None:
    (result,) = compare_objectives((API_RTO,), Measures(execution_seconds=None), Objectives())
    assert not result.met

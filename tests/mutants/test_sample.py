"""A small sample of each area's mutants, always of the same lines, is noticed by the tests."""

import pytest

from tests.mutants.__main__ import run_area
from tests.mutants.areas import AREAS, Area
from tests.mutants.result import read_reasons

LINES = 4
SEED = 19


@pytest.mark.programs
@pytest.mark.parametrize("area", AREAS, ids=lambda area: area.name)
def test_the_tests_notice_a_sample_of_mutants(area: Area) -> None:
    found = run_area(area, sample=LINES, seed=SEED, workers=1)
    assert found.run > 0
    assert [survivor for survivor in found.survivors if survivor not in read_reasons()] == []

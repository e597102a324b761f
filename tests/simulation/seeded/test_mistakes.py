"""The oracle notices each seeded mistake, so its silence about the product means something."""

from collections.abc import Iterator

import pytest

from tests.simulation.commands import simulated
from tests.simulation.oracle import RULES
from tests.simulation.seeded.measure import Measured, read_measured, violated
from tests.simulation.seeded.mistakes import MISTAKES, seeded

MEASURED = {one.title: one for one in read_measured()}


@pytest.fixture(autouse=True)
def simulation() -> Iterator[None]:
    """Replace threads, queues and time in the product's modules."""
    with simulated():
        yield


def test_at_least_25_mistakes_are_seeded_and_each_was_noticed() -> None:
    assert len(MISTAKES) >= 25
    assert {mistake.title for mistake in MISTAKES} == {title for title, one in MEASURED.items() if one.rule in RULES}


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.title.replace(" ", "-"))
def test_a_seeded_mistake_violates_its_rule_and_the_product_does_not(mistake: object) -> None:
    measured: Measured = MEASURED[mistake.title]  # type: ignore[attr-defined]  # a `Mistake`
    assert measured.story is not None
    assert not violated(measured.story, measured.rule)
    with seeded(mistake):  # type: ignore[arg-type]  # a `Mistake`
        assert violated(measured.story, measured.rule)

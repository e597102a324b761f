"""Random runs of commands, faults and people: the first half, because a test process runs one module."""

from collections.abc import Iterator

import pytest

from tests.simulation.commands import simulated
from tests.simulation.exploration.samples import SEEDS, STEPS, sample_with


@pytest.fixture(scope="module", autouse=True)
def simulation() -> Iterator[None]:
    """Replace threads, queues and time in the product's modules."""
    with simulated():
        yield


@pytest.mark.parametrize("seed", SEEDS[0::2])
def test_no_sampled_run_with_faults_violates_a_rule(seed: int) -> None:
    found = sample_with(seed)
    assert found.failures == {}
    assert found.steps >= STEPS

"""Every order of the calls of a failover and a forced failback, without a fault, with one, and with a pair of them."""

from collections.abc import Iterator

import pytest

from tests.simulation.commands import simulated
from tests.simulation.exploration.together import Together, in_ci


@pytest.fixture(scope="module")
def together() -> Iterator[Together]:
    """Share what the product does between the scenarios, because their commands are the same."""
    with simulated():
        yield Together()


@pytest.mark.parametrize("name", in_ci("a failover and a forced failback"))
def test_no_order_of_the_calls_of_a_failover_and_a_failback_violates_a_rule(name: str, together: Together) -> None:
    found = together.explore(name, seconds=500)
    assert found.failures == {}
    assert found.complete
    assert found.states > 3000

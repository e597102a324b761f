"""The samples of `make test`: the same random runs each time, because a run depends on its choices alone."""

import random
from typing import Final

from tests.simulation.exploration.drivers import Explored, sample
from tests.simulation.scenarios import random_scenarios
from tests.simulation.script import Scripts

SEEDS: Final = tuple(range(100, 104))
STEPS: Final = 50_000
"""The steps of each sample."""


def sample_with(seed: int, *, steps: int = STEPS) -> Explored:
    """Play random runs with this seed."""
    rng = random.Random(seed)
    return sample(random_scenarios(rng), Scripts(merge=False), rng, seconds=600, steps=steps)

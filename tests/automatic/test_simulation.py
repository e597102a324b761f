import json
from pathlib import Path

import pytest

from tests.automatic.mistakes import MISTAKES
from tests.automatic.simulate import faults, simulate
from tests.simulation.seeded.mistakes import Mistake, seeded

SAMPLE = 1500
SEED = 18


def test_the_controller_moves_nobody_while_the_primary_region_answers_and_answers_every_long_loss() -> None:
    assert faults(simulate(SAMPLE, SEED)) == []


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.title)
def test_the_simulation_notices_a_mistake_in_the_decision(mistake: Mistake) -> None:
    with seeded(mistake):
        assert faults(simulate(SAMPLE, SEED))


def test_the_table_of_the_docs_is_of_a_million_histories_without_a_false_move() -> None:
    result = json.loads(Path(__file__).with_name("result.json").read_text("utf-8"))
    assert result["histories"] >= 1_000_000
    assert sum(row["false_moves"] + row["unanswered"] for row in result["rows"]) == 0

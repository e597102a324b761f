import json
from pathlib import Path

import pytest

from standby_protocol.automatic import SecondVantagePoint
from tests.automatic import checkers
from tests.automatic.mistakes import MISTAKES
from tests.automatic.simulate import faults, simulate
from tests.simulation.seeded.mistakes import Mistake, seeded

SAMPLE = 1500
SEED = 18


@pytest.mark.parametrize("second", ["edge", "checkers"])
def test_the_controller_moves_nobody_while_the_primary_region_answers_and_answers_every_long_loss(
    second: SecondVantagePoint,
) -> None:
    assert faults(simulate(SAMPLE, SEED, second=second)) == []


@pytest.mark.parametrize("second, answered", [("edge", False), ("checkers", True)])
def test_only_route_53s_checkers_see_the_loss_of_the_api_alone(second: SecondVantagePoint, *, answered: bool) -> None:
    tally = simulate(SAMPLE, SEED, second=second)["the API alone is lost"]
    assert tally.moves == (tally.histories if answered else 0)


@pytest.mark.parametrize("statistic", ["Maximum", "Minimum"])
def test_a_minute_with_one_healthy_state_is_not_a_failed_one_unless_the_minimum_is_read(
    monkeypatch: pytest.MonkeyPatch, statistic: str
) -> None:
    monkeypatch.setattr(checkers, "STATISTIC", statistic)
    assert checkers.newest_point(lambda at: at >= 60, 121, delay=0) == (
        "healthy" if statistic == "Maximum" else "failed"
    )


def test_a_point_that_comes_too_late_says_nothing() -> None:
    assert checkers.newest_point(lambda _: True, 600, delay=60) == "failed"
    assert checkers.newest_point(lambda _: True, 600, delay=181) == "unknown"


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.title)
def test_the_simulation_notices_a_mistake_in_the_decision(mistake: Mistake) -> None:
    with seeded(mistake):
        assert faults(simulate(SAMPLE, SEED))


def test_the_table_of_the_docs_is_of_a_million_histories_without_a_false_move() -> None:
    result = json.loads(Path(__file__).with_name("result.json").read_text("utf-8"))
    assert result["histories"] >= 1_000_000
    assert sum(row["false_moves"] + row["unanswered"] for row in result["rows"]) == 0

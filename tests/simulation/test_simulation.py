"""The protocol of the commands, in every order of its calls that these runs reach. `make simulate` reaches more."""

import random
from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.simulation.commands import Command, Spec, simulated
from tests.simulation.exploration.drivers import Failure, explore, play, sample
from tests.simulation.last_state import Endings
from tests.simulation.quint.traces import record_traces
from tests.simulation.scenario import Scenario
from tests.simulation.scenarios import EXHAUSTIVE, failover, random_scenarios
from tests.simulation.script import Scripts
from tests.simulation.seeded.mistakes import MISTAKES, seeded
from tests.simulation.stories import FOLDER, play_story, read_story, record, tell
from tests.simulation.world import EAST, WEST, World

STORIES = sorted(FOLDER.glob("*.toml"))


@pytest.fixture(autouse=True)
def simulation() -> Iterator[None]:
    """Replace threads, queues and time in the product's modules."""
    with simulated():
        yield


def run(spec: Spec, world: World) -> Command:
    """Run one command in a world without faults."""
    command = Command(spec)
    while not command.ended:
        number, call = next(iter(command.calls.items()))
        command.answer(number, world.serve(call, number=spec.number))
    return command


@pytest.mark.parametrize("path", STORIES, ids=lambda path: path.stem)
def test_no_rule_is_violated_in_a_story_that_once_violated_one(path: object) -> None:
    story = read_story(path)  # type: ignore[arg-type]  # the glob's paths
    found = play_story(story, Scripts())[1]
    assert found == [], tell(story)


@pytest.mark.parametrize(
    "name",
    [
        "two failovers",
        "a failover and a forced failback",
        "two failovers, kill",
        "a failover and a forced failback, kill",
    ],
)
def test_no_order_of_the_calls_of_two_commands_violates_a_rule(name: str) -> None:
    found = explore(EXHAUSTIVE[name], Scripts(), seconds=120)
    assert found.failures == {}
    assert found.complete
    assert found.states > 3000


def test_no_sampled_run_with_faults_violates_a_rule() -> None:
    rng = random.Random(19)
    found = sample(random_scenarios(rng), Scripts(merge=False), rng, seconds=60, steps=8000)
    assert found.failures == {}
    assert found.steps >= 8000


def test_the_order_of_answers_to_calls_that_wait_together_changes_nothing() -> None:
    scenario = Scenario(specs=(failover(1),), faults=1, fault_kinds=("lose",), local_at_once=True, started=True)
    merged = explore(scenario, Scripts(), seconds=60, whole=True)
    whole = explore(scenario, Scripts(merge=False), seconds=60, whole=True)
    assert set(merged.outcomes) == set(whole.outcomes)
    assert merged.states < whole.states


def test_the_partial_order_reduction_leaves_out_no_outcome() -> None:
    scenario = replace(EXHAUSTIVE["a failover, two faults"], faults=1)
    reduced, whole = explore(scenario, Scripts(), seconds=60), explore(scenario, Scripts(), seconds=60, whole=True)
    assert set(reduced.outcomes) == set(whole.outcomes)
    assert reduced.states < whole.states


def test_the_partial_order_reduction_leaves_out_no_rule_that_a_mistake_violates() -> None:
    mistake = next(one for one in MISTAKES if one.title == "the other region is written first")
    scenario = replace(EXHAUSTIVE["a failover, two faults"], faults=1)
    with seeded(mistake):
        reduced, whole = explore(scenario, Scripts(), seconds=60), explore(scenario, Scripts(), seconds=60, whole=True)
    assert set(reduced.failures) == set(whole.failures)
    assert reduced.failures


def test_a_trace_of_the_simulation_names_each_write_of_a_config() -> None:
    trace = next(one for one in record_traces(20, seed=3) if "down" not in " ".join(one))
    assert trace[0].startswith("start(")
    assert any(action.startswith("write(") for action in trace)


def test_a_run_depends_on_its_choices_alone() -> None:
    ends = []
    for _ in range(2):
        rng = random.Random(5)
        played, taken = play(next(random_scenarios(rng)), Scripts(merge=False), rng)
        ends.append((taken, played.reports, Endings().violations(played)))
    assert ends[0] == ends[1]


def test_a_recorded_run_replays_to_the_same_world() -> None:
    for seed in range(12):
        rng, scripts = random.Random(seed), Scripts(merge=False)
        scenario = next(random_scenarios(rng))
        played, taken = play(scenario, scripts, rng)
        failure = Failure(violation="held: none", scenario=scenario, choices=tuple(taken))
        replayed = play_story(record(failure, scripts), scripts)[0]
        assert replayed.world.key() == played.world.key()
        assert replayed.reports == played.reports


def test_a_region_that_hangs_costs_virtual_seconds_and_no_real_ones() -> None:
    world = World.begin(generation=3)
    world.status[WEST] = "hung"
    command = run(failover(1), world)
    assert (command.report.result, command.report.pending) == ("incomplete", (WEST,))
    assert 0 < command.seconds <= 0.5


def test_simulated_s3_refuses_a_write_whose_condition_does_not_hold() -> None:
    world = World.begin(generation=3)
    command = Command(failover(1))
    while str(next(iter(command.calls.values()))) != f"writes config.json in {EAST}":
        number, call = next(iter(command.calls.items()))
        command.answer(number, world.serve(call))
    world.write(EAST, "frontend", "config.json", b'{"apiUrl": "https://other.example/"}')
    number, call = next(iter(command.calls.items()))
    assert world.serve(call).status == 412

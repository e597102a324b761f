"""The protocol of the commands, in every order of its calls that these runs reach. `make simulate` reaches more."""

import random
from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.simulation import memory
from tests.simulation.commands import Command, Spec, made_clients, simulated
from tests.simulation.exploration.drivers import Failure, explore, play
from tests.simulation.exploration.together import Together
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


def test_the_order_of_answers_to_calls_that_wait_together_changes_nothing() -> None:
    scenario = Scenario(specs=(failover(1),), faults=1, fault_kinds=("lose",), local_at_once=True, started=True)
    merged = explore(scenario, Scripts(), seconds=60, whole=True)
    whole = explore(scenario, Scripts(merge=False), seconds=60, whole=True)
    assert set(merged.outcomes) == set(whole.outcomes)
    assert merged.states < whole.states


def test_scenarios_that_are_explored_together_are_explored_each_as_if_alone() -> None:
    together = Together()
    for name in ("a failover and a forced failback", "a failover and a forced failback, kill"):
        shared, alone = together.explore(name, seconds=60), explore(EXHAUSTIVE[name], Scripts(), seconds=60)
        assert (shared.states, shared.outcomes, shared.failures) == (alone.states, alone.outcomes, alone.failures)


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


@pytest.mark.parametrize("seed", [5, 6, 7])
def test_a_run_depends_on_its_choices_alone(seed: int) -> None:
    """The first run meets a botocore whose work is not remembered, and the second one a botocore whose work is."""
    memory.forget()
    ends = []
    for _ in range(2):
        rng = random.Random(seed)
        played, taken = play(next(random_scenarios(rng)), Scripts(merge=False), rng)
        ends.append((taken, played.reports, Endings().violations(played), dict(played.world.objects)))
    assert ends[0] == ends[1]


def test_botocore_reads_an_answer_as_it_was_remembered_from_another_one() -> None:
    def read(body: bytes, *, fresh: bool) -> object:
        if fresh:
            memory.forget()
        world = World.begin(generation=3)
        world.write(EAST, "frontend", "config.json", body)
        command = run(Spec(number=1, command="status", began=1), world)
        return command.report, world.objects

    edited = b'{"apiUrl": "https://other.example/"}'
    read(b'{"apiUrl": ', fresh=True)
    assert read(edited, fresh=False) == read(edited, fresh=True)


def test_botocore_makes_each_simulated_call_once() -> None:
    for name in ("status", "failover", "reconcile"):
        run(Spec(number=1, command=name, began=1), World.begin(generation=3, documents=1))
    made = made_clients()
    assert len(made) > 8
    assert {client.meta.config.retries["total_max_attempts"] for client in made} == {1}


def test_scenarios_that_are_explored_together_show_what_each_shows_alone() -> None:
    scenario = replace(EXHAUSTIVE["a failover, two faults"], faults=1)
    scripts, endings = Scripts(), Endings()
    for kind in ("kill", "lose", "down"):
        one = replace(scenario, fault_kinds=(kind,))
        shared, alone = explore(one, scripts, seconds=60, endings=endings), explore(one, Scripts(), seconds=60)
        assert (shared.states, shared.ends, shared.outcomes) == (alone.states, alone.ends, alone.outcomes)


def test_a_mistake_is_found_in_scenarios_that_are_explored_together() -> None:
    mistake = next(one for one in MISTAKES if one.title == "the other region is written first")
    scenario = replace(EXHAUSTIVE["a failover, two faults"], faults=1)
    with seeded(mistake):
        scripts, endings = Scripts(), Endings()
        explore(replace(scenario, fault_kinds=("kill",)), scripts, seconds=60, endings=endings)
        shared = explore(scenario, scripts, seconds=60, endings=endings)
        alone = explore(scenario, Scripts(), seconds=60)
    assert set(shared.failures) == set(alone.failures)


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

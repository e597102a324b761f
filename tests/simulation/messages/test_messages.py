"""No command ends with a sentence that is not in the table, or that is not true."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.simulation.calls import SITE, Call
from tests.simulation.commands import Command, Report, Spec, simulated
from tests.simulation.last_state import play_command
from tests.simulation.machine import Answer
from tests.simulation.messages.judge import judge_messages
from tests.simulation.messages.measure import read_reached
from tests.simulation.messages.status import STATUS_ROWS
from tests.simulation.messages.table import ROWS
from tests.simulation.messages.told import Told
from tests.simulation.scenarios import failover, reconcile
from tests.simulation.script import Answers
from tests.simulation.world import EAST, WEST, World


@pytest.fixture(autouse=True)
def simulation() -> Iterator[None]:
    """Replace threads, queues and time in the product's modules."""
    with simulated():
        yield


def _told(words: str, *, spec: Spec | None = None, result: str = "done") -> Told:
    world = World.begin(generation=3)
    return Told(spec=spec or failover(1), report=Report(result=result, words=words), answers=frozenset(), world=world)


def test_a_sentence_that_is_in_no_row_is_a_violation() -> None:
    found = list(judge_messages(_told("Done. All is well.")))
    assert len(found) == 1
    assert "not in the table" in found[0]


@pytest.mark.parametrize(
    "words",
    [
        f"Done. {EAST} now serves (generation 4).",
        f"{WEST} already serves, generation 3. Nothing to do.",
        f"Pending: config.json in {WEST}, which does not answer (no connection).",
        f"{WEST} answers AccessDenied: the regions cannot be compared",
        "another command moved users while the regions were compared: run `standby failback` again",
        f"Write config.json in {EAST}: {EAST} does not answer (time-out), so which config.json holds is not known",
        f"When {WEST} is back: `standby reconcile`.",
    ],
)
def test_a_sentence_without_an_answer_that_shows_it_is_a_violation(words: str) -> None:
    assert any("said" in one for one in judge_messages(_told(words)))


def test_a_command_without_faults_says_only_what_is_true() -> None:
    world = World.begin(generation=3, documents=1)
    for spec in (failover(1), reconcile(2), replace(failover(3), command="status")):
        _, untrue = play_command(world, spec)
        assert untrue == []


def test_a_lost_region_is_named_and_the_sentence_about_its_return_holds() -> None:
    world = World.begin(generation=3)
    world.status[WEST] = "down"
    report, untrue = play_command(world, failover(1))
    assert f"When {WEST} is back" in report.words
    assert untrue == []


def test_a_region_that_refuses_the_write_is_not_said_to_be_away() -> None:
    world = World.begin(generation=3)
    world.denied = frozenset({(WEST, "PutObject", "frontend")})
    report, untrue = play_command(world, failover(1))
    assert f"When {WEST} accepts the write: `standby reconcile`." in report.words
    assert untrue == []


def test_a_failover_whose_edge_never_shows_the_config_does_not_say_that_the_region_serves() -> None:
    world = World.begin(generation=3)
    _, untrue = play_command(world, failover(1))
    assert untrue == []
    unseen = frozenset(one for one in _answers(World.begin(generation=3)) if one[0].region != SITE)
    told = replace(_told(f"Done. {EAST} now serves (generation 4)."), answers=unseen)
    assert list(judge_messages(told))


def _answers(world: World) -> Answers:
    command, answers = Command(failover(1)), set[tuple[Call, int, Answer]]()
    while not command.ended:
        number, call = next(iter(command.calls.items()))
        answer = world.serve(call, number=1)
        answers.add((call, len(answers), answer))
        command.answer(number, answer)
    return frozenset(answers)


def test_each_row_of_the_table_was_measured_and_the_words_of_two_rows_differ() -> None:
    says = [one.says for one in ROWS]
    assert len(set(says)) == len(says)
    assert {*says, *(one.says for one in STATUS_ROWS)} == set(read_reached())

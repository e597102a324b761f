"""Two concurrent operators, and killed operators: every order of their steps, against an emulated S3."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from unittest.mock import create_autospec

import pytest
from botocore.exceptions import EndpointConnectionError

from standby.deployment.manifest import Role
from standby.deployment.routing_config import ConfigCopy, authoritative_copy, copies_agree, render_config, write_copy
from standby.drill.load.users import SiteClient
from standby.drill.observe.observer import Observer
from standby.errors import RefusedError
from standby.operations.execution import switch_steps
from standby.operations.execution.executor import Executor
from standby.operations.execution.run import ConflictError, StepFailedError
from standby.operations.facts.journal import Event, new_event, write_event
from standby.operations.facts.reconcile_facts import collect_config_facts
from standby.operations.facts.switch_facts import collect_switch_facts
from standby.operations.plans.plan import CloseEvent, Command, Plan, PutConfig, Step, WriteIntent
from standby.operations.plans.reconcile import plan_config
from standby.operations.plans.switch import plan_switch
from standby.rehearsal.emulator.emulator import Emulator
from tests.standby.helpers import EAST, NOON, WEST, World, clients, config

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

CHANGING = (WriteIntent, PutConfig, CloseEvent)
"""The steps that change something; the others only read."""
STEPS = 4
ORDERS = [
    tuple(0 if number in first else 1 for number in range(2 * STEPS))
    for first in itertools.combinations(range(2 * STEPS), STEPS)
]
"""Every order of the four steps of each of two operators."""


@dataclass(kw_only=True)
class Operator:
    """An operator with a plan, which is carried out step by step."""

    plan: Plan
    steps: Iterator[Step]
    executor: Executor
    error: Exception | None = None
    ended: bool = False

    @classmethod
    def planned(cls, world: World, target: Role, command: Command, *dead: Role) -> "Operator":
        connection = world.connect(*dead)
        facts = collect_switch_facts(connection, world.manifest, target)
        plan = changing(plan_switch(facts, command=command, reason="race"))
        executor = Executor(connection, world.manifest)
        return cls(plan=plan, steps=executor.steps(plan), executor=executor)

    def take(self, count: int = 1) -> None:
        for _ in range(count):
            if self.ended:
                return
            try:
                next(self.steps)
            except StopIteration:
                self.ended = True
            except (ConflictError, StepFailedError) as error:
                self.error, self.ended = error, True

    def finish(self) -> None:
        while not self.ended:
            self.take()


def changing(plan: Plan) -> Plan:
    return replace(plan, steps=tuple(step for step in plan.steps if isinstance(step.action, CHANGING)))


def serving(world: World) -> tuple[str, int]:
    """Return the region and generation in both copies, which must agree."""
    copies = world.copies()
    assert copies_agree(copies), {role: copy.text for role, copy in copies.items()}
    authoritative = authoritative_copy(copies)
    assert authoritative is not None
    assert authoritative.config is not None
    return authoritative.config.region, authoritative.generation


def result_of(operator: Operator, events: Sequence[Event]) -> str:
    return next(found.result for found in events if found.id == event_of(operator).id)


def run(first: Operator, second: Operator, order: Sequence[int]) -> None:
    for turn in order:
        (first, second)[turn].take()
    first.finish()
    second.finish()


@pytest.mark.parametrize("order", ORDERS[::5], ids=lambda order: "".join(map(str, order)))
def test_of_two_concurrent_failovers_one_wins_and_the_other_names_the_winner(
    emulator: Emulator, order: Sequence[int]
) -> None:
    world = World.make(emulator.endpoint)
    operators = [Operator.planned(world, "failover", "failover") for _ in range(2)]
    run(operators[0], operators[1], order)
    lost = [operator for operator in operators if operator.error]
    (winner,) = (operator for operator in operators if not operator.error)
    assert len(lost) == 1
    assert serving(world) == (EAST, 4)
    assert isinstance(lost[0].error, ConflictError)
    assert lost[0].error.winner is not None
    assert lost[0].error.winner.id == event_of(winner).id
    assert "now authoritative: us-east-1 (failover), generation 4" in lost[0].error.message
    assert [result_of(operator, world.events("failover")) for operator in (winner, lost[0])] == ["done", "lost"]


@pytest.mark.parametrize("order", ["".join(order) for order in sorted(set(itertools.permutations("AABBBB")))])
def test_of_a_concurrent_failover_and_failback_one_is_authoritative_in_both_buckets(
    emulator: Emulator, order: str
) -> None:
    world = World.make(emulator.endpoint)
    over = Operator.planned(world, "failover", "failover")
    over.take(2)  # the intent, and config.json in the failover bucket: from here on a failback has work to do
    back = Operator.planned(world, "primary", "failback")
    run(over, back, ["AB".index(turn) for turn in order])
    loser, winner, holds = (back, over, (EAST, 4)) if over.error is None else (over, back, (WEST, 5))
    assert serving(world) == holds
    assert winner.error is None
    assert isinstance(loser.error, ConflictError)
    assert loser.error.winner is not None
    assert loser.error.winner.id == event_of(winner).id
    assert result_of(loser, world.events("failover") + world.events("primary")) == "lost"


@pytest.mark.parametrize("order", ORDERS[::5], ids=lambda order: "".join(map(str, order)))
def test_two_commands_that_each_know_of_another_copy_write_different_generations_and_one_holds(
    emulator: Emulator, order: Sequence[int]
) -> None:
    world = World.make(emulator.endpoint)
    # Two manual edits, one in each bucket; one of the operators reaches only the primary region.
    world.put("failover", render_config(config("primary", None, manifest=world.manifest)))
    world.put("primary", render_config(config("failover", None, manifest=world.manifest)))
    over = Operator.planned(world, "failover", "failover")
    back = Operator.planned(world, "primary", "failback", "failover")
    assert (event_of(over).generation, event_of(back).generation) == (2, 3)
    run(over, back, order)
    loser, holds = (back, (EAST, 2)) if over.error is None else (over, (WEST, 3))
    assert serving(world) == holds
    assert isinstance(loser.error, ConflictError)


@pytest.mark.parametrize("taken", range(STEPS + 1))
@pytest.mark.parametrize("target,command", [("failover", "failover"), ("primary", "failback")])
def test_a_command_that_is_killed_at_any_step_is_finished_by_the_next_run(
    emulator: Emulator, taken: int, target: Role, command: Command
) -> None:
    world = World.make(emulator.endpoint)
    if target == "primary":
        Operator.planned(world, "failover", "failover").finish()
    before = serving(world)[1]
    Operator.planned(world, target, command).take(taken)  # no more steps, because its machine stopped
    again = Operator.planned(world, target, command)
    again.finish()
    assert again.error is None
    region, generation = serving(world)
    assert region == world.manifest.regions[target].region
    assert generation == before + (3 if taken == 1 else 1)  # an intent alone uses up its generation
    finished = [event for event in world.events(target) if event.generation == generation]
    assert [event.result for event in finished] == ["done"]
    assert event_keys(world, "primary") == event_keys(world, "failover") or taken == 1
    assert not Operator.planned(world, target, command).plan.steps


@pytest.mark.parametrize("taken", range(1, STEPS))
def test_a_second_operator_finishes_the_command_of_an_operator_whose_machine_stopped(
    emulator: Emulator, taken: int
) -> None:
    world = World.make(emulator.endpoint)
    first = Operator.planned(world, "failover", "failover")
    first.take(taken)
    Operator.planned(world, "failover", "failover").finish()
    first.finish()  # the machine was only asleep, and continues
    assert serving(world)[0] == EAST
    assert first.error is None or isinstance(first.error, ConflictError)


def test_a_manual_edit_during_a_failover_is_authoritative_and_reported(emulator: Emulator) -> None:
    world = World.make(emulator.endpoint)
    operator = Operator.planned(world, "failover", "failover")
    operator.take()
    world.put("failover", render_config(config("primary", None, manifest=world.manifest)))
    operator.finish()
    assert isinstance(operator.error, ConflictError)
    assert operator.error.message.startswith("config.json was manually edited during this command")
    assert operator.executor.last.result == "lost"


def test_the_copy_of_a_dead_region_is_pending_and_nothing_else_fails(emulator: Emulator) -> None:
    world = World.make(emulator.endpoint)
    operator = Operator.planned(world, "failover", "failover", "primary")
    operator.finish()
    assert operator.error is None
    assert [(part.region, part.what) for part in operator.executor.last.pending_writes] == [(WEST, "config.json")]
    assert [event.result for event in world.events("failover")] == ["incomplete"]
    assert world.copies()["primary"].generation == 3


@pytest.mark.parametrize("taken", [2, 3])
def test_the_run_that_finishes_a_killed_failover_keeps_its_pending_write(world: World, taken: int) -> None:
    Operator.planned(world, "failover", "failover", "primary").take(taken - 1)
    again = Operator.planned(world, "failover", "failover", "primary")
    again.finish()
    assert [(part.region, part.what) for part in again.executor.last.pending_writes] == [(WEST, "config.json")]
    assert [event.result for event in world.events("failover")][-1] == "incomplete"


def test_the_copy_of_a_region_that_is_lost_between_plan_and_write_is_pending(emulator: Emulator) -> None:
    world = World.make(emulator.endpoint)
    facts = collect_switch_facts(world.connect(), world.manifest, "failover")
    plan = changing(plan_switch(facts, command="failover", reason=""))
    executor = Executor(world.connect("primary"), world.manifest)
    assert executor.run(plan).result == "incomplete"
    assert [part.region for part in executor.last.pending_writes] == [WEST]


def test_nothing_is_changed_if_the_target_is_lost_before_the_intent(emulator: Emulator) -> None:
    world = World.make(emulator.endpoint)
    facts = collect_switch_facts(world.connect(), world.manifest, "failover")
    plan = plan_switch(facts, command="failover", reason="")
    with pytest.raises(RefusedError, match="cannot be written either"):
        Executor(world.connect("failover"), world.manifest).run(plan)
    assert serving(world) == (WEST, 3)


def event_of(operator: Operator) -> Event:
    event = operator.plan.event
    assert event is not None
    return event


def event_keys(world: World, role: Role) -> list[str]:
    return [event.key for event in world.events(role) if event.result == "done"]


def test_an_operator_who_loses_after_the_intent_writes_no_second_config_json(
    world: World,
) -> None:
    observer = Observer(
        deployment=world.manifest, clients=clients(world.endpoint), client=create_autospec(SiteClient, instance=True)
    )
    before = observer.config_etags()
    slow = Operator.planned(world, "failover", "failover")
    slow.take(1)  # its intent is in the journal and uses generation 4
    quick = Operator.planned(world, "failover", "failover")
    quick.finish()
    slow.finish()
    assert isinstance(slow.error, ConflictError)
    assert serving(world) == (EAST, 6)
    assert len(observer.config_etags() - before) == 1


def begun(world: World, target: Role, command: Command, *, generation: int) -> Event:
    """Write the intent of a command whose config a person has replaced since."""
    region = world.manifest.regions[target]
    event = new_event(
        generation=generation, command=command, actor="a", reason="", source="", target=region.region, now=NOON
    )
    write_event(world.s3(target), region, event)
    return event


@pytest.mark.parametrize("generation,pending", [(3, []), (5, [WEST])])
def test_an_edit_that_may_hide_a_later_generation_is_left_and_pending(
    world: World, generation: int, pending: list[str]
) -> None:
    operator = Operator.planned(world, "failover", "failover")
    operator.take(2)
    begun(world, "primary", "failback", generation=generation)
    world.put("primary", render_config(config("primary", None, manifest=world.manifest)))
    operator.finish()
    found = operator.executor.last.pending_writes
    assert [part.region for part in found] == pending
    assert all("edited or removed meanwhile, and may have had a later generation" in part.why for part in found)
    assert world.copies()["primary"].generation == (0 if pending else 4)


def test_a_command_that_lost_to_an_edit_leaves_it_and_says_so(world: World) -> None:
    Operator.planned(world, "failover", "failover").finish()
    operator = Operator.planned(world, "primary", "failback")
    operator.take()
    world.put("primary", render_config(config("failover", None, manifest=world.manifest)))
    operator.finish()
    assert isinstance(operator.error, ConflictError)
    assert operator.error.message == (
        f"config.json in {WEST} was edited or removed during this command; authoritative: {EAST} (failover),"
        " generation 4"
    )
    assert world.copies()["primary"].generation == 0


def test_a_reconcile_that_loses_to_a_failback_moves_no_user_in_its_place(world: World) -> None:
    Operator.planned(world, "failover", "failover").finish()
    world.put("failover", render_config(config("failover", None, manifest=world.manifest)))
    plan = plan_config(collect_config_facts(world.connect(), world.manifest))
    written = config("primary", 7, manifest=world.manifest)
    world.put("primary", render_config(written))
    with pytest.raises(ConflictError, match="now authoritative: us-west-2 \\(primary\\), generation 7"):
        Executor(world.connect(), world.manifest).run(changing(plan))
    moved = {role: copy.config.role for role, copy in world.copies().items() if copy.config}
    assert moved == {"primary": "primary", "failover": "failover"}


def test_a_failback_that_meets_an_edit_after_its_first_write_does_not_say_that_it_lost(world: World) -> None:
    Operator.planned(world, "failover", "failover").finish()
    operator = Operator.planned(world, "primary", "failback")
    operator.take(2)
    world.put("failover", render_config(config("failover", None, manifest=world.manifest)))
    operator.finish()
    assert isinstance(operator.error, StepFailedError)
    assert operator.executor.last.result == "unknown"
    assert operator.error.message.endswith("generation 5 may hold later")


def test_a_copy_that_cannot_be_written_after_another_write_is_pending(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    operator = Operator.planned(world, "failover", "failover")
    operator.take(2)
    world.put("primary", render_config(config("primary", 3, manifest=world.manifest, moment="another")))
    written = list[str]()

    def write(s3: "S3Client", seen: ConfigCopy, text: str) -> None:
        written.append(seen.region)
        if len(written) > 1:
            raise EndpointConnectionError(endpoint_url="https://s3")
        write_copy(s3, seen, text)

    monkeypatch.setattr(switch_steps, "write_copy", write)
    operator.finish()
    found = operator.executor.last.pending_writes
    assert [(part.region, part.why) for part in found] == [(WEST, f"{WEST} does not answer (no connection)")]
    assert written == [WEST, WEST]

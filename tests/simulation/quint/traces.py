"""Recorded runs of the simulation as runs of the specification docs/two_copies.qnt, which must accept each of them.

A trace has what the specification knows: reads of config.json and of the journal, intents, writes that S3 carried out,
writes that it carries out later, and regions that go down and return.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from standby.operations.facts.journal import parse_event
from tests.simulation.calls import Call
from tests.simulation.records import etag_of, parse_copy
from tests.simulation.scenario import Choice, Run, Scenario
from tests.simulation.scenarios import failback, failover
from tests.simulation.script import Scripts
from tests.simulation.world import EAST, OTHER

NAMES: Final = {region: "east" if region == EAST else "west" for region in OTHER}
KINDS: Final = ("kill", "lose", "late", "down")
GENERATION: Final = 3
"""The generation with which each trace begins, in both languages."""


@dataclass(kw_only=True)
class Recorder:
    """Turns the steps of one run into actions. `writers`: the command that made a config, by the time in it."""

    run: Run
    actions: list[str] = field(default_factory=list)
    writers: dict[str, int] = field(default_factory=dict)
    copies: dict[str, str] = field(default_factory=dict)
    read: set[tuple[int, str, str]] = field(default_factory=set)
    last: dict[tuple[int, str], str] = field(default_factory=dict)
    intended: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        for region in OTHER:
            stored = self.run.world.objects[region, "frontend", "config.json"]
            self.copies[stored.etag] = f"{{ generation: {GENERATION}, writer: 0 }}"

    def take(self, choice: Choice) -> None:
        """Let the run take a choice, and record it."""
        word, *about = choice
        call, number = self._call(choice), 0
        if word == "land":
            number, call = self.run.world.late[int(about[0])]
        elif call is not None:
            number = int(about[0])
        reached = call is not None and call.region in NAMES and self.run.world.up(call.region)
        holds = call is not None and reached and self._holds(call)
        self.run.take(choice)
        if word in {"down", "up"}:
            self.actions.append(f'{"back" if word == "up" else "down"}("{NAMES[str(about[0])]}")')
        elif call is not None and reached:
            self.actions += self._record(word, number, call, holds=holds)

    def _call(self, choice: Choice) -> Call | None:
        if choice[0] not in {"answer", "lose", "late"}:
            return None
        return self.run.nodes[int(choice[1])].calls[int(choice[2])][1]

    def _holds(self, call: Call) -> bool:
        found = self.run.world.objects.get((call.region, call.bucket, call.key))
        return not call.condition or (found is not None and found.etag == call.condition)

    def _record(self, word: str | int, number: int, call: Call, *, holds: bool) -> Iterator[str]:
        where = f'"{NAMES[call.region]}"'
        if call.is_config and call.operation == "GetObject":
            etag = self.run.world.objects[call.region, "frontend", "config.json"].etag
            if number not in self.intended:
                self.read.add((number, call.region, etag))
                self.last[number, call.region] = etag
            yield f"read_copy({number}, {where})"
        elif call.is_journal and call.operation == "ListObjectsV2":
            yield f"read_journal({number}, {where})"
        elif call.is_journal and call.is_write and word != "late":
            event = parse_event(call.body.decode())
            if self.writers.setdefault(event.started_at, number) == number:
                self.intended.add(number)
                yield f"intend({number}, {where})"
        elif call.is_config and call.is_write:
            yield from self._write(word, number, call, holds=holds)

    def _write(self, word: str | int, number: int, call: Call, *, holds: bool) -> Iterator[str]:
        config = parse_copy(call.body)
        writer = self.writers.get(config.updated_at, 0) if config else 0
        generation = config.generation if config else 0
        copy, where = f"{{ generation: {generation}, writer: {writer} }}", f'"{NAMES[call.region]}"'
        self.copies[etag_of(call.body)] = copy
        # The product writes with a condition. A seeded mistake does not, and then it means the copy that it has read.
        condition = call.condition or self.last[number, call.region]
        expected = self.copies[condition]
        if word == "late":
            yield f"lose({number}, {where}, {expected})"
        elif word == "land" and holds:
            yield f"land({{ region: {where}, expected: {expected}, copy: {copy} }})"
        elif holds and writer == number and (number, call.region, condition) in self.read:
            yield f"write({number}, {where}, {expected})"
        elif holds:
            yield f"repair({number}, {where}, {expected}, {copy})"


def record_traces(number: int, *, seed: int) -> list[list[str]]:
    """Return so many traces of two commands with up to two faults."""
    rng, scripts, traces = random.Random(seed), Scripts(), list[list[str]]()
    while len(traces) < number:
        back = rng.random() < 0.5
        scenario = Scenario(
            specs=(failover(1), failback(2, force=False) if back else failover(2)),
            faults=2,
            fault_kinds=KINDS,
            serving="primary" if rng.random() < 0.7 else "failover",
            generation=GENERATION,
            local_at_once=True,
            started=True,
        )
        actions = _play(Run.begin(scenario, scripts), rng)
        if any(action.startswith(("write", "lose")) for action in actions):
            first, second = ("east", "west") if back else ("east", "east")
            traces.append([f'start("{first}", "{second}")', *actions])
    return traces


def _play(run: Run, rng: random.Random) -> list[str]:
    recorder = Recorder(run=run)
    while not run.ended:
        choices = [choice for choice in run.choices() if choice[0] != "late" or _is_config(run, choice)]
        normal = [choice for choice in choices if choice[0] == "answer"]
        rare = [choice for choice in choices if choice[0] != "answer"]
        recorder.take(rng.choice(normal if rng.random() < 0.95 or not rare else rare))
    return recorder.actions


def _is_config(run: Run, choice: Choice) -> bool:
    return run.nodes[int(choice[1])].calls[int(choice[2])][1].is_config


def render_traces(traces: list[list[str]]) -> str:
    """Return traces as a module of Quint: a test for each."""
    lines = ["module traces {", '  import two_copies.* from "./two_copies"']
    for number, (first, *rest) in enumerate(traces, start=1):
        steps = "".join(f"\n    .then({action})" for action in rest)
        lines.append(f"  run trace_{number}_Test = {first}{steps}\n    .expect(safe)")
    return "\n".join([*lines, "}"]) + "\n"


__all__ = ["record_traces", "render_traces"]

"""One command in a simulated world, with something that happens at one of its calls, as lines that a reviewer reads."""

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass

from standby.deployment.routing_config import RoutingConfig, config_for_role, render_config
from standby.operations.facts.journal import PREFIX, Event
from tests.simulation.calls import Call
from tests.simulation.commands import MANIFEST, Command, Spec
from tests.simulation.machine import Answer
from tests.simulation.records import OTHER, ROLE_OF, render_event
from tests.simulation.world import World

Happening = Callable[[World, Call], Answer | None]
"""What happens when a call is made: it may change the world, and may answer in its place."""


@dataclass(kw_only=True)
class At:
    """Happens once, at the N-th call of an operation on a key in a region ("" for any)."""

    operation: str
    region: str = ""
    key: str = ""
    number: int = 1
    act: Happening
    always: bool = False

    def __call__(self, world: World, call: Call) -> Answer | None:
        if not (call.operation.startswith(self.operation) and self.region in {"", call.region}):
            return None
        if self.key and not call.key.startswith(self.key):
            return None
        self.number -= 1
        return self.act(world, call) if self.number == 0 or (self.always and self.number < 0) else None


def play(world: World, spec: Spec, happening: Happening | None = None) -> Iterator[str]:
    """Run a command, and yield its progress, its writes, its outcome, and what it left in the world."""
    command, writes, before = Command(spec), list[str](), _events(world)
    happening = deepcopy(happening)  # it counts calls
    while not command.ended:
        number, call = next(iter(command.calls.items()))
        if call.operation in {"PutObject", "CopyObject", "Invoke", "CreateInvalidation"}:
            writes.append(_describe_write(call))
        elif " " in call.operation and (text := f"{call.operation} {call.region}, {call.seconds:g} s") not in writes:
            writes.append(text)
        answer = happening(world, call) if happening else None
        command.answer(number, answer or world.serve(call, number=spec.number))
    yield from (_mask(line) for line in command.said)
    yield f"result: {command.report.result}; pending: {command.report.pending}"
    yield f"words: {_mask(command.report.words)}"
    yield from writes
    for (key, text), regions in _events(world).items():
        if (key, text) not in before:
            yield f"{' and '.join(regions)} {key}: {text}"


def _events(world: World) -> dict[tuple[str, str], list[str]]:
    """Return the regions of each event, by its key and its text."""
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for (region, bucket, key), stored in sorted(world.objects.items()):
        if bucket == "frontend" and stored.body is not None and key.startswith(PREFIX):
            found[key.removeprefix(PREFIX), _describe_event(stored.body)].append(region)
    return found


@dataclass(kw_only=True)
class Both:
    """Two happenings of one story."""

    first: Happening
    second: Happening

    def __call__(self, world: World, call: Call) -> Answer | None:
        answers = [self.first(world, call), self.second(world, call)]
        return answers[0] or answers[1]


def another_switch(region: str, *, generation: int, named: bool = True) -> Happening:
    """Return what another command does: it moves users to a region, with a journal that names it or without."""

    def act(world: World, _: Call) -> None:
        config = config_for_role(
            MANIFEST, ROLE_OF[region], generation=generation, updated_at="2026-11-24T12:00:30.000001Z"
        )
        for place in OTHER:
            world.write(place, "frontend", "config.json", render_config(config).encode())
            if named:
                event = Event(
                    id="0000000f",
                    generation=generation,
                    command="failover",
                    actor="another person",
                    started_at=config.updated_at,
                    result="started",
                    target=region,
                )
                world.write(place, "frontend", event.key, render_event(event))

    return act


def edit(*regions: str, api_url: str) -> Happening:
    """Return what a person does who writes config.json by hand."""

    def act(world: World, _: Call) -> None:
        for region in regions:
            text = render_config(RoutingConfig(api_url=api_url))
            world.write(region, "frontend", "config.json", text.encode())

    return act


def answer(answer: Answer, *, serve: bool = False) -> Happening:
    """Return a fault: a call gets this answer, and (`serve`) is carried out nevertheless."""

    def act(world: World, call: Call) -> Answer:
        if serve:
            world.serve(call)
        return answer

    return act


def set_status(region: str, status: str, *, then: Answer | None = None) -> Happening:
    """Return what a region does that goes down or hangs at this call."""

    def act(world: World, _: Call) -> Answer | None:
        world.status[region] = status
        return then

    return act


def _describe_write(call: Call) -> str:
    condition = {"": "", "*": ", if new"}.get(call.condition, ", if unchanged")
    version = ", of this version" if call.source else ""
    return f"{call.operation} {call.bucket} {call.key} in {call.region}{condition}{version}"


def _describe_event(body: bytes) -> str:
    event = json.loads(body)
    for step in event.get("steps", ()):
        step.pop("seconds", None)
        step.pop("at", None)
        step["detail"] = _mask(step.get("detail", ""))
    kept = {name: event.get(name) for name in ("command", "result", "from", "to", "pendingWrites", "steps")}
    kept["ended"] = bool(event.get("endedAt"))  # the time depends on botocore's random pauses
    return json.dumps({name: value for name, value in kept.items() if value})


def _mask(text: str) -> str:
    return re.sub(r"\d+\.\d+ s", "N s", text)

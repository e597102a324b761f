"""Partial-order reduction: of orders that differ only in what no one can see, the exhaustive driver takes one.

- A region goes down, or returns, just before a call that notices it: a call to this region, a read through the edge, or
  a write of any config.json. A late write lands just before a call that sees its object, or at the end.
- A command is killed just after a call of its own.
- When one command is left, its calls that wait together are answered in their order, because no other command can
  notice another order. An exception is a command that may be killed between two writes.

Pages read at all times. So each generation in a bucket counts as seen: its region may have been the only one up.
"""

from collections.abc import Iterator
from typing import Final

from tests.simulation.calls import SITE, Call
from tests.simulation.scenario import Choice, Run
from tests.simulation.script import Node
from tests.simulation.world import OTHER

Move = tuple[Choice, ...]
"""The choices that the driver takes together."""

_ENVIRONMENT: Final = frozenset({"down", "hang", "gone", "up", "land"})
_LONGEST: Final = 3
"""The most events of the environment before one call, such as: a region returns, a late write lands, it is lost."""


def moves(run: Run) -> Iterator[tuple[Move, Run]]:
    """Yield what may happen next, and the state after it."""
    if run.ended:
        yield from _land_late(run)
        return
    for before, base in _environments(run):
        for node in run.alive:
            for choice in base.call_choices(node, _places(base, node)):
                call = node.calls[int(choice[2])][1]
                if all(_is_noticed(run, event, call) for event in before):
                    yield from _step(base, before, choice)


def _step(base: Run, before: Move, choice: Choice) -> Iterator[tuple[Move, Run]]:
    after = base.copy()
    _take(after, choice)
    yield (*before, choice), after
    number = int(choice[1])
    if after.faults and "kill" in after.kinds and after.nodes[number].report is None:
        killed = after.copy()
        _take(killed, ("kill", number))
        yield (*before, choice, ("kill", number)), killed


def _take(run: Run, choice: Choice) -> None:
    before = run.seen
    run.take(choice)
    if before is not None and run.seen is not None and before.copies == run.seen.copies:
        return
    configs = [run.world.config(region) for region in OTHER]
    run.world.shown = max([run.world.shown, *((config.generation or 0) for config in configs if config)])


def _environments(run: Run) -> Iterator[tuple[Move, Run]]:
    """Yield each sequence of events of the environment, and the state after it."""
    known, queue = {run.key()}, [(Move(), run)]
    while queue:
        taken, base = queue.pop()
        yield taken, base
        if len(taken) < _LONGEST:
            for event in base.world_choices():
                if event[0] in _ENVIRONMENT:
                    after = base.copy()
                    _take(after, event)
                    if (key := after.key()) not in known:
                        known.add(key)
                        queue.append(((*taken, event), after))


def _is_noticed(run: Run, event: Choice, call: Call) -> bool:
    if call.region == SITE or (call.is_config and call.is_write):
        return True
    if event[0] != "land":
        return call.region == event[1]
    late = [one for _, one in run.world.late]
    return any((call.region, call.bucket) == (one.region, one.bucket) for one in late)


def _places(run: Run, node: Node) -> list[int]:
    places = run.places(node)
    if len(run.alive) > 1:
        return places
    may_be_killed = run.faults and "kill" in run.kinds
    writes = [call for _, call in node.calls if call.is_write]
    return places if may_be_killed and writes else places[:1]


def _land_late(run: Run) -> Iterator[tuple[Move, Run]]:
    if run.world.late:
        for event in run.world_choices():
            if event[0] in {"up", "land"}:
                after = run.copy()
                _take(after, event)
                yield (event,), after

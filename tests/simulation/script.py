"""What a command does after which answers, found out once.

A command is a function of the answers that it gets. So each sequence of answers is a node of a tree, and a driver that
comes to a node a second time needs no greenlet: it knows the calls that wait there. A command runs again only to grow
a new branch.
"""

import itertools
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from tests.simulation.calls import Call
from tests.simulation.commands import Command, Report, Spec
from tests.simulation.machine import Answer

LIVE_MACHINES: Final = 400
"""The machines that are kept, so that the next answer needs no run from the begin."""

Answers = frozenset[tuple[Call, int, Answer]]
"""The answers to the calls of a command, each with how many equal calls were answered before it."""

_numbers = itertools.count(1)


@dataclass(eq=False, kw_only=True, slots=True, repr=False)
class Node:
    """The state of a command after some answers. `calls` wait for theirs; `report` is what it told at its end.

    `step` is the last answer, which was given `before`. `asked` is how often each call was answered.
    """

    spec: Spec
    calls: tuple[tuple[int, Call], ...]
    notes: tuple[str, ...]
    report: Report | None
    before: "Node | None" = None
    step: tuple[int, Answer] | None = None
    number: int = field(default_factory=lambda: next(_numbers))
    answers: "Answers" = frozenset()
    asked: dict[Call, int] = field(default_factory=dict)
    children: dict[tuple[int, Answer], "Node"] = field(default_factory=dict)


class Scripts:
    """The trees of all commands that were simulated so far, and a few machines at their newest leaves.

    `merge`: calls that wait at the same time may be answered in any order, with the same effect. A test compares.
    """

    def __init__(self, *, merge: bool = True) -> None:
        self._merge = merge
        self._roots: dict[Spec, Node] = {}
        self._known: dict[tuple[Spec, Answers], Node] = {}
        self._live: OrderedDict[int, Command] = OrderedDict()
        self.runs = 0
        self.nodes = 0

    def begin(self, spec: Spec) -> Node:
        """Return the state of a command that has just been given."""
        if spec not in self._roots:
            self._roots[spec] = self._node(Command(spec), spec)
        return self._roots[spec]

    def answer(self, node: Node, number: int, answer: Answer) -> Node:
        """Return the state after one more answer."""
        step = (number, answer)
        if step not in node.children:
            call = next(call for waiting, call in node.calls if waiting == number)
            answers = node.answers | {(call, node.asked.get(call, 0), answer)}
            known = self._known.get((node.spec, answers)) if self._merge else None
            node.children[step] = known or self._grow(node, step, call, answers)
        return node.children[step]

    def _grow(self, node: Node, step: tuple[int, Answer], call: Call, answers: Answers) -> Node:
        machine = self._live.pop(node.number, None) or self._run(node)
        machine.answer(*step)
        made = self._node(machine, node.spec)
        made.before, made.step, made.answers = node, step, answers
        made.asked = {**node.asked, call: node.asked.get(call, 0) + 1}
        if self._merge:
            self._known[node.spec, answers] = made
        return made

    def forget(self) -> None:
        """Drop everything, because memory is finite."""
        for machine in self._live.values():
            machine.stop()
        self._roots.clear()
        self._known.clear()
        self._live.clear()
        self.nodes = 0

    def _run(self, node: Node) -> Command:
        self.runs += 1
        machine = Command(node.spec)
        for number, answer in reversed(list(_steps(node))):
            machine.answer(number, answer)
        return machine

    def _node(self, machine: Command, spec: Spec) -> Node:
        self.nodes += 1
        report = machine.result if machine.ended and isinstance(machine.result, Report) else None
        calls: tuple[tuple[int, Call], ...] = () if report else tuple(machine.calls.items())
        notes = tuple(line.strip() for line in machine.said if line.startswith("  note: "))
        node = Node(spec=spec, calls=calls, notes=notes, report=report)
        if report is None:
            self._live[node.number] = machine
            while len(self._live) > LIVE_MACHINES:
                self._live.popitem(last=False)[1].stop()
        return node


def _steps(node: Node) -> Iterator[tuple[int, Answer]]:
    """Yield the answers that lead to a state, the last one first."""
    while node.before is not None and node.step is not None:
        yield node.step
        node = node.before

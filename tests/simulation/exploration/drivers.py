"""The two drivers: one explores every order of a small scenario, the other one samples the orders of a large one."""

import gc
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.simulation.exploration.reduction import Move, moves
from tests.simulation.last_state import Endings
from tests.simulation.scenario import Choice, Run, Scenario
from tests.simulation.script import Scripts

MAX_STEPS = 400
"""The most steps of one random run; the rest of its commands ends without faults."""


@dataclass(frozen=True, kw_only=True)
class Failure:
    """A violation, and the choices that lead to it."""

    violation: str
    scenario: Scenario
    choices: tuple[Choice, ...]

    @property
    def rule(self) -> str:
        """The name of the rule that is violated."""
        return self.violation.partition(":")[0]


@dataclass(kw_only=True)
class Explored:
    """What a driver saw. `complete`: nothing is left out. `outcomes` count how the commands ended."""

    states: int = 0
    steps: int = 0
    ends: int = 0
    seconds: float = 0.0
    complete: bool = True
    failures: dict[str, Failure] = field(default_factory=dict)
    outcomes: Counter[tuple[str, ...]] = field(default_factory=Counter)

    def fail(self, violation: str, scenario: Scenario, choices: tuple[Choice, ...]) -> None:
        """Keep the shortest failure of each kind of violation."""
        failure = Failure(violation=violation, scenario=scenario, choices=choices)
        known = self.failures.get(failure.rule)
        if known is None or len(known.choices) > len(choices):
            self.failures[failure.rule] = failure


Trail = tuple["Trail", Move] | None
"""How a state was reached: the state before, and the choices after it."""


@contextmanager
def _without_collector() -> Iterator[None]:
    """Within this block, the collector of circular garbage does not run: it looks at every state again and again."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


@_without_collector()
def explore(
    scenario: Scenario,
    scripts: Scripts,
    *,
    seconds: float,
    first: bool = False,
    whole: bool = False,
    endings: Endings | None = None,
) -> Explored:
    """Visit every state of the scenario once, within so many seconds of CPU.

    `first`: stop at the first violation. `whole`: without the partial-order reduction, to compare. Scenarios with the
    same commands share `scripts` and `endings`, because the product then does the same.
    """
    start = Run.begin(scenario, scripts)
    successors = _all_moves if whole else moves
    return _search([(start, None)], endings or Endings(), seconds=seconds, first=first, successors=successors)


def _all_moves(run: Run) -> Iterator[tuple[Move, Run]]:
    for choice in run.choices():
        after = run.copy()
        after.take(choice)
        yield (choice,), after


def _search(
    stack: list[tuple[Run, Trail]],
    endings: Endings,
    *,
    seconds: float,
    first: bool,
    successors: Callable[[Run], Iterator[tuple[Move, Run]]],
) -> Explored:
    began, found = time.process_time(), Explored()
    seen = {run.key() for run, _ in stack}
    while stack:
        # Asking for the CPU time takes longer than a step on some kernels.
        late = found.states % 256 == 255 and time.process_time() - began > seconds
        if late or (first and found.failures):
            found.complete = False
            break
        run, trail = stack.pop()
        found.states += 1
        if run.ended:
            _judge_end(run, trail, found, endings)
        for move, after in successors(run):
            found.steps += len(move)
            for violation in after.violations:
                found.fail(violation, after.scenario, _choices((trail, move)))
            after.violations.clear()
            reached = after.key()
            if reached not in seen:
                seen.add(reached)
                stack.append((after, (trail, move)))
    found.seconds = time.process_time() - began
    return found


def _judge_end(run: Run, trail: Trail, found: Explored, endings: Endings) -> None:
    found.ends += 1
    found.outcomes[tuple(_result(run, spec.number) for spec in run.scenario.specs)] += 1
    for violation in endings.violations(run):
        found.fail(violation, run.scenario, _choices(trail))


def _choices(trail: Trail) -> tuple[Choice, ...]:
    found: list[Move] = []
    while trail is not None:
        trail, move = trail
        found.append(move)
    return tuple(choice for move in reversed(found) for choice in move)


def _result(run: Run, number: int) -> str:
    report = run.nodes[number].report
    return report.result if report else "killed"


@_without_collector()
def sample(
    scenarios: Iterator[Scenario],
    scripts: Scripts,
    rng: random.Random,
    *,
    seconds: float,
    first: bool = False,
    steps: int = 0,
) -> Explored:
    """Play scenarios with random choices until the CPU time, or the number of steps, is over."""
    began, found, endings = time.process_time(), Explored(complete=False), Endings()
    while time.process_time() - began < seconds and not (steps and found.steps >= steps):
        scenario = next(scenarios)
        run, taken = play(scenario, scripts, rng)
        found.steps += len(taken)
        found.ends += 1
        found.outcomes.update((_result(run, number),) for number in run.nodes)
        for violation in (*run.violations, *endings.violations(run)):
            found.fail(violation, scenario, tuple(taken))
        if first and found.failures:
            break
        if scripts.nodes > 20_000:
            scripts.forget()
            endings.forget()
            gc.collect()
    found.seconds = time.process_time() - began
    return found


def play(scenario: Scenario, scripts: Scripts, rng: random.Random) -> tuple[Run, list[Choice]]:
    """Play one run with random choices."""
    run, taken = Run.begin(scenario, scripts), list[Choice]()
    while not run.ended or (run.world.late and rng.random() < 0.5):
        choices = run.choices()
        if not choices:
            break
        choice = _pick(choices, rng, steps=len(taken))
        taken.append(choice)
        run.take(choice)
        if run.violations:
            break
    return run, taken


def _pick(choices: list[Choice], rng: random.Random, *, steps: int) -> Choice:
    """Prefer that commands go on: otherwise every fault would come before the first call."""
    normal = [choice for choice in choices if choice[0] in {"answer", "start"}]
    rare = [choice for choice in choices if choice[0] not in {"answer", "start"}]
    if normal and (not rare or steps > MAX_STEPS or rng.random() < 0.9):
        return rng.choice(normal)
    return rng.choice(rare or normal)


def drain(run: Run) -> list[Choice]:
    """Let every command be given and end, without another fault. Return the choices."""
    taken: list[Choice] = []
    while not run.ended:
        choice = next(choice for choice in run.choices() if choice[0] in {"answer", "start"})
        taken.append(choice)
        run.take(choice)
    return taken

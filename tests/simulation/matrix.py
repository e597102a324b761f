"""One fault at each step of each command: what the command says, where users are, and what `status` says then."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from tests.simulation.commands import Name, Report, Spec, simulated
from tests.simulation.exploration.drivers import drain
from tests.simulation.last_state import play_command
from tests.simulation.scenario import FAULTS, PEOPLE, Choice, Run, Scenario
from tests.simulation.script import Scripts
from tests.simulation.world import EAST, WEST

LATER: Final = 60
"""`status` looks a minute later."""

_SERVING: Final[dict[Name, str]] = {"failover": "primary", "failback": "failover", "reconcile": "primary"}
_TARGET: Final[dict[Name, str]] = {"failover": EAST, "failback": WEST, "reconcile": WEST}
_ROLES: Final = {EAST: "the failover region", WEST: "the primary region"}


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What follows from one fault: the command's result, where new users go, the verdict, and the next command."""

    result: str
    users: str
    verdict: str
    next: str


@dataclass(frozen=True, kw_only=True)
class Case:
    """One fault at one step of a command, and what follows."""

    step: str
    fault: str
    outcome: Outcome


def steps_of(command: Name) -> tuple[tuple[str, str], ...]:
    """Return the steps of a command at which a fault may come: the call that begins each, and its name."""
    own = _TARGET[command]
    other = WEST if own == EAST else EAST
    if command == "reconcile":
        return (
            (f"reads config.json in {own}", "before the plan"),
            (f"writes the journal in {own}", "the intent"),
            (f"writes config.json in {own}", "the copy of config.json"),
            ("reads config.json through the edge", "the read through the edge"),
        )
    return (
        (f"reads config.json in {own}", "before the plan"),
        (f"writes the journal in {own}", "the intent"),
        (f"writes config.json in {own}", "the target's copy"),
        (f"writes config.json in {other}", "the other copy"),
        ("reads config.json through the edge", "the read through the edge"),
    )


def play_cases(command: Name) -> Iterator[Case]:
    """Play each fault at each step of a command."""
    scripts = Scripts()
    for fault, name in _faults(command):
        for call, step in steps_of(command):
            if outcome := _play(command, call, fault, scripts):
                yield Case(step=step, fault=name, outcome=outcome)


def _faults(command: Name) -> Iterator[tuple[Choice, str]]:
    own = _TARGET[command]
    other = WEST if own == EAST else EAST
    yield ("kill", 1), "the command is killed before it"
    yield ("lose",), "it is carried out, and its answer is lost"
    yield ("late",), "its answer is lost, and S3 carries it out after the command has ended"
    yield ("fail",), "S3 answers SlowDown"
    for region in (own, other):
        yield ("down", region), f"{_ROLES[region]} is lost before it"


def _play(command: Name, call: str, fault: Choice, scripts: Scripts) -> Outcome | None:
    """Play one command with one fault. Return None if the fault cannot come at this step."""
    scenario = Scenario(
        specs=(Spec(number=1, command=command, began=1),),
        faults=2,
        fault_kinds=FAULTS,
        people=1,
        people_kinds=PEOPLE,
        serving=_SERVING[command],
        returns=False,
    )
    run = Run.begin(scenario, scripts)
    if command == "reconcile":  # the primary region's copy is old
        run.take(("terraform", WEST))
    run.take(("start", 1))
    place = _reach(run, call)
    if place is None:
        return None
    choice: Choice = fault if len(fault) > 1 else (*fault, 1, place)
    if choice not in run.choices():
        return None
    run.take(choice)
    drain(run)
    for _ in run.world.late:
        run.take(("land", 0))
    return _look(run)


def _reach(run: Run, call: str) -> int | None:
    """Let the command go on until this call waits. Return its place among those that wait."""
    while run.nodes[1].report is None:
        texts = [str(waiting) for _, waiting in run.nodes[1].calls]
        if call in texts:
            return texts.index(call)
        run.take(("answer", 1, 0))
    return None


def _look(run: Run) -> Outcome:
    report = run.reports.get(1)
    role = run.world.visitor_role()
    status, _ = play_command(run.world.copy(), Spec(number=9, command="status", began=LATER))
    return Outcome(
        result=_describe(report) if report else "killed",
        users=role or "nowhere",
        verdict=status.verdict or status.result,
        next=status.words,
    )


def _describe(report: Report) -> str:
    pending = f", pending in {', '.join(report.pending)}" if report.pending else ""
    return f"{report.result}{pending}"


def matrix(command: Name) -> list[tuple[str, str, Outcome]]:
    """Return the rows of a command: a fault, the steps at which the same follows from it, and what follows."""
    grouped: dict[tuple[str, Outcome], list[str]] = {}
    with simulated():
        for case in play_cases(command):
            grouped.setdefault((case.fault, case.outcome), []).append(case.step)
    return [(fault, ", ".join(steps), outcome) for (fault, outcome), steps in grouped.items()]

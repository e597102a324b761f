"""The scenarios that are explored, and the distribution of those that are sampled."""

import itertools
import random
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from tests.simulation.commands import Name, Spec
from tests.simulation.scenario import Scenario

NAMES: Final[tuple[Name, ...]] = ("failover", "failback", "reconcile", "status")
PEOPLE: Final = ((), ("edit",), ("upload",), ("upload", "delete"), ("terraform",), ("edit", "upload"))


def failover(number: int, *, force: bool = False) -> Spec:
    """Return a failover that operator `number` gives."""
    return Spec(number=number, command="failover", force=force, began=number)


def failback(number: int, *, force: bool = False) -> Spec:
    """Return a failback that operator `number` gives."""
    return Spec(number=number, command="failback", force=force, began=number)


def reconcile(number: int, *, force: bool = False) -> Spec:
    """Return a reconcile that operator `number` gives."""
    return Spec(number=number, command="reconcile", force=force, began=number)


def _small(*specs: Spec, faults: int, kinds: tuple[str, ...], serving: str = "primary") -> Scenario:
    return Scenario(
        specs=specs, faults=faults, fault_kinds=kinds, serving=serving, local_at_once=True, started=True, generation=3
    )


_ONE: Final = ("kill", "lose", "late", "fail", "slow", "down", "hang", "gone", "cut")
_KINDS: Final = ("kill", "lose", "late", "down")
SWITCHES: Final = {
    "two failovers": (failover(1), failover(2)),
    "a failover and a forced failback": (failover(1), failback(2, force=True)),
}


def _two_faults(name: str) -> Iterator[tuple[str, Scenario]]:
    """Yield a scenario for each pair of faults, which are found out together.

    A region that goes down stays down until both commands have ended.
    """
    for first, second in itertools.combinations_with_replacement(_KINDS, 2):
        if first == second == "down":
            continue  # one region of two is always up, and none returns, so there is no second loss
        scenario = _small(*SWITCHES[name], faults=2, kinds=(first, second))
        yield f"{name}, {first} and {second}", replace(scenario, once=first != second, returns=False)


EXHAUSTIVE: Final[Mapping[str, Scenario]] = {
    "a failover, every fault": _small(failover(1), faults=1, kinds=_ONE),
    "a failover, two faults": _small(failover(1), faults=2, kinds=_KINDS),
    "a forced failback, two faults": _small(failback(1, force=True), faults=2, kinds=_KINDS, serving="failover"),
    **{name: _small(*specs, faults=0, kinds=()) for name, specs in SWITCHES.items()},
    **{
        f"{name}, {kind}": replace(_small(*specs, faults=1, kinds=(kind,)), returns=False)
        for name, specs in SWITCHES.items()
        for kind in _KINDS
    },
    **dict(pair for name in SWITCHES for pair in _two_faults(name)),
    **{f"{name}, down and back": _small(*specs, faults=1, kinds=("down",)) for name, specs in SWITCHES.items()},
}
"""Every order of the calls of these commands and of these faults, the small ones first."""


def random_scenarios(rng: random.Random) -> Iterator[Scenario]:
    """Yield scenarios: one to four commands, up to four faults, up to three events of people."""
    while True:
        gap = rng.choice((1, 1, 400))
        kinds, generation = rng.choice(PEOPLE), rng.choice((1, 3, 3))
        specs = tuple(
            Spec(
                number=number,
                command=rng.choice(NAMES),
                force=rng.random() < 0.3,
                began=number * gap,
                skew=rng.choice((0, 0, 0, 600, -600)),
            )
            for number in range(1, (1 if "terraform" in kinds else rng.choice((1, 2, 2, 2, 3, 4))) + 1)
        )
        yield Scenario(
            specs=specs,
            faults=0 if "terraform" in kinds else rng.choice((0, 1, 1, 2, 2, 3, 4)),
            people=rng.randint(1, 3) if kinds else 0,
            people_kinds=kinds,
            serving="primary" if generation == 1 else rng.choice(("primary", "failover", "failover")),
            generation=generation,
            documents=rng.randint(0, 1),
            pages=1,
        )

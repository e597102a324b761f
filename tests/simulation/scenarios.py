"""The scenarios that are explored, and the distribution of those that are sampled."""

import random
from collections.abc import Iterator, Mapping
from typing import Final

from tests.simulation.commands import Name, Spec
from tests.simulation.scenario import Scenario

NAMES: Final[tuple[Name, ...]] = ("failover", "failback", "reconcile")
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


EXHAUSTIVE: Final[Mapping[str, Scenario]] = {
    "a failover, every fault": _small(
        failover(1), faults=1, kinds=(*["kill", "lose", "late", "fail", "slow", "down", "hang", "gone"], "cut")
    ),
    "a failover, two faults": _small(failover(1), faults=2, kinds=("kill", "lose", "late", "down")),
    "a forced failback, two faults": _small(
        failback(1, force=True), faults=2, kinds=("kill", "lose", "late", "down"), serving="failover"
    ),
    "two failovers": _small(failover(1), failover(2), faults=0, kinds=()),
    "a failover and a forced failback": _small(failover(1), failback(2, force=True), faults=0, kinds=()),
    "two failovers, one fault": _small(failover(1), failover(2), faults=1, kinds=("kill", "lose", "late", "down")),
    "a failover and a forced failback, one fault": _small(
        failover(1), failback(2, force=True), faults=1, kinds=("kill", "lose", "late", "down")
    ),
    "two failovers, two faults": _small(failover(1), failover(2), faults=2, kinds=("kill", "lose", "down")),
    "a failover and a forced failback, two faults": _small(
        failover(1), failback(2, force=True), faults=2, kinds=("kill", "lose", "down")
    ),
}
"""Complete: every order of the calls of these commands and of these faults."""


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

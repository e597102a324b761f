"""Explore scenarios with the same commands together: what the product does is then found out once for all of them."""

from dataclasses import dataclass, field
from typing import Final

from tests.simulation.exploration.drivers import Explored, explore
from tests.simulation.last_state import Endings
from tests.simulation.scenarios import EXHAUSTIVE, SWITCHES
from tests.simulation.script import Scripts

TOO_LARGE: Final = frozenset(
    {
        *(f"{commands}, {faults}" for commands in SWITCHES for faults in ("down and back", "late and down")),
        "a failover and a forced failback, late and late",
        "a failover and a forced failback, lose and down",
        "a failover and a forced failback, lose and late",
        "two failovers, lose and down",
    }
)
"""The scenarios that only `make simulate` explores: the tests have five minutes of two processors."""


@dataclass(kw_only=True, repr=False)
class Together:
    """What is known of the commands of some scenarios, and of the ends of their worlds."""

    scripts: Scripts = field(default_factory=Scripts)
    endings: Endings = field(default_factory=Endings)

    def explore(self, name: str, *, seconds: float) -> Explored:
        """Visit every state of the scenario of this name once, within so many seconds of CPU."""
        return explore(EXHAUSTIVE[name], self.scripts, seconds=seconds, endings=self.endings)


def groups(only: str = "") -> list[tuple[str, ...]]:
    """Return the names of the scenarios with the same commands, for each set of commands; `only` is in each name."""
    found: dict[object, list[str]] = {}
    for name, scenario in EXHAUSTIVE.items():
        if only in name:
            found.setdefault(scenario.specs, []).append(name)
    return sorted(map(tuple, found.values()), key=len, reverse=True)


def in_ci(commands: str) -> list[str]:
    """Return the names of the scenarios of these commands that `make test` explores."""
    return [name for name in EXHAUSTIVE if name.startswith(commands) and name not in TOO_LARGE]

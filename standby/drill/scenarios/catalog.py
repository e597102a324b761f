"""Every scenario, by name, in the order in which `--all` plays them."""

from collections.abc import Sequence
from typing import Final

from standby.drill.scenario import Scenario
from standby.drill.scenarios.browser import BROWSER
from standby.drill.scenarios.operators import OPERATORS
from standby.drill.scenarios.outages import OUTAGES

ORDER: Final = (
    "page-origin-lost",
    "api-lost",
    "region-lost",
    "region-black-hole",
    "replication-behind",
    "knowledge-base-lost",
    "operator-killed",
    "two-operators",
    "standby-lost",
    "return-and-failback",
    "browser",
)
SCENARIOS: Final = {
    scenario.name: scenario
    for scenario in sorted((*OUTAGES, *OPERATORS, *BROWSER), key=lambda scenario: ORDER.index(scenario.name))
}


def chosen(names: Sequence[str]) -> tuple[Scenario, ...]:
    """Return the scenarios of these names, in the order of the catalogue."""
    return tuple(scenario for name, scenario in SCENARIOS.items() if name in names)

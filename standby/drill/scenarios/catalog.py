"""Every scenario by name, in the order in which `--all` runs them."""

from collections.abc import Sequence
from typing import Final

from standby.drill.scenario import Scenario
from standby.drill.scenarios.automatic import AUTOMATIC_SCENARIOS
from standby.drill.scenarios.browser import BROWSER_SCENARIOS
from standby.drill.scenarios.dns import DNS_SCENARIOS
from standby.drill.scenarios.operators import OPERATOR_SCENARIOS
from standby.drill.scenarios.outages import OUTAGE_SCENARIOS
from standby.drill.scenarios.sign_in import SIGN_IN_SCENARIOS

SCENARIOS: Final = {
    scenario.name: scenario
    for scenario in (
        *OUTAGE_SCENARIOS,
        *DNS_SCENARIOS,
        *SIGN_IN_SCENARIOS,
        *OPERATOR_SCENARIOS,
        *AUTOMATIC_SCENARIOS,
        *BROWSER_SCENARIOS,
    )
}


def select_scenarios(names: Sequence[str]) -> tuple[Scenario, ...]:
    """Return the scenarios with these names, in the order of the catalog."""
    return tuple(scenario for name, scenario in SCENARIOS.items() if name in names)

"""The cost of a stack in a month, by component and region."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Annotated, Final, Literal

from pydantic import Field

from standby.cost.components import COMPONENTS, OPTIONAL, Amount, amounts
from standby.cost.prices import REGIONS, Price, price_list
from standby.cost.resource_types import unknown_types
from standby.cost.stack import ROLES, Stack
from standby.json_model import JsonModel, Key
from warm_standby.settings import Usage

DR_GUIDE_USD: Final[Mapping[str, float]] = {"primary": 7.0, "failover": 7.0}
"""The DR guide's table "Cost Implications"."""


class ComponentCost(JsonModel):
    """The cost of a component, at list prices."""

    name: str = Field(description="the component")
    primary: float = Field(description="in the primary region")
    failover: float = Field(description="in the failover region")


class CostReport(JsonModel):
    """The JSON document of `standby cost`. All amounts are USD for one month."""

    schema_version: Literal[1] = Field(default=1, description="1")
    stack: str = Field(description="the file that was read")
    usage: str = Field(description="the usage profile")
    regions: Mapping[Annotated[Literal["primary", "failover"], Key("ROLE")], str] = Field(description="the region")
    components: tuple[ComponentCost, ...]
    list_price: float = Field(description="the sum at list prices")
    free_allowances: float = Field(description="what the always-free allowances of an account take off")
    total: float = Field(description="the sum without the free allowances")
    standby_share: float = Field(
        description="the part of the list price that the failover region has, with replication"
    )
    dr_guide: float = Field(description="the sum that the DR guide names")
    oldest_price: str = Field(description="the date of the oldest price that was used")
    old_prices: tuple[str, ...] = Field(description="the units whose price was read more than a year ago")
    quoted_prices: tuple[str, ...] = Field(description="the units whose price was read in a quote of AWS's page")
    unpriced: tuple[str, ...] = Field(description="resource types and units without a price, which are not in the sums")
    stand_in_regions: tuple[str, ...] = Field(description="the regions for which the price of us-east-1 stands in")


def cost_report(stack: Stack, usage: Usage, *, path: str, profile: str, today: date) -> CostReport:
    """Return the cost of a stack under a usage profile."""
    prices = price_list()
    used = [amount for role in ROLES for amount in amounts(stack, usage, role) if amount.units]
    priced = [amount for amount in used if amount.unit in prices]
    shown = COMPONENTS.keys() - (OPTIONAL - {amount.component for amount in used})
    components = tuple(_component(name, priced, prices) for name in COMPONENTS if name in shown)
    total = sum(component.primary + component.failover for component in components)
    free = _free(priced, prices)
    units = sorted({amount.unit for amount in priced})
    replication = next(component for component in components if component.name == "replication")
    return CostReport(
        stack=path,
        usage=profile,
        regions={role: stack.region(role) for role in ROLES},
        components=components,
        list_price=round(total, 2),
        free_allowances=round(free, 2),
        total=round(total - free, 2),
        standby_share=round(sum(component.failover for component in components) + replication.primary, 2),
        dr_guide=sum(DR_GUIDE_USD.values()),
        oldest_price=min(prices[unit].date for unit in units).isoformat(),
        old_prices=tuple(unit for unit in units if prices[unit].is_old(today)),
        quoted_prices=tuple(unit for unit in units if prices[unit].quoted),
        unpriced=(*unknown_types(stack.types()), *sorted({amount.unit for amount in used} - set(prices))),
        stand_in_regions=tuple(sorted({stack.region(role) for role in ROLES} - REGIONS)),
    )


def _component(name: str, priced: Iterable[Amount], prices: Mapping[str, Price]) -> ComponentCost:
    cost = dict.fromkeys(ROLES, 0.0)
    for amount in priced:
        if amount.component == name:
            cost[amount.role] += prices[amount.unit].cost(amount.units)
    return ComponentCost(name=name, primary=round(cost["primary"], 2), failover=round(cost["failover"], 2))


def _free(priced: Iterable[Amount], prices: Mapping[str, Price]) -> float:
    """Return the cost of the free units. An allowance is that of the account, for all regions together."""
    units: defaultdict[str, float] = defaultdict(float)
    for amount in priced:
        units[amount.unit] += amount.units
    return sum(prices[unit].cost(min(used, prices[unit].free)) for unit, used in units.items())

"""The price list: what AWS charges for a unit, where that was read, and when."""

import datetime as dt
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

from standby.json_model import JsonModel

FILE: Final = Path(__file__).with_name("prices.toml")
VALID_DAYS: Final = 365
"""A price that was read longer ago is marked."""
REGIONS: Final = frozenset({"us-east-1", "us-west-2"})
"""The regions of the prices. They stand in for those of any other region."""


class Price(JsonModel):
    """A price in USD for `per` units. `free` units a month are free for each account, always."""

    usd: float
    per: float
    free: float = 0
    source: str
    date: dt.date
    quoted: bool = False

    def cost(self, units: float) -> float:
        """Return the cost of these units in USD, without the free ones."""
        return units * self.usd / self.per

    def is_old(self, today: dt.date) -> bool:
        """Return whether the price was read more than a year ago."""
        return (today - self.date).days > VALID_DAYS


@cache
def price_list() -> Mapping[str, Price]:
    """Return the prices by the name of their unit."""
    document = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return {unit: Price.from_json(entry) for unit, entry in document.items()}

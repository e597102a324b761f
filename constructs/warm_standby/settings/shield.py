"""The settings of the shield in front: AWS WAF, its rate limit, and the addresses that it lets through (record 104)."""

from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated, Final, Self

from pydantic import AfterValidator, Field, model_validator

from warm_standby.settings.section import Section, UniqueValues, validation_error

# Source: AWS WAF API Reference, "RateBasedStatement", "Limit"; "IPSet", "Addresses".
LOWEST_RATE: Final = 10
HIGHEST_RATE: Final = 2_000_000_000
MAX_ADDRESSES: Final = 10_000
DEFAULT_RATE: Final = 2_000


def _cidr(value: str) -> str:
    """Return a range of addresses in CIDR notation. AWS WAF takes every range but /0."""
    try:
        network: IPv4Network | IPv6Network = ip_network(value)
    except ValueError:
        raise ValueError('use CIDR notation with the first address of the range: "203.0.113.0/24"') from None
    if network.prefixlen == 0:
        raise ValueError("AWS WAF takes no range of all addresses: leave the list empty instead")
    return str(network)


class Shield(Section):
    """What AWS WAF refuses, for the site and for the API of each region.

    `waf`: AWS's managed rules, and a limit for each IP address.
    `rate_limit`: requests of one IP address in five minutes, to the site and to each API, before it is refused.
    `allowed_cidrs`: the addresses that may use the deployment; all if the list is empty.
    """

    waf: bool = False
    rate_limit: int = Field(default=DEFAULT_RATE, ge=LOWEST_RATE, le=HIGHEST_RATE)
    allowed_cidrs: Annotated[UniqueValues[Annotated[str, AfterValidator(_cidr)]], Field(max_length=MAX_ADDRESSES)] = ()

    @model_validator(mode="after")
    def _has_an_effect(self) -> Self:
        for key in ("rate_limit", "allowed_cidrs"):
            if not self.waf and key in self.model_fields_set and getattr(self, key) != Shield.model_fields[key].default:
                raise validation_error((key,), getattr(self, key), "no effect without AWS WAF: set access.waf = true")
        return self

    @property
    def allowed_by_version(self) -> dict[str, list[str]]:
        """The allowed ranges by IP version (`IPV4`, `IPV6`), without a version that has none."""
        found: dict[str, list[str]] = {}
        for cidr in self.allowed_cidrs:
            found.setdefault(f"IPV{ip_network(cidr).version}", []).append(cidr)
        return dict(sorted(found.items()))

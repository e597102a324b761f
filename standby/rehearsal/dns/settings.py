"""The settings of the DNS server's process."""

from standby.json_model import JsonModel


class DnsSettings(JsonModel):
    """The settings of the process.

    `addresses` has the address that stands for each region's APIs, `ports` the port that serves each host over TLS.
    `minute_seconds` is the length of the automatic failover's minute, at which each check's metric is published.
    """

    endpoint: str
    port: int
    addresses: dict[str, str]
    ports: dict[str, int]
    acceleration: float
    minute_seconds: float

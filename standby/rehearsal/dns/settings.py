"""The settings of the DNS server's process."""

from standby.json_model import JsonModel


class DnsSettings(JsonModel):
    """The settings of the process.

    `addresses` has the address that stands for each region's APIs, `ports` the port that serves each host over TLS.
    """

    endpoint: str
    port: int
    addresses: dict[str, str]
    ports: dict[str, int]
    acceleration: float

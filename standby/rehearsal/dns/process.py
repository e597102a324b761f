"""Start the DNS server of a rehearsal, and resolve a name as a client does."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from standby.deployment.dns.lookup import Lookup
from standby.deployment.manifest import ROLES, Manifest
from standby.rehearsal.dns.settings import DnsSettings
from standby.rehearsal.files.json_files import read_json, write_json
from standby.rehearsal.files.paths import RehearsalPaths
from standby.rehearsal.processes.daemon import Daemon, resume_daemon, start_daemon, stop_daemon
from standby.rehearsal.processes.ports import HOST, wait_until_free
from standby.rehearsal.processes.process import ProcessIdentity

DNS: Final = "dns"
MODULE: Final = "standby.rehearsal.dns.server"
ACCELERATION: Final = 10.0
"""How much faster time passes for DNS in a rehearsal: it divides the intervals of the health checks and each TTL."""
ADDRESSES: Final = ("192.0.2.11", "192.0.2.12")
"""The addresses that stand for the APIs of both regions. Nothing on the internet has them (RFC 5737)."""
QUERY_SECONDS: Final = 2.0


def addresses(deployment: Manifest) -> dict[str, str]:
    """Return the address that stands for each region's APIs, by region."""
    return {deployment.regions[role].region: address for role, address in zip(ROLES, ADDRESSES, strict=True)}


class EmulatorEndpoint(Protocol):
    """An emulator, as far as the DNS server needs it: `Emulator` in `standby.rehearsal.emulator`."""

    @property
    def endpoint(self) -> str:
        """The URL for AWS clients."""

    @property
    def minute_seconds(self) -> float:
        """The length of the minute of the automatic failover's controller."""


@dataclass(frozen=True, kw_only=True)
class DnsProcess:
    """The DNS server of one rehearsal. `hosts` has the port that serves each host over TLS.

    The metric of the checks is published in each minute of the emulator.
    """

    paths: RehearsalPaths
    emulator: EmulatorEndpoint
    deployment: Manifest
    port: int
    hosts: Mapping[str, int]

    def ensure_running(self, known: ProcessIdentity | None) -> ProcessIdentity:
        """Start the server, or return the `known` process if it answers and has these settings."""
        settings = self.settings.as_json()
        path = self.paths.network / f"{DNS}.json"
        if known is not None and read_json(path) == settings and resume_daemon(known) and self._is_ready():
            return known
        if known is not None:
            stop_daemon(known)
            wait_until_free((self.port,))
        write_json(path, settings)
        command = (sys.executable, "-P", "-m", MODULE, str(path))
        log = self.paths.network / f"{DNS}.log"
        return start_daemon(self.paths, Daemon(name=DNS, command=command, log=log, ready=self._is_ready))

    @property
    def settings(self) -> DnsSettings:
        """The settings of the process."""
        return DnsSettings(
            endpoint=self.emulator.endpoint,
            port=self.port,
            addresses=addresses(self.deployment),
            ports=dict(self.hosts),
            acceleration=ACCELERATION,
            minute_seconds=self.emulator.minute_seconds,
        )

    def _is_ready(self) -> bool:
        return self.deployment.dns is not None and resolve(self.deployment.dns.name, port=self.port) is not None


def resolve(name: str, *, port: int, seconds: float = QUERY_SECONDS) -> Lookup | None:
    """Ask the rehearsal's DNS server for the name's address, past every cache. None without an answer."""
    import dns.exception  # noqa: PLC0415 - only a rehearsal with a name in DNS needs it
    import dns.message  # noqa: PLC0415 - the same
    import dns.query  # noqa: PLC0415 - the same
    import dns.rdatatype  # noqa: PLC0415 - the same

    try:
        response = dns.query.udp(dns.message.make_query(name, "A"), HOST, port=port, timeout=seconds)
    except (dns.exception.DNSException, OSError):
        return None
    for found in response.answer:
        if found.rdtype == dns.rdatatype.A:
            return Lookup(address=str(found[0]), ttl=int(found.ttl))
    return None

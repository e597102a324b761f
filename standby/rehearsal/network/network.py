"""How one reaches the rehearsal as one reaches AWS: through a front per region and an edge, by AWS's own host names."""

import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit, urlunsplit

import urllib3

from standby.rehearsal.edge_cache.server import COLD_HEADER
from standby.rehearsal.emulator.emulator import recorded_emulator
from standby.rehearsal.files.paths import RehearsalPaths
from standby.rehearsal.network.network_record import read_record
from standby.rehearsal.processes.ports import HOST

POOL_SIZE: Final = 128
_AWS_HOST: Final = re.compile(r"\.(?P<region>[a-z]{2}(?:-[a-z]+)+-\d)\.amazonaws\.com$")

FormField = str | tuple[str, bytes, str]
"""A form's field: text, or a file's name, content and content type."""


@dataclass(frozen=True, kw_only=True)
class Address:
    """Where something is served on this machine."""

    host: str
    port: int


@dataclass(frozen=True, kw_only=True)
class Network:
    """Every way into a rehearsal that is up.

    `gateway` is the emulator itself, which no fault touches. `router` is for tools that know one endpoint only: it
    sends each request to the proxy of the region that it is signed for. `region_proxies` has each region's endpoint
    for AWS clients. `hosts` has the AWS host names that are served with TLS, by certificates of `authority`.
    """

    gateway: str
    router: str
    region_proxies: Mapping[str, str]
    hosts: Mapping[str, Address]
    authority: Path

    def region_of(self, url: str) -> str | None:
        """Return the region whose front serves the URL, None for a URL of no region, such as the site's."""
        parts = urlsplit(url)
        match = _AWS_HOST.search(parts.hostname or "")
        if match is not None and match["region"] in self.region_proxies:
            return match["region"]
        by_front = {urlsplit(region_proxy).netloc: region for region, region_proxy in self.region_proxies.items()}
        return by_front.get(parts.netloc)


def read_network(paths: RehearsalPaths) -> Network | None:
    """Return the network of the rehearsal, None when it is not up. A region with a fault is up all the same."""
    record, emulator = read_record(paths), recorded_emulator(paths)
    if not record.region_proxies or emulator is None or record.emulator != emulator.record():
        return None
    if emulator.identity.process() is None:
        return None
    return Network(
        gateway=emulator.endpoint,
        router=record.router,
        region_proxies=record.region_proxies,
        hosts={name: Address(host=HOST, port=port) for name, port in record.hosts.items()},
        authority=paths.authority,
    )


class Client:
    """An HTTP client for the AWS host names of a network. Only host names are translated; TLS is verified.

    Connections are kept and may be used by many threads at once.
    """

    def __init__(self, network: Network) -> None:
        self._network = network
        self._tls = ssl.create_default_context(cafile=network.authority)
        self._pools = {name: self._pool(name, address) for name, address in network.hosts.items()}

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        fields: Mapping[str, FormField] | None = None,
        timeout: float = 30.0,
        cold: bool = False,
    ) -> urllib3.BaseHTTPResponse:
        """Send one request, without retries or redirects, and return the whole answer.

        `cold` asks the site as an edge location that has never seen the page: its cache is bypassed. Raises
        `urllib3.exceptions.HTTPError` when there is no answer, and for a URL that is not of this network.
        """
        parts = urlsplit(url)
        pool = self._pools.get(parts.hostname or "")
        if pool is None or parts.scheme != "https":
            raise urllib3.exceptions.LocationValueError(f"{url} is not served in this rehearsal")
        target = urlunsplit(("", "", parts.path or "/", parts.query, ""))
        sent = {"Host": parts.hostname or "", **(headers or {}), **({COLD_HEADER: "1"} if cold else {})}
        waits = urllib3.Timeout(total=timeout)
        if fields is not None:
            return pool.request(
                method, target, fields=fields, headers=sent, timeout=waits, retries=False, redirect=False
            )
        return pool.request(method, target, body=body, headers=sent, timeout=waits, retries=False, redirect=False)

    def _pool(self, name: str, address: Address) -> urllib3.HTTPSConnectionPool:
        return urllib3.HTTPSConnectionPool(
            address.host,
            address.port,
            maxsize=POOL_SIZE,
            ssl_context=self._tls,
            server_hostname=name,
            assert_hostname=name,
        )

"""Reach a rehearsal as AWS is reached: by AWS host names, through a region proxy for each region and the edge."""

import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypedDict, Unpack
from urllib.parse import urlsplit, urlunsplit

import urllib3
from pydantic import Field

from standby.deployment.dns.lookup import Lookup
from standby.deployment.manifest import Manifest
from standby.json_model import JsonModel
from standby.rehearsal.dns.process import resolve
from standby.rehearsal.edge_cache.server import COLD_HEADER
from standby.rehearsal.emulator.emulator import Emulator, live_emulator
from standby.rehearsal.files.json_files import ProcessRecord, read_record, write_record
from standby.rehearsal.files.not_up import NotUpError
from standby.rehearsal.files.paths import RehearsalPaths
from standby.rehearsal.processes.ports import HOST
from standby.rehearsal.processes.process import ProcessIdentity

POOL_SIZE: Final = 128
_EXECUTE_API: Final = re.compile(r"^(?P<id>[a-z0-9]+)\.execute-api\.[a-z0-9-]+\.amazonaws\.com$")

FormField = str | tuple[str, bytes, str]
"""A field of a form: text, or the name, content and content type of a file."""


class RequestOptions(TypedDict, total=False):
    """The options of a request, except for its time-out. `fields` are those of a form. `cold` bypasses the cache.

    `address` is what the client's own resolver has for the API's own name.
    """

    headers: Mapping[str, str]
    body: bytes | None
    fields: Mapping[str, FormField]
    cold: bool
    address: str


class NetworkRecord(ProcessRecord):
    """The processes and the ports of the region proxies and the edge, and the emulator that they were started for.

    `ports` has names like "edge.tls", `processes` is by name, `hosts` has the port of each AWS host name. `api_name`,
    `dns_port` and `addresses`: as in `ApiName`, if the API has a name in DNS.
    """

    emulator: Emulator | None = None
    ports: Mapping[str, int] = {}
    processes: Mapping[str, ProcessIdentity] = {}
    router: str = ""
    region_proxies: Mapping[str, str] = {}
    hosts: Mapping[str, int] = {}
    api_name: str = ""
    dns_port: int = 0
    addresses: Mapping[str, int] = {}

    def with_process(self, name: str, identity: ProcessIdentity) -> "NetworkRecord":
        """Return the record with another process of that name."""
        return self.model_copy(update={"processes": {**self.processes, name: identity}})

    def write(self, paths: RehearsalPaths) -> None:
        """Replace the record of the rehearsal."""
        write_record(paths.network_record, self.model_copy(update={"directory": str(paths.directory)}))


def read_network_record(paths: RehearsalPaths) -> NetworkRecord:
    """Return the record of the rehearsal, an empty one if there is none or if it cannot be read.

    The record in a copied directory names the processes of the original, so it counts as none.
    """
    record = read_record(paths.network_record, NetworkRecord)
    if record is None or not (record.is_from(paths.directory) or record.moved_from(paths.directory)):
        return NetworkRecord()
    return record


class LocalUrls(JsonModel):
    """The URLs on this machine."""

    site: str = Field(description="the URL of the site; `standby rehearse browse` opens it")
    edge: str = Field(description="the address of the edge on this machine")
    primary_api: str = Field(description="the URL of the primary region's API on this machine")
    failover_api: str = Field(description="the URL of the failover region's API on this machine")


@dataclass(frozen=True, kw_only=True)
class ApiName:
    """The API's own name in DNS: the port of the DNS server, and the port that stands for each address."""

    name: str
    dns_port: int
    addresses: Mapping[str, int]

    def resolve(self) -> Lookup | None:
        """Ask the DNS server, past every cache. None without an answer."""
        return resolve(self.name, port=self.dns_port)


@dataclass(frozen=True, kw_only=True)
class Network:
    """The endpoints of a rehearsal that is up.

    `emulator_url` is the emulator itself, which no fault affects. `router` is for tools that use one endpoint for all
    regions: it sends each request to the proxy of the region that the request is signed for. `region_proxies` has the
    endpoint of each region for AWS clients. `hosts` has the port of each AWS host name that is served with TLS on
    127.0.0.1, by certificates of the authority in `ca_certificate`. `api_name`: None if the API has no name in DNS.
    """

    emulator_url: str
    router: str
    region_proxies: Mapping[str, str]
    hosts: Mapping[str, int]
    ca_certificate: Path
    api_name: ApiName | None = None


def read_network(paths: RehearsalPaths) -> Network | None:
    """Return the network of the rehearsal, None if it is not up. A region with a fault does not matter here."""
    record, emulator = read_network_record(paths), live_emulator(paths)
    if not record.region_proxies or emulator is None or record.emulator != emulator:
        return None
    return Network(
        emulator_url=emulator.endpoint,
        router=record.router,
        region_proxies=record.region_proxies,
        hosts=record.hosts,
        ca_certificate=paths.ca_certificate,
        api_name=ApiName(name=record.api_name, dns_port=record.dns_port, addresses=record.addresses)
        if record.api_name
        else None,
    )


def require_network(paths: RehearsalPaths) -> Network:
    """Return the network of the rehearsal. Raises `RefusedError` if it is not up."""
    network = read_network(paths)
    if network is None:
        raise NotUpError(paths)
    return network


class Client:
    """An HTTP client for the AWS host names of a network. Only host names are translated, and TLS is verified.

    Connections stay open, and many threads may use the client concurrently.
    """

    def __init__(self, network: Network) -> None:
        self._tls = ssl.create_default_context(cafile=network.ca_certificate)
        self._pools = {name: self._pool(name, port) for name, port in network.hosts.items()}
        self._api_name = network.api_name
        names = network.api_name.addresses.items() if network.api_name else ()
        self._by_address = {
            address: self._pool(network.api_name.name, port) for address, port in names if network.api_name
        }

    def request(
        self, method: str, url: str, *, timeout: float = 30.0, **options: Unpack[RequestOptions]
    ) -> urllib3.BaseHTTPResponse:
        """Send one request, without retries or redirects, and return the complete response.

        `cold` reads the site through an edge location with an empty cache. Raises `urllib3.exceptions.HTTPError` if
        there is no response, and for a URL that is not of this network.
        """
        parts = urlsplit(url)
        pool = self._pools.get(parts.hostname or "") or self._named(parts.hostname or "", options.get("address", ""))
        if pool is None or parts.scheme != "https":
            raise urllib3.exceptions.LocationValueError(f"{url} is not served in this rehearsal")
        target = urlunsplit(("", "", parts.path or "/", parts.query, ""))
        cold = {COLD_HEADER: "1"} if options.get("cold") else {}
        return pool.request(
            method,
            target,
            body=options.get("body"),
            fields=options.get("fields"),
            headers={"Host": parts.hostname or "", **options.get("headers", {}), **cold},
            timeout=urllib3.Timeout(total=timeout),
            retries=False,
            redirect=False,
        )

    def _named(self, host: str, address: str) -> urllib3.HTTPSConnectionPool | None:
        """Return the connections to the API's own name: to this address, or to that of DNS."""
        if self._api_name is None or host != self._api_name.name:
            return None
        found = None if address else self._api_name.resolve()
        return self._by_address.get(found.address if found else address)

    def _pool(self, name: str, port: int) -> urllib3.HTTPSConnectionPool:
        return urllib3.HTTPSConnectionPool(
            HOST,
            port,
            maxsize=POOL_SIZE,
            ssl_context=self._tls,
            server_hostname=name,
            assert_hostname=name,
        )


@dataclass(frozen=True, kw_only=True)
class LocalTarget:
    """Where to send a request: the URL, and the Host header if it differs from the URL's, else ""."""

    url: str
    host: str


def local_target(url: str, *, endpoint: str) -> LocalTarget:
    """Return where the emulator behind `endpoint` serves the URL; a URL without an AWS host name stays as it is.

    `{id}.execute-api.{region}.amazonaws.com/STAGE/...` becomes `ENDPOINT/_aws/execute-api/{id}/STAGE/...`. Every other
    AWS host name becomes the Host header of a request to `ENDPOINT`.
    """
    parts, local = urlsplit(url), urlsplit(endpoint)
    host = parts.hostname or ""
    if match := _EXECUTE_API.match(host):
        path = f"/_aws/execute-api/{match['id']}{parts.path}"
        return LocalTarget(url=urlunsplit((local.scheme, local.netloc, path, parts.query, "")), host="")
    if host.endswith(".amazonaws.com"):
        return LocalTarget(url=urlunsplit((local.scheme, local.netloc, parts.path, parts.query, "")), host=host)
    return LocalTarget(url=url, host="")


def local_urls(deployment: Manifest, network: Network) -> LocalUrls:
    """Return the URLs of the deployment on this machine."""
    apis = {
        role: local_target(region.api_url, endpoint=network.region_proxies[region.region]).url
        for role, region in deployment.regions.items()
    }
    return LocalUrls(
        site=deployment.site.url,
        edge=f"https://{HOST}:{network.hosts[urlsplit(deployment.site.url).hostname or '']}",
        primary_api=apis["primary"],
        failover_api=apis["failover"],
    )

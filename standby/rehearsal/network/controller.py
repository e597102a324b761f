"""Start the fronts, the edge and its cache, find them again, and put right what is left of them."""

import signal
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, partial
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import psutil
import urllib3

from standby.deployment.manifest import ROLES, Manifest, Role
from standby.deployment.sessions import EmulatorSession
from standby.errors import StandbyError
from standby.rehearsal.edge_cache.server import READY_PATH
from standby.rehearsal.emulator.emulator import Emulator
from standby.rehearsal.files.paths import RehearsalPaths
from standby.rehearsal.network.caddy import Caddy
from standby.rehearsal.network.distribution import read_distribution
from standby.rehearsal.network.edge_config import Edge, EdgePorts
from standby.rehearsal.network.network import Network, read_network
from standby.rehearsal.network.network_record import NetworkRecord, read_record
from standby.rehearsal.network.origin_config import S3_RESPONSE_SECONDS
from standby.rehearsal.network.region_proxy import RegionProxy, RegionProxyFaults, RegionProxyPorts
from standby.rehearsal.processes.daemon import Daemon, resume, start_daemon, stop_daemon
from standby.rehearsal.processes.ports import HOST, free_ports, settle
from standby.rehearsal.processes.process import ProcessIdentity, ours, stop

if TYPE_CHECKING:
    from mypy_boto3_cloudfront import CloudFrontClient

EDGE: Final = "edge"
CACHE: Final = "cache"
CACHE_MODULE: Final = "standby.rehearsal.edge_cache.server"
CONTROL_REGION: Final = "us-east-1"
"""CloudFront's control plane lives there. Source: docs.aws.amazon.com, AWS Fault Isolation Boundaries, appendix B."""

ANSWER_SECONDS: Final = 2.0
_REGION_PROXY_PORTS: Final = ("http", "tls", "admin")
_EDGE_PORTS: Final = ("tls", "http", "router", "origin", "admin")


@dataclass(frozen=True, kw_only=True)
class NetworkController:
    """The network of one applied deployment on one emulator.

    `response_seconds` is how long the edge waits for S3. Tests alone shorten it.
    """

    paths: RehearsalPaths
    emulator: Emulator
    deployment: Manifest
    response_seconds: float = S3_RESPONSE_SECONDS

    def connect(self) -> Network:
        """Bring up what is not, on the ports of before where they are free, and leave the rest as it is."""
        before = read_record(self.paths)
        stop(_strays(self.paths, before), how=signal.SIGKILL)
        ports = self._ports(before)
        record = NetworkRecord(emulator=self.emulator.record(), ports=ports, processes=before.processes)
        region_proxies = {role: self._region_proxy(role, ports) for role in ROLES}
        edge = self._edge(tuple(region_proxies.values()), ports)
        for role, region_proxy in region_proxies.items():
            name = self.region_proxy_name(role)
            record = record.with_process(name, self._caddy(region_proxy, name).running(before.processes.get(name)))
        record = record.with_process(CACHE, self._cache(ports, before.processes.get(CACHE)))
        record = record.with_process(EDGE, self._edge_caddy(edge).running(before.processes.get(EDGE)))
        _addressed(record, edge).write(self.paths)
        return self._connected()

    def load_region_proxy(self, role: Role, faults: RegionProxyFaults) -> None:
        """Have a front run, on its own ports, with these faults."""
        record, name = read_record(self.paths), self.region_proxy_name(role)
        caddy = self._caddy(self._region_proxy(role, record.ports, faults), name)
        record.with_process(name, caddy.running(record.processes.get(name))).write(self.paths)

    def load_edge(self) -> None:
        """Read the distribution anew and give it to the edge. What its cache holds stays, as on AWS."""
        record = read_record(self.paths)
        edge = self._edge(tuple(self._region_proxy(role, record.ports) for role in ROLES), record.ports)
        process = self._edge_caddy(edge).running(record.processes.get(EDGE))
        _addressed(record.with_process(EDGE, process), edge).write(self.paths)

    def suspend_region_proxy(self, role: Role) -> None:
        """Stop a front where it is: it takes connections and says nothing."""
        process = read_record(self.paths).processes[self.region_proxy_name(role)].process()
        if process is not None:
            process.suspend()

    def kill_region_proxy(self, role: Role) -> None:
        """Kill a front, and return when connections to it are refused."""
        record, name = read_record(self.paths), self.region_proxy_name(role)
        stop_daemon(record.processes[name])
        settle(record.ports[f"{name}.{purpose}"] for purpose in _REGION_PROXY_PORTS)

    def region_proxy_name(self, role: Role) -> str:
        """Return the name of a front's process and files."""
        return f"front-{self.deployment.regions[role].region}"

    def _ports(self, before: NetworkRecord) -> Mapping[str, int]:
        purposes = {self.region_proxy_name(role): _REGION_PROXY_PORTS for role in ROLES} | {
            EDGE: _EDGE_PORTS,
            CACHE: ("http",),
        }
        kept: dict[str, int] = {}
        wanted: list[str] = []
        for name, ports in purposes.items():
            names = [f"{name}.{port}" for port in ports]
            identity = before.processes.get(name)
            if identity and identity.process() and all(port in before.ports for port in names):
                kept |= {port: before.ports[port] for port in names}
            else:
                wanted += names
        known = {name: before.ports[name] for name in wanted if name in before.ports}
        return {**kept, **free_ports(wanted, wanted=known)}

    def _region_proxy(
        self, role: Role, ports: Mapping[str, int], faults: RegionProxyFaults | None = None
    ) -> RegionProxy:
        region, name = self.deployment.regions[role], self.region_proxy_name(role)
        return RegionProxy(
            region=region.region,
            gateway_port=self.emulator.port,
            ports=RegionProxyPorts(**{purpose: ports[f"{name}.{purpose}"] for purpose in _REGION_PROXY_PORTS}),
            storage=self.paths.storage,
            api_id=(urlsplit(region.api_url).hostname or "").partition(".")[0],
            buckets=(region.documents_bucket, region.frontend_bucket),
            faults=faults or RegionProxyFaults(),
        )

    def _edge(self, region_proxies: tuple[RegionProxy, ...], ports: Mapping[str, int]) -> Edge:
        return Edge(
            distribution=read_distribution(_control_plane(self.emulator.endpoint), self.deployment.distribution_id),
            region_proxies=region_proxies,
            gateway_port=self.emulator.port,
            cache_port=ports[f"{CACHE}.http"],
            ports=EdgePorts(**{purpose: ports[f"{EDGE}.{purpose}"] for purpose in _EDGE_PORTS}),
            storage=self.paths.storage,
            response_seconds=self.response_seconds,
        )

    def _caddy(self, region_proxy: RegionProxy, name: str) -> Caddy:
        return Caddy(
            paths=self.paths,
            name=name,
            config=region_proxy.config(),
            admin_port=region_proxy.ports.admin,
            tls_port=region_proxy.ports.tls,
            plain_ports=(region_proxy.ports.http,),
            tls_names=region_proxy.tls_names,
        )

    def _edge_caddy(self, edge: Edge) -> Caddy:
        return Caddy(
            paths=self.paths,
            name=EDGE,
            config=edge.config(),
            admin_port=edge.ports.admin,
            tls_port=edge.ports.tls,
            plain_ports=(edge.ports.http, edge.ports.router, edge.ports.origin),
            tls_names=edge.distribution.hosts,
        )

    def _cache(self, ports: Mapping[str, int], known: ProcessIdentity | None) -> ProcessIdentity:
        port, origin_port = ports[f"{CACHE}.http"], ports[f"{EDGE}.origin"]
        ready = partial(_answers, port)
        if known is not None and resume(known) is not None and ready():
            return known
        if known is not None:
            stop_daemon(known)
            settle((port,))
        command = (sys.executable, "-P", "-m", CACHE_MODULE, str(port), str(origin_port))
        return start_daemon(self.paths, Daemon(name=CACHE, command=command, ready=ready))

    def _connected(self) -> Network:
        network = read_network(self.paths)
        if network is None:
            raise StandbyError("The emulator ended while the network was started.")
        return network


def _addressed(record: NetworkRecord, edge: Edge) -> NetworkRecord:
    hosts = {name: region_proxy.ports.tls for region_proxy in edge.region_proxies for name in region_proxy.tls_names}
    return NetworkRecord(
        emulator=record.emulator,
        ports=record.ports,
        processes=record.processes,
        router=f"http://{HOST}:{edge.ports.router}",
        region_proxies={
            region_proxy.region: f"http://{HOST}:{region_proxy.ports.http}" for region_proxy in edge.region_proxies
        },
        hosts={**hosts, **dict.fromkeys(edge.distribution.hosts, edge.ports.tls)},
    )


def _strays(paths: RehearsalPaths, record: NetworkRecord) -> tuple[psutil.Process, ...]:
    # A command that was killed between starting a process and writing it down leaves one that nobody knows.
    known = {identity.pid for identity in record.processes.values()}
    return tuple(process for process in ours(paths.directory) if process.pid not in known and _is_daemon(process))


def _is_daemon(process: psutil.Process) -> bool:
    with suppress(psutil.Error):
        command = process.cmdline()
        return CACHE_MODULE in command or Path(command[0]).name == "caddy"
    return False


@cache
def _control_plane(endpoint: str) -> "CloudFrontClient":
    return EmulatorSession(region=CONTROL_REGION, endpoint=endpoint).client("cloudfront")


def _answers(port: int) -> bool:
    try:
        response = urllib3.request("GET", f"http://{HOST}:{port}{READY_PATH}", timeout=ANSWER_SECONDS, retries=False)
    except urllib3.exceptions.HTTPError:
        return False
    return response.status == HTTPStatus.OK

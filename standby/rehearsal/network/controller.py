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
from standby.rehearsal.files.paths import Layout
from standby.rehearsal.network.caddy import Caddy
from standby.rehearsal.network.distribution import read_distribution
from standby.rehearsal.network.edge_config import Edge, EdgePorts
from standby.rehearsal.network.network import Network, read_network
from standby.rehearsal.network.network_record import NetworkRecord, read_record
from standby.rehearsal.network.origin_config import S3_RESPONSE_SECONDS
from standby.rehearsal.network.region_proxy import Front, FrontFaults, FrontPorts
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
_FRONT_PORTS: Final = ("http", "tls", "admin")
_EDGE_PORTS: Final = ("tls", "http", "router", "origin", "admin")


@dataclass(frozen=True, kw_only=True)
class Connecting:
    """The network of one applied deployment on one emulator.

    `response_seconds` is how long the edge waits for S3. Tests alone shorten it.
    """

    layout: Layout
    emulator: Emulator
    deployment: Manifest
    response_seconds: float = S3_RESPONSE_SECONDS

    def connect(self) -> Network:
        """Bring up what is not, on the ports of before where they are free, and leave the rest as it is."""
        before = read_record(self.layout)
        stop(_strays(self.layout, before), how=signal.SIGKILL)
        ports = self._ports(before)
        record = NetworkRecord(emulator=self.emulator.record(), ports=ports, processes=before.processes)
        fronts = {role: self._front(role, ports) for role in ROLES}
        edge = self._edge(tuple(fronts.values()), ports)
        for role, front in fronts.items():
            name = self.front_name(role)
            record = record.with_process(name, self._caddy(front, name).running(before.processes.get(name)))
        record = record.with_process(CACHE, self._cache(ports, before.processes.get(CACHE)))
        record = record.with_process(EDGE, self._edge_caddy(edge).running(before.processes.get(EDGE)))
        _addressed(record, edge).write(self.layout)
        return self._connected()

    def load_front(self, role: Role, faults: FrontFaults) -> None:
        """Have a front run, on its own ports, with these faults."""
        record, name = read_record(self.layout), self.front_name(role)
        caddy = self._caddy(self._front(role, record.ports, faults), name)
        record.with_process(name, caddy.running(record.processes.get(name))).write(self.layout)

    def load_edge(self) -> None:
        """Read the distribution anew and give it to the edge. What its cache holds stays, as on AWS."""
        record = read_record(self.layout)
        edge = self._edge(tuple(self._front(role, record.ports) for role in ROLES), record.ports)
        process = self._edge_caddy(edge).running(record.processes.get(EDGE))
        _addressed(record.with_process(EDGE, process), edge).write(self.layout)

    def suspend_front(self, role: Role) -> None:
        """Stop a front where it is: it takes connections and says nothing."""
        process = read_record(self.layout).processes[self.front_name(role)].process()
        if process is not None:
            process.suspend()

    def kill_front(self, role: Role) -> None:
        """Kill a front, and return when connections to it are refused."""
        record, name = read_record(self.layout), self.front_name(role)
        stop_daemon(record.processes[name])
        settle(record.ports[f"{name}.{purpose}"] for purpose in _FRONT_PORTS)

    def front_name(self, role: Role) -> str:
        """Return the name of a front's process and files."""
        return f"front-{self.deployment.regions[role].region}"

    def _ports(self, before: NetworkRecord) -> Mapping[str, int]:
        purposes = {self.front_name(role): _FRONT_PORTS for role in ROLES} | {EDGE: _EDGE_PORTS, CACHE: ("http",)}
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

    def _front(self, role: Role, ports: Mapping[str, int], faults: FrontFaults | None = None) -> Front:
        region, name = self.deployment.regions[role], self.front_name(role)
        return Front(
            region=region.region,
            gateway_port=self.emulator.port,
            ports=FrontPorts(**{purpose: ports[f"{name}.{purpose}"] for purpose in _FRONT_PORTS}),
            storage=self.layout.storage,
            api_id=(urlsplit(region.api_url).hostname or "").partition(".")[0],
            buckets=(region.documents_bucket, region.frontend_bucket),
            faults=faults or FrontFaults(),
        )

    def _edge(self, fronts: tuple[Front, ...], ports: Mapping[str, int]) -> Edge:
        return Edge(
            distribution=read_distribution(_control_plane(self.emulator.endpoint), self.deployment.distribution_id),
            fronts=fronts,
            gateway_port=self.emulator.port,
            cache_port=ports[f"{CACHE}.http"],
            ports=EdgePorts(**{purpose: ports[f"{EDGE}.{purpose}"] for purpose in _EDGE_PORTS}),
            storage=self.layout.storage,
            response_seconds=self.response_seconds,
        )

    def _caddy(self, front: Front, name: str) -> Caddy:
        return Caddy(
            layout=self.layout,
            name=name,
            config=front.config(),
            admin_port=front.ports.admin,
            tls_port=front.ports.tls,
            plain_ports=(front.ports.http,),
            tls_names=front.tls_names,
        )

    def _edge_caddy(self, edge: Edge) -> Caddy:
        return Caddy(
            layout=self.layout,
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
        return start_daemon(self.layout, Daemon(name=CACHE, command=command, ready=ready))

    def _connected(self) -> Network:
        network = read_network(self.layout)
        if network is None:
            raise StandbyError("The emulator ended while the network was started.")
        return network


def _addressed(record: NetworkRecord, edge: Edge) -> NetworkRecord:
    hosts = {name: front.ports.tls for front in edge.fronts for name in front.tls_names}
    return NetworkRecord(
        emulator=record.emulator,
        ports=record.ports,
        processes=record.processes,
        router=f"http://{HOST}:{edge.ports.router}",
        fronts={front.region: f"http://{HOST}:{front.ports.http}" for front in edge.fronts},
        hosts={**hosts, **dict.fromkeys(edge.distribution.hosts, edge.ports.tls)},
    )


def _strays(layout: Layout, record: NetworkRecord) -> tuple[psutil.Process, ...]:
    # A command that was killed between starting a process and writing it down leaves one that nobody knows.
    known = {identity.pid for identity in record.processes.values()}
    return tuple(process for process in ours(layout.directory) if process.pid not in known and _is_daemon(process))


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

"""Start the region proxies, the edge and its cache, find them again, and repair them."""

import signal
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import psutil

from standby.deployment.manifest import ROLES, Manifest, Role
from standby.deployment.sessions import EmulatorSession
from standby.errors import StandbyError
from standby.rehearsal.dns.process import DNS, DnsProcess, addresses
from standby.rehearsal.dns.process import MODULE as DNS_MODULE
from standby.rehearsal.edge_cache.server import READY_PATH
from standby.rehearsal.emulator.emulator import Emulator
from standby.rehearsal.files.paths import RehearsalPaths
from standby.rehearsal.identity.access import Access
from standby.rehearsal.identity.provider import PROGRAM, PROVIDER, IdentityProvider
from standby.rehearsal.network.caddy import PORTS_HINT, Caddy
from standby.rehearsal.network.distribution import read_distribution
from standby.rehearsal.network.edge_config import S3_RESPONSE_SECONDS, Edge, EdgePorts
from standby.rehearsal.network.identity_front import IdentityFront, IdentityFrontPorts
from standby.rehearsal.network.network import Network, NetworkRecord, read_network, read_network_record
from standby.rehearsal.network.region_proxy import RegionProxy, RegionProxyFaults, RegionProxyPorts
from standby.rehearsal.processes.daemon import Daemon, responds, resume_daemon, start_daemon, stop_daemon
from standby.rehearsal.processes.ports import HOST, free_ports, wait_until_free
from standby.rehearsal.processes.process import ProcessIdentity, find_processes, stop

if TYPE_CHECKING:
    from mypy_boto3_cloudfront import CloudFrontClient

EDGE: Final = "edge"
EDGE_CACHE: Final = "edge-cache"
IDENTITY_FRONT: Final = "identity-front"
EDGE_CACHE_MODULE: Final = "standby.rehearsal.edge_cache.server"
CLOUDFRONT_CONTROL_REGION: Final = "us-east-1"
"""The region of CloudFront's control plane. Source: docs.aws.amazon.com, AWS Fault Isolation Boundaries, appendix B."""

RESPONSE_SECONDS: Final = 2.0


@dataclass(frozen=True, kw_only=True)
class NetworkController:
    """The network of one applied deployment on one emulator.

    `access`: the settings of sign-in; None if the rehearsal is open. `response_seconds` is how long the edge waits for
    S3. Only tests shorten it.
    """

    paths: RehearsalPaths
    emulator: Emulator
    deployment: Manifest
    access: Access | None = None
    response_seconds: float = S3_RESPONSE_SECONDS

    def connect(self) -> Network:
        """Start the processes that do not run, on their earlier ports if these are free. Faults are removed."""
        before = read_network_record(self.paths)
        stop(_unrecorded_daemons(self.paths, before), with_signal=signal.SIGKILL)
        ports = self._ports(before)
        record = NetworkRecord(emulator=self.emulator, ports=ports, processes=before.processes)
        region_proxies = {role: self._region_proxy(role, ports) for role in ROLES}
        edge = self._edge(tuple(region_proxies.values()), ports)
        for role, region_proxy in region_proxies.items():
            record = self._run_region_proxy(role, region_proxy, record)
        record = record.with_process(EDGE_CACHE, self._ensure_cache_runs(ports, before.processes.get(EDGE_CACHE)))
        self._run_edge(edge, self._run_identity_provider(record))
        self._run_dns(read_network_record(self.paths), region_proxies)
        network = read_network(self.paths)
        if network is None:
            raise StandbyError("The emulator ended while the network was started.")
        return network

    def load_region_proxy(self, role: Role, faults: RegionProxyFaults) -> None:
        """Start the region proxy if it does not run, on its own ports, and set exactly these faults."""
        record = read_network_record(self.paths)
        region_proxy = self._region_proxy(role, record.ports, faults)
        self._run_region_proxy(role, region_proxy, record).write(self.paths)

    def load_edge(self) -> None:
        """Read the distribution again and configure the edge with it. The edge keeps its cache, as on AWS."""
        record = read_network_record(self.paths)
        region_proxies = tuple(self._region_proxy(role, record.ports) for role in ROLES)
        self._run_edge(self._edge(region_proxies, record.ports), record)

    def suspend_region_proxy(self, role: Role) -> None:
        """Suspend the region proxy: it accepts connections and does not respond."""
        process = read_network_record(self.paths).processes[self.region_proxy_name(role)].process()
        if process is not None:
            process.suspend()

    def kill_region_proxy(self, role: Role) -> None:
        """Kill the region proxy, and return when connections to it are refused."""
        record, name = read_network_record(self.paths), self.region_proxy_name(role)
        stop_daemon(record.processes[name])
        wait_until_free(record.ports[f"{name}.{purpose}"] for purpose in RegionProxyPorts._fields)

    def load_identity_front(self) -> None:
        """Start the front of the identity provider if it does not run, on its own ports."""
        self._run_identity_provider(read_network_record(self.paths)).write(self.paths)

    def kill_identity_front(self) -> None:
        """Kill the front of the identity provider: connections are refused, and the provider keeps its sign-ins."""
        record = read_network_record(self.paths)
        if identity := record.processes.get(IDENTITY_FRONT):
            stop_daemon(identity)
            wait_until_free(record.ports[f"{IDENTITY_FRONT}.{purpose}"] for purpose in IdentityFrontPorts._fields)

    def region_proxy_name(self, role: Role) -> str:
        """Return the name of the process and of the files of a region proxy."""
        return f"region-proxy-{self.deployment.regions[role].region}"

    def _ports(self, before: NetworkRecord) -> Mapping[str, int]:
        purposes = {
            **{self.region_proxy_name(role): RegionProxyPorts._fields for role in ROLES},
            EDGE: EdgePorts._fields,
            EDGE_CACHE: ("http",),
            **({DNS: ("dns",)} if self.deployment.dns else {}),
            **({PROVIDER: ("http",), IDENTITY_FRONT: IdentityFrontPorts._fields} if self.access else {}),
        }
        in_use: dict[str, int] = {}
        needed: list[str] = []
        for name, ports in purposes.items():
            names = [f"{name}.{port}" for port in ports]
            identity = before.processes.get(name)
            if identity and identity.process() and all(port in before.ports for port in names):
                in_use |= {port: before.ports[port] for port in names}
            else:
                needed += names
        preferred = {name: before.ports[name] for name in needed if name in before.ports}
        return {**in_use, **free_ports(needed, preferred=preferred)}

    def _region_proxy(
        self, role: Role, ports: Mapping[str, int], faults: RegionProxyFaults | None = None
    ) -> RegionProxy:
        region, name = self.deployment.regions[role], self.region_proxy_name(role)
        return RegionProxy(
            region=region.region,
            emulator_port=self.emulator.port,
            ports=RegionProxyPorts(**{purpose: ports[f"{name}.{purpose}"] for purpose in RegionProxyPorts._fields}),
            storage=self.paths.caddy_storage,
            api_id=(urlsplit(region.api_url).hostname or "").partition(".")[0],
            buckets=(region.documents_bucket, region.frontend_bucket),
            faults=faults or RegionProxyFaults(),
            api_name=self.deployment.dns.name if self.deployment.dns else "",
        )

    def _edge(self, region_proxies: tuple[RegionProxy, ...], ports: Mapping[str, int]) -> Edge:
        return Edge(
            distribution=read_distribution(_cloudfront(self.emulator.endpoint), self.deployment.site.distribution_id),
            region_proxies=region_proxies,
            emulator_port=self.emulator.port,
            cache_port=ports[f"{EDGE_CACHE}.http"],
            ports=EdgePorts(**{purpose: ports[f"{EDGE}.{purpose}"] for purpose in EdgePorts._fields}),
            storage=self.paths.caddy_storage,
            response_seconds=self.response_seconds,
        )

    def _run_region_proxy(self, role: Role, region_proxy: RegionProxy, record: NetworkRecord) -> NetworkRecord:
        name = self.region_proxy_name(role)
        caddy = self._caddy(name, region_proxy, region_proxy.certified_hosts)
        return record.with_process(name, caddy.ensure_running(record.processes.get(name)))

    def _run_edge(self, edge: Edge, record: NetworkRecord) -> None:
        caddy = self._caddy(EDGE, edge, edge.distribution.hosts)
        process = caddy.ensure_running(record.processes.get(EDGE))
        front = self._identity_front(record.ports) if self.access else None
        _with_endpoints(record.with_process(EDGE, process), edge, front).write(self.paths)

    def _run_dns(self, record: NetworkRecord, region_proxies: Mapping[Role, RegionProxy]) -> None:
        """Start the DNS server and the health checkers, or stop them if the API has no name."""
        known = record.processes.get(DNS)
        if self.deployment.dns is None:
            if known is not None:
                stop_daemon(known)
                others = {name: one for name, one in record.processes.items() if name != DNS}
                record.model_copy(update={"processes": others}).write(self.paths)
            return
        by_region = {proxy.region: proxy.ports.tls for proxy in region_proxies.values()}
        ports = {address: by_region[region] for region, address in addresses(self.deployment).items()}
        port = record.ports[f"{DNS}.dns"]
        server = DnsProcess(
            paths=self.paths,
            emulator=self.emulator,
            deployment=self.deployment,
            port=port,
            hosts=record.hosts,
        )
        update = {"api_name": self.deployment.dns.name, "dns_port": port, "addresses": ports}
        record.with_process(DNS, server.ensure_running(known)).model_copy(update=update).write(self.paths)

    def _run_identity_provider(self, record: NetworkRecord) -> NetworkRecord:
        """Start the identity provider and its front, or stop them if the rehearsal is open."""
        if self.access is None:
            running = (record.processes.get(name) for name in (PROVIDER, IDENTITY_FRONT))
            for identity in filter(None, running):
                stop_daemon(identity)
            others = {name: one for name, one in record.processes.items() if name not in {PROVIDER, IDENTITY_FRONT}}
            return record.model_copy(update={"processes": others})
        port = record.ports[f"{PROVIDER}.http"]
        provider = IdentityProvider(paths=self.paths, access=self.access, site=self.deployment.site.url, port=port)
        record = record.with_process(PROVIDER, provider.ensure_running(record.processes.get(PROVIDER)))
        front = self._identity_front(record.ports)
        caddy = self._caddy(IDENTITY_FRONT, front, front.tls_hosts)
        return record.with_process(IDENTITY_FRONT, caddy.ensure_running(record.processes.get(IDENTITY_FRONT)))

    def _identity_front(self, ports: Mapping[str, int]) -> IdentityFront:
        return IdentityFront(
            provider_port=ports[f"{PROVIDER}.http"],
            ports=IdentityFrontPorts(
                **{purpose: ports[f"{IDENTITY_FRONT}.{purpose}"] for purpose in IdentityFrontPorts._fields}
            ),
            storage=self.paths.caddy_storage,
        )

    def _caddy(self, name: str, served: RegionProxy | Edge | IdentityFront, tls_hosts: tuple[str, ...]) -> Caddy:
        ports = served.ports
        return Caddy(
            paths=self.paths,
            name=name,
            config=served.config(),
            admin_port=ports.admin,
            tls_port=ports.tls,
            plain_ports=tuple(port for port in ports if port not in {ports.admin, ports.tls}),
            tls_hosts=tls_hosts,
        )

    def _ensure_cache_runs(self, ports: Mapping[str, int], known: ProcessIdentity | None) -> ProcessIdentity:
        port, origin_port = ports[f"{EDGE_CACHE}.http"], ports[f"{EDGE}.origin"]
        ready = partial(responds, f"http://{HOST}:{port}{READY_PATH}", seconds=RESPONSE_SECONDS)
        if known is not None and resume_daemon(known) is not None and ready():
            return known
        if known is not None:
            stop_daemon(known)
            wait_until_free((port,))
        command = (sys.executable, "-P", "-m", EDGE_CACHE_MODULE, str(port), str(origin_port))
        log = self.paths.network / f"{EDGE_CACHE}.log"
        return start_daemon(self.paths, Daemon(name=EDGE_CACHE, command=command, log=log, ready=ready), hint=PORTS_HINT)


def _with_endpoints(record: NetworkRecord, edge: Edge, front: IdentityFront | None) -> NetworkRecord:
    region_proxies = {
        region_proxy.region: f"http://{HOST}:{region_proxy.ports.http}" for region_proxy in edge.region_proxies
    }
    tls_ports = {
        host: region_proxy.ports.tls for region_proxy in edge.region_proxies for host in region_proxy.tls_hosts
    }
    if front is not None:
        tls_ports |= dict.fromkeys(front.tls_hosts, front.ports.tls)
    return record.model_copy(
        update={
            "router": f"http://{HOST}:{edge.ports.router}",
            "region_proxies": region_proxies,
            "hosts": {**tls_ports, **dict.fromkeys(edge.distribution.hosts, edge.ports.tls)},
        }
    )


def _unrecorded_daemons(paths: RehearsalPaths, record: NetworkRecord) -> tuple[psutil.Process, ...]:
    # A command that is killed between starting a process and writing the record leaves a process without a record.
    known = {identity.pid for identity in record.processes.values()}
    found = find_processes(paths.directory)
    return tuple(process for process in found if process.pid not in known and _is_daemon(process))


def _is_daemon(process: psutil.Process) -> bool:
    with suppress(psutil.Error):
        command = process.cmdline()
        return not {EDGE_CACHE_MODULE, DNS_MODULE, str(PROGRAM)}.isdisjoint(command) or Path(command[0]).name == "caddy"
    return False


@cache
def _cloudfront(endpoint: str) -> "CloudFrontClient":
    return EmulatorSession(region=CLOUDFRONT_CONTROL_REGION, endpoint=endpoint).client("cloudfront")

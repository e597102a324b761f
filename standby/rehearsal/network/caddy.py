"""One Caddy process: start it, find it again, and change its configuration while it runs."""

import json
import socket
import ssl
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPResponse
from pathlib import Path
from typing import Final

import urllib3

from standby.deadline import Deadline, poll
from standby.errors import StandbyError
from standby.rehearsal.files.json_files import write_json
from standby.rehearsal.files.paths import RehearsalPaths
from standby.rehearsal.network.caddy_config import IDLE_PATH, Json
from standby.rehearsal.processes.daemon import (
    POLL_SECONDS,
    READY_SECONDS,
    Daemon,
    resume_daemon,
    start_daemon,
    stop_daemon,
)
from standby.rehearsal.processes.ports import HOST, wait_until_free
from standby.rehearsal.processes.process import ProcessIdentity
from standby.rehearsal.processes.programs import find_caddy

ADMIN_SECONDS: Final = 5.0
DRAIN_SECONDS: Final = 5.0
PORTS_HINT: Final = "`standby rehearse up` uses other ports if these are in use."
_READ_BYTES: Final = 4096


@dataclass(frozen=True, kw_only=True)
class Caddy:
    """A Caddy: its name, its complete configuration, its ports, and the host names that it serves with TLS."""

    paths: RehearsalPaths
    name: str
    config: Json
    admin_port: int
    tls_port: int
    plain_ports: tuple[int, ...]
    tls_hosts: tuple[str, ...]

    def ensure_running(self, known: ProcessIdentity | None) -> ProcessIdentity:
        """Start Caddy, or load the configuration into the `known` process if that responds. Returns the process.

        A suspended process is resumed.
        """
        current = self._current_config() if known is not None and resume_daemon(known) is not None else None
        if known is not None and current is not None:
            if current != self.config:
                self._load()
            return known
        if known is not None:
            stop_daemon(known)
            wait_until_free((self.admin_port, self.tls_port, *self.plain_ports))
        write_json(self._config_path, self.config)
        command = (find_caddy(), "run", "--config", str(self._config_path))
        log = self.paths.network / f"{self.name}.log"
        daemon = Daemon(name=self.name, command=command, log=log, ready=self._is_ready)
        return start_daemon(self.paths, daemon, hint=PORTS_HINT)

    @property
    def _config_path(self) -> Path:
        return self.paths.network / f"{self.name}.json"

    def _current_config(self) -> Json | None:
        # Read from Caddy itself, because a command may have been killed between writing the file and loading it.
        try:
            response = _call_admin(self.admin_port, "GET", "/config/")
        except urllib3.exceptions.HTTPError:
            return None
        found = json.loads(response.data) if response.status == HTTPStatus.OK else None
        return found if isinstance(found, dict) else None

    def _load(self) -> None:
        served = next(filter(self._serves, self.tls_hosts), "")
        with drained(
            self.plain_ports, tls_port=self.tls_port, tls_host=served, ca_certificate=self.paths.ca_certificate
        ):
            self._post_config()
        if not poll(self._is_ready, seconds=READY_SECONDS, pause=POLL_SECONDS):
            raise StandbyError(f"The {self.name} does not serve all of its host names.")
        write_json(self._config_path, self.config)

    def _post_config(self) -> None:
        try:
            response = _call_admin(self.admin_port, "POST", "/load", body=json.dumps(self.config).encode())
        except urllib3.exceptions.HTTPError as error:
            raise StandbyError(f"The {self.name} did not load its configuration: {error}") from error
        if response.status != HTTPStatus.OK:
            raise StandbyError(f"The {self.name} refused its configuration: {response.data.decode(errors='replace')}")

    def _is_ready(self) -> bool:
        return self._current_config() is not None and self._serves(*self.tls_hosts)

    def _serves(self, *hosts: str) -> bool:
        return serves_tls(hosts, port=self.tls_port, ca_certificate=self.paths.ca_certificate)


def serves_tls(hosts: Iterable[str], *, port: int, ca_certificate: Path) -> bool:
    """Return whether the port serves every host name with a certificate of the authority."""
    try:
        context = ssl.create_default_context(cafile=ca_certificate)
        for host in hosts:
            with socket.create_connection((HOST, port), timeout=ADMIN_SECONDS) as connection:
                context.wrap_socket(connection, server_hostname=host).close()
    except OSError:  # the base class of ssl's errors
        return False
    return True


@contextmanager
def drained(ports: Iterable[int], *, tls_port: int, tls_host: str, ca_certificate: Path) -> Iterator[None]:
    """Load a configuration in this block; at its end, every idle connection uses the new configuration.

    Caddy serves new connections with the new configuration immediately, but an open one with the old configuration,
    until Caddy closes it a moment later. So this keeps one connection open on every port and waits until Caddy closes
    it. `tls_host` is a host name that is served already, "" if there is none.
    Source: caddyserver.com, "Graceful config reloads"; pkg.go.dev, net/http, "Server.Shutdown".
    """
    with ExitStack() as stack:
        connections = [stack.enter_context(_open_idle_connection(port)) for port in ports]
        if tls_host:
            context = ssl.create_default_context(cafile=ca_certificate)
            connections.append(stack.enter_context(_open_idle_connection(tls_port, context=context, host=tls_host)))
        yield
        deadline = Deadline(DRAIN_SECONDS)
        for connection in connections:
            _wait_until_closed(connection, deadline)


def _open_idle_connection(port: int, *, context: ssl.SSLContext | None = None, host: str = "") -> socket.socket:
    connection = socket.create_connection((HOST, port), timeout=DRAIN_SECONDS)
    if context is not None:
        connection = context.wrap_socket(connection, server_hostname=host)
    # One complete request: Caddy does not count a connection without a request as idle, and would not close it.
    connection.sendall(f"GET {IDLE_PATH} HTTP/1.1\r\nHost: {host or HOST}\r\n\r\n".encode())
    response = HTTPResponse(connection)
    response.begin()
    response.read()
    return connection


def _wait_until_closed(connection: socket.socket, deadline: Deadline) -> None:
    with suppress(OSError):  # a time-out: the connection is in the middle of a response
        while remaining := deadline.remaining:
            connection.settimeout(remaining)
            if not connection.recv(_READ_BYTES):
                return


def _call_admin(port: int, method: str, path: str, *, body: bytes | None = None) -> urllib3.BaseHTTPResponse:
    headers = {"Content-Type": "application/json"} if body else {}
    return urllib3.request(
        method, f"http://{HOST}:{port}{path}", body=body, headers=headers, timeout=ADMIN_SECONDS, retries=False
    )

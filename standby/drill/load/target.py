"""Where the deployment is found by its public host names: in a rehearsal on this machine, or on AWS."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import urllib3

from standby.drill.load.users import API_SECONDS, Asks
from standby.errors import RefusedError
from standby.rehearsal.files.paths import RehearsalPaths
from standby.rehearsal.network.network import Client, FormField, read_network
from standby.rehearsal.processes.process import mark_environment


@dataclass(frozen=True, kw_only=True)
class LoadTarget:
    """A rehearsal's project and directory; without a directory, the real AWS."""

    project: str = ""
    directory: str = ""

    def environment(self) -> dict[str, str]:
        """Return this environment, for a program of the drill's own: with the mark of the rehearsal, if it is one."""
        return mark_environment(os.environ, directory=Path(self.directory)) if self.directory else dict(os.environ)

    def client(self) -> Asks:
        """Return a client. Raises `RefusedError` when the rehearsal is not up."""
        if not self.directory:
            return PublicClient()
        network = read_network(RehearsalPaths(project=Path(self.project), directory=Path(self.directory)))
        if network is None:
            raise RefusedError("The rehearsal is not up.", hint="Run `standby rehearse up`.")
        return Client(network)


class PublicClient:
    """A client for host names that the whole world resolves."""

    def __init__(self) -> None:
        self._pool = urllib3.PoolManager(maxsize=16)

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        fields: Mapping[str, FormField] | None = None,
        timeout: float = API_SECONDS,
        cold: bool = False,  # noqa: ARG002 - nobody can be at an edge location that has never seen the page
    ) -> urllib3.BaseHTTPResponse:
        """Send one request, without retries. Raises urllib3's `HTTPError`."""
        if fields is not None:
            return self._pool.request(method, url, headers=headers, fields=fields, timeout=timeout, retries=False)
        return self._pool.request(method, url, headers=headers, body=body, timeout=timeout, retries=False)

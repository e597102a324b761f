"""The connection to a rehearsal on this machine: through the proxy of each region, by AWS host names."""

import json
from collections.abc import Mapping
from pathlib import Path

from standby.deployment.clients import Clients
from standby.deployment.http_client import HTTP_SECONDS, HttpResponse, request_with_deadline
from standby.deployment.sessions import EmulatorSession
from standby.errors import RefusedError
from standby.rehearsal.files.json_files import read_json
from standby.rehearsal.files.paths import RehearsalPaths
from standby.rehearsal.network.network import Client, Network, read_network


class RehearsalConnection:
    """The connection to the deployment in a rehearsal."""

    rehearsed = True

    def __init__(self, *, name: str, regions: tuple[str, ...], network: Network, directory: Path) -> None:
        self.name, self.regions = name, regions
        self.where = f"REHEARSAL in {directory}"
        self.clients = Clients(
            lambda region: EmulatorSession(region=region, endpoint=network.emulator_url),
            endpoints=network.region_proxies,
            elsewhere=network.emulator_url,
        )
        self._http = Client(network)

    def request(
        self, method: str, url: str, *, body: bytes | None = None, seconds: float = HTTP_SECONDS
    ) -> HttpResponse:
        """Send one request; one to the site bypasses the edge cache. Raises `NoAnswerError`."""
        headers = {"Content-Type": "application/json"} if body is not None else {}

        def send() -> HttpResponse:
            response = self._http.request(method, url, headers=headers, body=body, timeout=seconds, cold=True)
            return HttpResponse(status=response.status, body=response.data)

        return request_with_deadline(send, seconds=seconds)


def find_rehearsal_connection(directory: Path, *, name: str | None) -> RehearsalConnection | None:
    """Return the connection to the rehearsal in this directory, None if it is not up."""
    paths = RehearsalPaths(project=directory.parent, directory=directory.resolve())
    network = read_network(paths)
    outputs = read_json(paths.applied_record).get("outputs")
    if network is None or not isinstance(outputs, Mapping):
        return None
    manifest = json.loads(outputs["manifest"])
    regions = tuple(region["region"] for region in manifest["regions"].values())
    return RehearsalConnection(name=name or manifest["name"], regions=regions, network=network, directory=directory)


def open_rehearsal_connection(directory: Path) -> RehearsalConnection:
    """Return the connection to the rehearsal in this directory. Raises `RefusedError` when it is not up."""
    connection = find_rehearsal_connection(directory, name=None)
    if connection is None:
        raise RefusedError(f"No rehearsal is up in {directory}.", hint="Run `standby rehearse up`.")
    return connection

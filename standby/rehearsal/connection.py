"""The connection to a rehearsal on this machine: through the proxy of each region, by AWS host names."""

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from standby.deployment.clients import Clients
from standby.deployment.concurrency import NoAnswerError
from standby.deployment.dns.lookup import Lookup
from standby.deployment.http_client import HTTP_SECONDS, HttpResponse, request_headers, request_with_deadline
from standby.deployment.manifest import Manifest, parse_manifest
from standby.deployment.sessions import ROOT_CREDENTIALS, EmulatorCredentials, EmulatorSession
from standby.errors import NoDeploymentError
from standby.named_commands import path_from
from standby.rehearsal.emulator.emulator import EmulatorRecord
from standby.rehearsal.files.json_files import read_json, read_record
from standby.rehearsal.files.paths import DIRECTORY_NAME, RehearsalPaths
from standby.rehearsal.network.network import Client, Network, read_network
from standby.rehearsal.processes.process import find_processes
from standby.stack.synthesis import SynthesizedStack, find_stack

NOT_UP: Final = "it is not up"


class RehearsalConnection:
    """The connection to the deployment in a rehearsal."""

    rehearsed = True
    allowed_accounts: tuple[str, ...] = ()  # the emulator's account is nobody's

    def __init__(self, *, name: str, regions: tuple[str, ...], network: Network, directory: Path) -> None:
        self.name, self.regions = name, regions
        self.where = f"REHEARSAL in {path_from(Path.cwd(), directory)}"
        self.paths = RehearsalPaths(project=directory.parent, directory=directory.resolve())
        self.clients = _clients(network, ROOT_CREDENTIALS)
        self._network = network
        self._http = Client(network)

    def applied_stack(self) -> SynthesizedStack:
        """Return the stack that the rehearsal has applied."""
        return find_stack(self.paths.synthesized)

    def look_up(self, name: str) -> Lookup:
        """Look the API's name up with the rehearsal's DNS server. Raises `NoAnswerError` without an answer."""
        api_name = self._network.api_name
        found = api_name.resolve() if api_name is not None and api_name.name == name else None
        if found is None:
            raise NoAnswerError(f"DNS has no answer for {name}")
        return found

    def clients_of(self, credentials: EmulatorCredentials) -> Clients:
        """Return clients with other credentials than the root user's."""
        return _clients(self._network, credentials)

    def request(
        self, method: str, url: str, *, body: bytes | None = None, seconds: float = HTTP_SECONDS, token: str = ""
    ) -> HttpResponse:
        """Send one request; one to the site bypasses the edge cache. Raises `NoAnswerError`."""
        headers = request_headers(body=body, token=token)

        def send() -> HttpResponse:
            response = self._http.request(method, url, headers=headers, body=body, timeout=seconds, cold=True)
            return HttpResponse(status=response.status, body=response.data)

        return request_with_deadline(send, seconds=seconds)


def _clients(network: Network, credentials: EmulatorCredentials) -> Clients:
    return Clients(
        lambda region: EmulatorSession(region=region, endpoint=network.emulator_url, credentials=credentials),
        endpoints=network.region_proxies,
        elsewhere=network.emulator_url,
    )


def open_rehearsal_connection(directory: Path, *, name: str | None = None) -> RehearsalConnection:
    """Return the connection to the rehearsal in this directory.

    `name` is the deployment's, by default the one in the manifest. Raises `NoDeploymentError`, with the reason and
    the next commands, when the rehearsal cannot be used.
    """
    paths = RehearsalPaths(project=directory.parent, directory=directory.resolve())
    network, manifest = _read_usable(paths)
    if network is None or manifest is None:
        raise NoDeploymentError(
            f"The rehearsal in {path_from(Path.cwd(), directory)} cannot be used: {describe_state(paths)}.",
            hint=_next_commands(directory),
        )
    regions = tuple(region.region for region in manifest.regions.values())
    return RehearsalConnection(name=name or manifest.name, regions=regions, network=network, directory=directory)


def rehearsals_up(project: Path) -> tuple[tuple[Path, str], ...]:
    """Return each rehearsal beside the default one that is up and can be used: its directory, and its deployment.

    They are looked for in the directories of the project that begin as the default one does. Their emulator's process
    runs; no request is sent.
    """
    directories = (one for one in sorted(project.glob(f"{DIRECTORY_NAME}*")) if one.is_dir())
    found = ((one, _read_usable(RehearsalPaths(project=project, directory=one.resolve()))) for one in directories)
    return tuple((one, manifest.name) for one, (_, manifest) in found if manifest is not None)


def _read_usable(paths: RehearsalPaths) -> tuple[Network, Manifest] | tuple[None, None]:
    network, manifest = read_network(paths), _read_manifest(paths)
    if network is None or manifest is None or not network.ca_certificate.is_file():
        return None, None
    return network, manifest


def _read_manifest(paths: RehearsalPaths) -> Manifest | None:
    outputs = read_json(paths.applied_record).get("outputs")
    text = outputs.get("manifest") if isinstance(outputs, Mapping) else None
    return parse_manifest(text) if isinstance(text, str) else None


def deployed_name(paths: RehearsalPaths) -> str | None:
    """Return the name of the rehearsal's deployment, None if no stack is applied."""
    manifest = _read_manifest(paths)
    return manifest.name if manifest is not None else None


def describe_state(paths: RehearsalPaths) -> str:
    """Return why the rehearsal cannot be used, as the end of a sentence."""
    record = read_record(paths.emulator_record, EmulatorRecord)
    if record is None:
        running = find_processes(paths.directory)
        return f"its files are gone, and {len(running)} of its processes still run" if running else NOT_UP
    if not record.is_from(paths.directory):
        done = "moved" if record.moved_from(paths.directory) else "copied"
        return f"it was {done} here from {record.directory}"
    if record.emulator.identity.process() is None:
        return f"its emulator (process {record.emulator.identity.pid}) has ended"
    if _read_manifest(paths) is None:
        return "its stack is not applied"
    return "its region proxies and its edge are not up"


def _next_commands(directory: Path) -> str:
    command = "standby rehearse"
    here = Path.cwd()
    if directory.name != DIRECTORY_NAME or directory.absolute().parent not in (here, *here.parents):
        command = f"{command} --directory {shlex.quote(str(directory))}"
    return f"`{command} up` starts it.\n  `{command} down` removes it."

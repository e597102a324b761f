"""A rehearsal, from nothing to a checked deployment and back. The commands and the end-to-end tests both use this."""

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final

import boto3

from standby.console import NullProgress, Progress
from standby.deployment.manifest import ROLES, Manifest, Role, parse_manifest
from standby.deployment.sessions import EmulatorSession
from standby.errors import RefusedError
from standby.rehearsal.checks.api import Api
from standby.rehearsal.checks.documents import count_objects
from standby.rehearsal.checks.report import Check, Report
from standby.rehearsal.checks.samples import read_samples
from standby.rehearsal.checks.verification import Verification
from standby.rehearsal.deploy.deployer import Deployer
from standby.rehearsal.deploy.terraform_events import Outcome
from standby.rehearsal.deploy.workspace import Applied, Workspace, read_applied
from standby.rehearsal.emulator.emulator import Emulator, running_emulator, stop_emulator
from standby.rehearsal.faults.faults import Fault, Faults
from standby.rehearsal.files.lock import held, network_lock
from standby.rehearsal.files.paths import DIRECTORY_NAME, RehearsalPaths
from standby.rehearsal.network.controller import NetworkController
from standby.rehearsal.network.network import Client, Network, read_network
from standby.rehearsal.processes.process import stop_all
from standby.rehearsal.status import PhaseTimer, Status, local_urls

UP_HINT: Final = "Run `standby rehearse up`."


class Rehearsal:
    """One rehearsal of the project in `project`, kept in `directory` (by default `.rehearsal` in the project).

    `settings` names a settings file in place of the project's own.
    """

    def __init__(
        self,
        *,
        project: Path,
        directory: Path | None = None,
        settings: Path | None = None,
        progress: Progress | None = None,
    ) -> None:
        root = project.resolve()
        self.paths = RehearsalPaths(project=root, directory=(directory or root / DIRECTORY_NAME).resolve())
        self.settings = settings.resolve() if settings else None
        self.progress: Progress = progress or NullProgress()

    def up(self) -> Report:
        """Bring everything up, apply what changed, and check it by using it. Raises `StandbyError` when it cannot.

        What is up already stays as it is: a second run changes nothing and checks again.
        """
        with self._held("up"):
            return self._up()

    def start(self) -> Workspace:
        """Synthesize, start the emulator, and initialize Terraform; apply nothing."""
        with self._held("start"):
            return self._building.start()

    def apply(self) -> Applied:
        """Do what `start` does, and apply what changed."""
        with self._held("apply"):
            return self._apply()[0]

    def connect(self) -> Network:
        """Do what `apply` does, heal what faults are set, and bring up the fronts and the edge."""
        with self._held("connect"):
            self._apply()
            return self._connect()

    def refresh_edge(self) -> None:
        """Have the edge read the distribution anew. Raises `RefusedError` when the rehearsal is not up."""
        _ = self.network
        with network_lock(self.paths):
            self.connecting.load_edge()

    def verify(self) -> tuple[Check, ...]:
        """Check what is applied. Raises `RefusedError` when nothing is."""
        with self._held("verify"):
            return tuple(self._verification().run())

    def destroy(self) -> Outcome:
        """Run `terraform destroy` on what is applied; the emulator stays up.

        Raises `RefusedError` when the emulator is not up.
        """
        with self._held("destroy"):
            self._running()
            return self._building.destroy()

    def down(self, *, destroy: bool = False) -> int:
        """End every process of the rehearsal and remove its files.

        With `destroy`, Terraform destroys the resources first; where it fails, the rest is done all the same, and then
        its error raised. Returns how many processes were ended; nothing is done where nothing is. Raises
        `RefusedError` where the directory is somebody else's.
        """
        if not self.paths.directory.exists() or not any(self.paths.directory.iterdir()):
            return stop_all(self.paths.directory)
        with self._held("down"):
            return self._down(destroy=destroy)

    @property
    def emulator(self) -> Emulator | None:
        """The running emulator, None when it is not up."""
        return running_emulator(self.paths)

    @property
    def endpoint(self) -> str:
        """The emulator's URL. Raises `RefusedError` when it is not up."""
        return self._running().endpoint

    @property
    def outputs(self) -> Mapping[str, str]:
        """The stack's outputs, as Terraform printed them. Raises `RefusedError` when nothing is applied."""
        return self._applied().outputs

    @property
    def deployment(self) -> Manifest:
        """The manifest of what is applied. Raises `RefusedError` when nothing is."""
        return parse_manifest(self.outputs.get("manifest", ""))

    @property
    def network(self) -> Network:
        """The ways into what is applied. Raises `RefusedError` when the fronts and the edge are not up."""
        network = read_network(self.paths)
        if network is None:
            raise RefusedError("The rehearsal is not up.", hint=UP_HINT)
        return network

    @property
    def connecting(self) -> NetworkController:
        """What starts and reloads the fronts and the edge. Raises `RefusedError` when nothing is applied."""
        return NetworkController(paths=self.paths, emulator=self._running(), deployment=self.deployment)

    @property
    def faults(self) -> Faults:
        """The faults that one may set and heal."""
        return Faults(self)

    def session(self, role: Role) -> boto3.Session:
        """Return a boto3 session for the region that plays `role`.

        Its clients talk to the emulator itself, past the front and past every fault.
        """
        return EmulatorSession(region=self.deployment.regions[role].region, endpoint=self.endpoint)

    def api(self, role: Role) -> Api:
        """Return the API of the region that plays `role`, as it is reached through the region's front."""
        return Api(url=self.deployment.regions[role].api_url, client=Client(self.network))

    def urls(self) -> dict[str, str]:
        """Return the URLs that a user may open or call on this machine."""
        return local_urls(self.deployment, self.network)

    def status(self) -> Status:
        """Return what is up. Nothing being up is an answer, not an error."""
        emulator = self.emulator
        applied = read_applied(self.paths, emulator=emulator) if emulator else None
        if emulator is None or applied is None:
            return Status(endpoint=emulator.endpoint if emulator else None)
        documents = {role: count_objects(self.session(role), self.deployment.regions[role]) for role in ROLES}
        return Status(
            endpoint=emulator.endpoint,
            resources=applied.resources,
            documents=documents,
            urls=self.urls() if read_network(self.paths) else {},
            faults=self.faults.active(),
        )

    def _up(self) -> Report:
        clock = PhaseTimer()
        applied, outcome = self._apply(clock)
        clock.lap("apply")
        self._connect()
        clock.lap("network")
        checks = tuple(self._verification().run())
        clock.lap("checks")
        outcome = outcome or Outcome(outputs={})
        changes = {"added": outcome.added, "changed": outcome.changed, "removed": outcome.removed}
        return Report(
            checks=checks,
            endpoint=self.endpoint,
            urls=self.urls(),
            resources=applied.resources,
            changes=changes,
            seconds=clock.seconds,
        )

    @property
    def _building(self) -> Deployer:
        return Deployer(paths=self.paths, settings=self.settings, progress=self.progress)

    def _apply(self, clock: PhaseTimer | None = None) -> tuple[Applied, Outcome | None]:
        emulator = self.emulator
        if emulator is not None and read_applied(self.paths, emulator=emulator) is not None:
            self._say_healed(self.faults.undo_rules())
        return self._building.apply(self._building.start(clock))

    def _connect(self) -> Network:
        # Not `heal`, which brings a front back where it was: somebody may have taken its port meanwhile.
        self.progress.start("Starting the region_proxies and the edge")
        with network_lock(self.paths):
            network = self.connecting.connect()
        self._say_healed(self.faults.forget())
        return network

    def _say_healed(self, faults: Iterable[Fault]) -> None:
        for fault in faults:
            self.progress.note(f"Healed: {fault}")

    def _down(self, *, destroy: bool) -> int:
        try:
            if destroy and self.emulator is not None:
                self._building.destroy()
        finally:
            self.progress.start("Stopping the emulator")
            ended = stop_emulator(self.paths)
            self.paths.remove()
        return ended

    def _verification(self) -> Verification:
        return Verification(
            deployment=self.deployment,
            client=Client(self.network),
            sessions={role: self.session(role) for role in ROLES},
            samples=read_samples(self.paths.project),
            progress=self.progress,
        )

    def _running(self) -> Emulator:
        emulator = self.emulator
        if emulator is None:
            raise RefusedError("The rehearsal is not up.", hint=UP_HINT)
        return emulator

    def _applied(self) -> Applied:
        applied = read_applied(self.paths, emulator=self._running())
        if applied is None:
            raise RefusedError("The emulator is up, but the stack is not applied to it.", hint=UP_HINT)
        return applied

    def _held(self, command: str) -> AbstractContextManager[None]:
        return held(self.paths, command=f"standby rehearse {command}")

"""A rehearsal, from nothing to a checked deployment and back. The commands and the end-to-end tests use it."""

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path

import boto3

from standby.console import NullProgress, PhaseTimer, Progress
from standby.deployment.manifest import ROLES, Manifest, Role, parse_manifest
from standby.deployment.sessions import EmulatorSession
from standby.errors import NoDeploymentError, RefusedError
from standby.rehearsal.checks.api import Api
from standby.rehearsal.checks.documents import count_objects, read_samples
from standby.rehearsal.checks.sign_in import ASKING_USER, SignIn
from standby.rehearsal.checks.verification import Check, Verification
from standby.rehearsal.deploy.deployer import AppliedStack, Deployer, Workspace, read_applied
from standby.rehearsal.deploy.terraform import Changes, TerraformResult
from standby.rehearsal.emulator.emulator import Emulator, live_emulator, running_emulator, stop_emulator
from standby.rehearsal.faults.faults import Fault, Faults
from standby.rehearsal.files.lock import network_lock, rehearsal_lock
from standby.rehearsal.files.not_up import NotUpError, up_hint
from standby.rehearsal.files.paths import DIRECTORY_NAME, RehearsalPaths, is_broken_link
from standby.rehearsal.identity.access import Access, AccessMode, choose_access, read_access, rehearsed_settings
from standby.rehearsal.identity.provider import PROVIDER, SIGN_IN_HINT, require_package, users
from standby.rehearsal.network.controller import NetworkController
from standby.rehearsal.network.network import (
    Client,
    LocalUrls,
    Network,
    local_urls,
    read_network,
    read_network_record,
    require_network,
)
from standby.rehearsal.processes.process import stop_all
from standby.rehearsal.report import Report, Status


class Rehearsal:
    """One rehearsal of the project in `project`, with its files in `directory` (default: `.rehearsal` in the project).

    `settings` names a settings file that replaces the project's own.
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
        self._named = directory or root / DIRECTORY_NAME
        self.paths = RehearsalPaths(project=root, directory=self._named.resolve())
        self.settings = settings.resolve() if settings else None
        self.progress: Progress = progress or NullProgress()

    def up(self, *, access: AccessMode | None = None) -> Report:
        """Bring everything up, apply the changes, and check the stack by using it. Raises `StandbyError`.

        A second run changes nothing that is up, and checks again. `access` replaces the access mode of the settings
        for this and all later commands.
        """
        with self._lock("up"):
            timer = PhaseTimer()
            self._choose_access(access)
            applied, result = self._apply(timer)
            timer.end_phase("apply")
            self._connect()
            timer.end_phase("network")
            checks = tuple(self._verification().run())
            timer.end_phase("checks")
            return Report(
                checks=checks,
                endpoint=self.endpoint,
                urls=self.urls,
                resources=applied.resources,
                changes=result.changes if result else Changes(),
                seconds=timer.seconds,
            )

    def start(self) -> Workspace:
        """Synthesize the stack, start the emulator, and initialize Terraform, without an apply."""
        with self._lock("start"):
            return self._deployer.start()

    def apply(self) -> AppliedStack:
        """Do the same as `start`, and apply the changes."""
        with self._lock("apply"):
            return self._apply()[0]

    def connect(self, *, access: AccessMode | None = None) -> Network:
        """Do the same as `apply`, heal all faults, and start the region proxies and the edge. `access`: as for `up`."""
        with self._lock("connect"):
            self._choose_access(access)
            self._apply()
            return self._connect()

    def refresh_edge(self) -> None:
        """Let the edge read the distribution again. Raises `RefusedError` when the rehearsal is not up."""
        _ = self.network
        with network_lock(self.paths):
            self.network_controller.load_edge()

    def verify(self) -> tuple[Check, ...]:
        """Check the applied stack. Raises `RefusedError` when none is applied."""
        with self._lock("verify"):
            return tuple(self._verification().run())

    def destroy(self) -> TerraformResult:
        """Run `terraform destroy`. The emulator stays up. Raises `RefusedError` when it is not up."""
        with self._lock("destroy"):
            self._require_emulator()
            return self._deployer.destroy()

    def down(self, *, destroy: bool = False) -> int:
        """Stop every process of the rehearsal and remove its files. Returns the number of processes.

        With `destroy`, Terraform destroys the resources first. If that fails, its error is raised at the
        end. Raises `RefusedError` when the directory contains other files.
        """
        if not self.paths.directory.exists() or not any(self.paths.directory.iterdir()):
            if is_broken_link(self._named):
                self._named.unlink()
            return stop_all(self.paths.directory)
        with self._lock("down"):
            try:
                if destroy and self.emulator is not None:
                    self._deployer.destroy()
            finally:
                self.progress.start("Stopping the emulator, the region proxies and the edge")
                stopped = stop_emulator(self.paths)
                self.paths.remove()
            return stopped

    @property
    def emulator(self) -> Emulator | None:
        """The running emulator, None when it is not up."""
        return running_emulator(self.paths)

    @property
    def endpoint(self) -> str:
        """The URL of the emulator. Raises `RefusedError` when it is not up."""
        return self._require_emulator().endpoint

    @property
    def outputs(self) -> Mapping[str, str]:
        """The outputs of the stack, as text. Raises `RefusedError` when none is applied."""
        applied = read_applied(self.paths, emulator=self._require_emulator())
        if applied is None:
            raise NoDeploymentError(
                f"The emulator of the rehearsal in {self.paths.shown} is up, but the stack is not applied.",
                hint=up_hint(self.paths),
            )
        return applied.outputs

    @property
    def deployment(self) -> Manifest:
        """The manifest of the applied stack. Raises `RefusedError` when none is applied."""
        return parse_manifest(self.outputs.get("manifest", ""))

    @property
    def network(self) -> Network:
        """The endpoints of the rehearsal. Raises `RefusedError` when the region proxies and the edge are not up."""
        return require_network(self.paths)

    @property
    def network_controller(self) -> NetworkController:
        """The controller of the region proxies and the edge. Raises `RefusedError` when no stack is applied."""
        return NetworkController(
            paths=self.paths, emulator=self._require_emulator(), deployment=self.deployment, access=self.access
        )

    @property
    def access(self) -> Access | None:
        """The settings of sign-in, None if the rehearsal is open."""
        return read_access(self.paths, self.settings)

    @property
    def faults(self) -> Faults:
        """The faults of this rehearsal."""
        return Faults(self)

    @property
    def urls(self) -> LocalUrls:
        """The URLs on this machine. Raises `RefusedError` when the region proxies and the edge are not up."""
        return local_urls(self.deployment, self.network)

    def session(self, role: Role) -> boto3.Session:
        """Return a boto3 session for the region of this role. It uses the emulator directly: no fault affects it."""
        return EmulatorSession(region=self.deployment.regions[role].region, endpoint=self.endpoint)

    def api(self, role: Role) -> Api:
        """Return the API of the region of this role, reached through the region proxy, by a user who may ask."""
        url, client = self.deployment.regions[role].api_url, Client(self.network)
        return Api(url=url, client=client, sign_in=self.sign_in() if self.access is not None else None)

    def sign_in(self, user: str = ASKING_USER) -> SignIn:
        """Return a user of the identity provider. Raises `RefusedError` if the rehearsal is open or not up."""
        client, access = Client(self.network), self.access
        if access is None:
            raise RefusedError("This rehearsal is open: its users do not sign in.", hint=SIGN_IN_HINT)
        return SignIn(client=client, access=access, site=self.deployment.site.url, user=user)

    @property
    def provider_port(self) -> int:
        """The port at which `change_provider` reaches the identity provider. Raises `RefusedError` without one."""
        _ = self.network
        port = read_network_record(self.paths).ports.get(f"{PROVIDER}.http")
        if port is None or self.access is None:
            raise RefusedError("This rehearsal is open: it has no identity provider.", hint=SIGN_IN_HINT)
        return port

    def status(self) -> Status:
        """Return the state of the rehearsal, also when it is not up."""
        emulator = self.emulator
        applied = read_applied(self.paths, emulator=emulator) if emulator else None
        if emulator is None or applied is None:
            return Status(directory=str(self.paths.directory), endpoint=emulator.endpoint if emulator else None)
        return Status(
            directory=str(self.paths.directory),
            name=self.deployment.name,
            endpoint=emulator.endpoint,
            resources=applied.resources,
            documents={role: count_objects(self.session(role), self.deployment.regions[role]) for role in ROLES},
            urls=self.urls if read_network(self.paths) else None,
            faults=self.faults.active(),
            users=users(access) if (access := self.access) is not None else {},
        )

    @property
    def _deployer(self) -> Deployer:
        settings = rehearsed_settings(self.paths, self.settings)
        signs_in = self.access is not None
        return Deployer(paths=self.paths, settings=settings, progress=self.progress, signs_in=signs_in)

    def _choose_access(self, mode: AccessMode | None) -> None:
        if mode == "oidc":
            require_package(self.paths.project)
        if mode is not None:
            choose_access(self.paths, mode)

    def _apply(self, timer: PhaseTimer | None = None) -> tuple[AppliedStack, TerraformResult | None]:
        emulator = self.emulator
        if emulator is not None and read_applied(self.paths, emulator=emulator) is not None:
            self._report_healed(self.faults.heal_configuration())
        return self._deployer.apply(self._deployer.start(timer))

    def _connect(self) -> Network:
        # This does not use `heal`, which restarts a region proxy on its earlier ports: they may be in use now.
        self.progress.start("Starting the region proxies and the edge")
        with network_lock(self.paths):
            network = self.network_controller.connect()
        self._report_healed(self.faults.clear())
        return network

    def _report_healed(self, faults: Iterable[Fault]) -> None:
        for fault in faults:
            self.progress.note(f"Healed: {fault}")

    def _verification(self) -> Verification:
        return Verification(
            deployment=self.deployment,
            client=Client(self.network),
            sign_in=self.sign_in() if self.access is not None else None,
            sessions={role: self.session(role) for role in ROLES},
            samples=read_samples(self.paths.project),
            progress=self.progress,
        )

    def _require_emulator(self) -> Emulator:
        # Without a request: a drill, which keeps the machine busy, must be able to heal its faults.
        emulator = live_emulator(self.paths)
        if emulator is None:
            raise NotUpError(self.paths)
        return emulator

    def _lock(self, command: str) -> AbstractContextManager[None]:
        return rehearsal_lock(self.paths, command=f"standby rehearse {command}")

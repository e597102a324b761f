"""A rehearsal, from nothing to a checked deployment and back. The commands and the end-to-end tests both use this."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final

import boto3

from standby.awsclient import EmulatorSession
from standby.errors import RefusedError
from standby.rehearsal.api import Api
from standby.rehearsal.applying import Applied, Workspace, apply_stack, prepare_workspace, read_applied
from standby.rehearsal.checks import Verification
from standby.rehearsal.deployment import ROLES, Deployment, Role, read_deployment
from standby.rehearsal.documents import count_objects
from standby.rehearsal.emulator import Emulator, running_emulator, start_emulator, stop_emulator
from standby.rehearsal.hosts import local_url
from standby.rehearsal.layout import DIRECTORY_NAME, Layout
from standby.rehearsal.lock import held
from standby.rehearsal.processes import stop_all
from standby.rehearsal.progress import Progress, Silent
from standby.rehearsal.report import Check, Report
from standby.rehearsal.samples import read_samples
from standby.rehearsal.status import Clock, Status
from standby.rehearsal.synth import SynthesizedStack, find_stack, synthesize
from standby.rehearsal.terraform import TerraformFailedError
from standby.rehearsal.terraform_events import Outcome
from standby.rehearsal.tools import NODE, TERRAFORM, FoundTool, find_tool

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
        self.layout = Layout(project=root, directory=(directory or root / DIRECTORY_NAME).resolve())
        self.settings = settings.resolve() if settings else None
        self.progress: Progress = progress or Silent()

    def up(self) -> Report:
        """Bring everything up, apply what changed, and check it by using it. Raises `StandbyError` when it cannot.

        What is up already stays as it is: a second run changes nothing and checks again.
        """
        with self._held("up"):
            return self._up()

    def start(self) -> Workspace:
        """Synthesize, start the emulator, and initialize Terraform; apply nothing."""
        with self._held("start"):
            return self._start()

    def apply(self) -> Applied:
        """Do what `start` does, and apply what changed."""
        with self._held("apply"):
            return self._apply(self._start())[0]

    def verify(self) -> tuple[Check, ...]:
        """Check what is applied. Raises `RefusedError` when nothing is."""
        with self._held("verify"):
            return tuple(self._verification().run())

    def destroy(self) -> Outcome:
        """Run `terraform destroy` on what is applied; the emulator stays up.

        Raises `RefusedError` when the emulator is not up.
        """
        with self._held("destroy"):
            return self._destroy()

    def down(self, *, destroy: bool = False) -> int:
        """End every process of the rehearsal and remove its files.

        With `destroy`, Terraform destroys the resources first; where it fails, the rest is done all the same, and then
        its error raised. Returns how many processes were ended; nothing is done where nothing is.
        """
        if not self.layout.directory.exists():
            return stop_all(self.layout.directory)
        with self._held("down"):
            return self._down(destroy=destroy)

    @property
    def emulator(self) -> Emulator | None:
        """The running emulator, None when it is not up."""
        return running_emulator(self.layout)

    @property
    def endpoint(self) -> str:
        """The emulator's URL. Raises `RefusedError` when it is not up."""
        return self._running().endpoint

    @property
    def outputs(self) -> Mapping[str, str]:
        """The stack's outputs, as Terraform printed them. Raises `RefusedError` when nothing is applied."""
        return self._applied().outputs

    @property
    def deployment(self) -> Deployment:
        """The manifest of what is applied. Raises `RefusedError` when nothing is."""
        return read_deployment(self.outputs)

    def session(self, role: Role) -> boto3.Session:
        """Return a boto3 session for the region that plays `role`; its clients talk to the emulator."""
        return EmulatorSession(region=self.deployment.regions[role].region, endpoint=self.endpoint)

    def api(self, role: Role) -> Api:
        """Return the API of the region that plays `role`."""
        return Api(url=self.deployment.regions[role].api_url, endpoint=self.endpoint)

    def urls(self) -> dict[str, str]:
        """Return the URLs that a user may open or call on this machine."""
        regions = self.deployment.regions
        return {f"{role} API": local_url(regions[role].api_url, endpoint=self.endpoint) for role in ROLES}

    def status(self) -> Status:
        """Return what is up. Nothing being up is an answer, not an error."""
        emulator = self.emulator
        applied = read_applied(self.layout, emulator=emulator) if emulator else None
        if emulator is None or applied is None:
            return Status(endpoint=emulator.endpoint if emulator else None)
        documents = {role: count_objects(self.session(role), self.deployment.regions[role]) for role in ROLES}
        return Status(endpoint=emulator.endpoint, resources=applied.resources, documents=documents, urls=self.urls())

    def _up(self) -> Report:
        clock = Clock()
        workspace = self._start(clock)
        applied, outcome = self._apply(workspace)
        clock.lap("apply")
        checks = tuple(self._verification().run())
        clock.lap("checks")
        changes = {"added": 0, "changed": 0, "removed": 0}
        if outcome is not None:
            changes = {"added": outcome.added, "changed": outcome.changed, "removed": outcome.removed}
        return Report(
            checks=checks,
            endpoint=self.endpoint,
            urls=self.urls(),
            resources=applied.resources,
            changes=changes,
            seconds=clock.seconds,
        )

    def _apply(self, workspace: Workspace) -> tuple[Applied, Outcome | None]:
        # The provider repeats a call whose answer it missed, and is then told that the resource exists: seen on a busy
        # machine, for a log group and for an API's resource. Nobody's state knows that resource, so only an emulator
        # without it can help.
        try:
            return apply_stack(workspace, progress=self.progress)
        except TerraformFailedError as error:
            if not error.names_existing_resources:
                raise
        self.progress.note("The emulator holds resources that Terraform does not know: starting afresh")
        start_emulator(self.layout)
        afresh = self._workspace(workspace.stack, terraform=find_tool(TERRAFORM))
        return apply_stack(afresh, progress=self.progress)

    def _start(self, clock: Clock | None = None) -> Workspace:
        clock = clock or Clock()
        terraform = find_tool(TERRAFORM)
        find_tool(NODE)
        self.progress.start("Synthesizing the stack")
        stack = synthesize(self.layout, settings=self.settings)
        clock.lap("synth")
        workspace = self._workspace(stack, terraform=terraform)
        clock.lap("start")
        return workspace

    def _workspace(self, stack: SynthesizedStack, *, terraform: FoundTool) -> Workspace:
        emulator = self.emulator
        if emulator is not None and self.layout.applying_record.exists():
            self.progress.note(
                "The last apply was interrupted and may have made what nobody wrote down: starting afresh"
            )
            emulator = None
        if emulator is None:
            self.progress.start("Starting the emulator")
            emulator = start_emulator(self.layout)
        return prepare_workspace(
            self.layout, stack=stack, emulator=emulator, terraform=terraform, progress=self.progress
        )

    def _down(self, *, destroy: bool) -> int:
        try:
            if destroy and self.emulator is not None:
                self._destroy()
        finally:
            self.progress.start("Stopping the emulator")
            ended = stop_emulator(self.layout)
            self.layout.remove()
        return ended

    def _destroy(self) -> Outcome:
        self._running()
        stack = find_stack(self.layout.synthesized)
        workspace = self._workspace(stack, terraform=find_tool(TERRAFORM))
        self.layout.applied_record.unlink(missing_ok=True)
        self.progress.start("terraform destroy")
        return workspace.terraform.destroy()

    def _verification(self) -> Verification:
        return Verification(
            deployment=self.deployment,
            endpoint=self.endpoint,
            sessions={role: self.session(role) for role in ROLES},
            samples=read_samples(self.layout.project),
            progress=self.progress,
        )

    def _running(self) -> Emulator:
        emulator = self.emulator
        if emulator is None:
            raise RefusedError("The rehearsal is not up.", hint=UP_HINT)
        return emulator

    def _applied(self) -> Applied:
        applied = read_applied(self.layout, emulator=self._running())
        if applied is None:
            raise RefusedError("The emulator is up, but the stack is not applied to it.", hint=UP_HINT)
        return applied

    def _held(self, command: str) -> AbstractContextManager[None]:
        return held(self.layout, command=f"standby rehearse {command}")

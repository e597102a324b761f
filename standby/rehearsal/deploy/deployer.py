"""From the project's program to a stack that is applied to a running emulator."""

from dataclasses import dataclass
from pathlib import Path

from standby.console import Progress
from standby.rehearsal.deploy.synth import SynthesizedStack, find_stack, synthesize
from standby.rehearsal.deploy.terraform import TerraformFailedError
from standby.rehearsal.deploy.terraform_events import Outcome
from standby.rehearsal.deploy.workspace import Applied, Workspace, apply_stack, prepare_workspace
from standby.rehearsal.emulator.emulator import running_emulator, start_emulator
from standby.rehearsal.files.paths import RehearsalPaths
from standby.rehearsal.network.caddy import caddy_program
from standby.rehearsal.status import PhaseTimer
from standby.rehearsal.tools.programs import NODE, TERRAFORM, FoundTool, find_tool


@dataclass(frozen=True, kw_only=True)
class Deployer:
    """What it takes to bring one rehearsal to an applied stack, from whatever an earlier run left."""

    paths: RehearsalPaths
    settings: Path | None
    progress: Progress

    def start(self, clock: PhaseTimer | None = None) -> Workspace:
        """Synthesize, start the emulator where it is not up, and initialize Terraform."""
        clock = clock or PhaseTimer()
        terraform = find_tool(TERRAFORM)
        find_tool(NODE)
        caddy_program()
        self.progress.start("Synthesizing the stack")
        stack = synthesize(self.paths, settings=self.settings)
        clock.lap("synth")
        workspace = self._workspace(stack, terraform=terraform)
        clock.lap("start")
        return workspace

    def apply(self, workspace: Workspace) -> tuple[Applied, Outcome | None]:
        """Apply what changed; the outcome is None where nothing did."""
        # The provider repeats a call whose answer it missed, and is then told that the resource exists: seen on a busy
        # machine, for an API's resource. Nobody's state knows that resource, so only an emulator without it can help.
        try:
            return apply_stack(workspace, progress=self.progress)
        except TerraformFailedError as error:
            if not error.names_existing_resources:
                raise
        self.progress.note("The emulator holds resources that Terraform does not know: starting afresh")
        start_emulator(self.paths)
        afresh = self._workspace(workspace.stack, terraform=find_tool(TERRAFORM))
        return apply_stack(afresh, progress=self.progress)

    def destroy(self) -> Outcome:
        """Run `terraform destroy` on what is applied."""
        stack = find_stack(self.paths.synthesized)
        workspace = self._workspace(stack, terraform=find_tool(TERRAFORM))
        self.paths.applied_record.unlink(missing_ok=True)
        self.progress.start("terraform destroy")
        # As above: a deletion whose answer was missed is repeated, and the second one fails. Terraform looks anew.
        try:
            return workspace.terraform.destroy()
        except TerraformFailedError as error:
            if not error.names_missing_resources:
                raise
        self.progress.note("Terraform was told of resources that are gone already: destroying what is left")
        return workspace.terraform.destroy()

    def _workspace(self, stack: SynthesizedStack, *, terraform: FoundTool) -> Workspace:
        emulator = running_emulator(self.paths)
        if emulator is not None and self.paths.applying_record.exists():
            self.progress.note(
                "The last apply was interrupted and may have made what nobody wrote down: starting afresh"
            )
            emulator = None
        if emulator is None:
            self.progress.start("Starting the emulator")
            emulator = start_emulator(self.paths)
        return prepare_workspace(
            self.paths, stack=stack, emulator=emulator, terraform=terraform, progress=self.progress
        )

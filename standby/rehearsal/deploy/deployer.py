"""Deploy the project to the emulator: synthesize the stack, start the emulator, initialize Terraform, and apply."""

import hashlib
import os
import shlex
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from tempfile import gettempdir
from typing import Final

from standby.console import PhaseTimer, Progress
from standby.deployment.manifest import ROLES, parse_manifest
from standby.deployment.sessions import EMULATOR_ACCOUNT
from standby.errors import BadUsageError, NoDeploymentError
from standby.json_model import JsonModel
from standby.machine import require_space, write_file
from standby.named_commands import path_from
from standby.rehearsal.deploy.applier import create_applier
from standby.rehearsal.deploy.hosted_zones import create_named_zones
from standby.rehearsal.deploy.override import OVERRIDE_NAME, override
from standby.rehearsal.deploy.provider_mirror import Distribution, cli_config_text, distribution_of, find_mirror
from standby.rehearsal.deploy.terraform import Terraform, TerraformFailedError, TerraformResult
from standby.rehearsal.emulator.emulator import Emulator, running_emulator, start_emulator, starting_emulator
from standby.rehearsal.emulator.functions.runtime import describe_difference
from standby.rehearsal.files.json_files import read_json, read_record, write_json, write_record
from standby.rehearsal.files.paths import DIRECTORY_NAME, RehearsalPaths
from standby.rehearsal.processes.programs import NODE, TERRAFORM, InstalledProgram, find_caddy, find_program
from standby.settings_file import SETTINGS_NAME, SETTINGS_VARIABLE, read_settings
from standby.stack.configuration import read_stack
from standby.stack.deployer_policy import deployer_policy
from standby.stack.synthesis import SynthesizedStack, find_stack, synthesize

NEEDED_MEGABYTES: Final = 100
NEEDED_TEMPORARY_MEGABYTES: Final = 50
"""The free space that a rehearsal needs in its directory, and for temporary files."""

LOCK_FILE: Final = ".terraform.lock.hcl"


class AppliedStack(JsonModel):
    """The last complete apply: the digest of the configuration, the emulator, the outputs, the number of resources."""

    digest: str
    emulator: Emulator
    outputs: Mapping[str, str]
    resources: int


@dataclass(frozen=True, kw_only=True)
class Workspace:
    """A synthesized stack for which Terraform is initialized."""

    stack: SynthesizedStack
    emulator: Emulator
    terraform: Terraform

    def digest(self) -> str:
        """Return the digest of all files that Terraform reads."""
        files = (self.stack.configuration_path, self.stack.directory / OVERRIDE_NAME)
        return hashlib.sha256(b"\0".join(path.read_bytes() for path in files)).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Deployer:
    """Deploys one rehearsal. It continues from the state of the last command, even of an interrupted one."""

    paths: RehearsalPaths
    settings: Path | None
    progress: Progress
    signs_in: bool = False
    """Whether the settings have users sign in, as far as it is known before the synthesis."""

    def start(self, timer: PhaseTimer | None = None) -> Workspace:
        """Synthesize the stack, start the emulator if it is not up, and initialize Terraform."""
        timer = timer or PhaseTimer()
        require_space(self.paths.directory, megabytes=NEEDED_MEGABYTES)
        require_space(Path(gettempdir()), megabytes=NEEDED_TEMPORARY_MEGABYTES)
        terraform = find_program(TERRAFORM)
        find_program(NODE)
        find_caddy()
        self._refuse_another_deployment()
        is_new = running_emulator(self.paths) is None
        with self._starting_emulator() if is_new else nullcontext():
            self.progress.start("Synthesizing the stack")
            stack = synthesize(
                project=self.paths.project,
                output=self.paths.synthesized,
                log=self.paths.synthesis_log,
                settings=self.settings,
            )
            timer.end_phase("synth")
        workspace = self._workspace(stack, terraform=terraform, is_new=is_new)
        timer.end_phase("start")
        return workspace

    def apply(self, workspace: Workspace) -> tuple[AppliedStack, TerraformResult | None]:
        """Apply the changes. The result is None if nothing changed."""
        # On a busy machine the provider repeats a call whose response it missed, and then fails because the resource
        # exists (seen for a resource of an API). That resource is in no state, so only a new emulator helps.
        try:
            return self._apply(workspace)
        except TerraformFailedError as error:
            if not error.resources_exist:
                raise
        self.progress.note("The emulator has resources that are not in Terraform's state. Starting a new emulator.")
        start_emulator(self.paths, own_python=workspace.stack.signs_in())
        return self._apply(self._workspace(workspace.stack, terraform=find_program(TERRAFORM)))

    def destroy(self) -> TerraformResult:
        """Run `terraform destroy` on the applied stack."""
        stack = find_stack(self.paths.synthesized)
        workspace = self._workspace(stack, terraform=find_program(TERRAFORM))
        self.paths.applied_record.unlink(missing_ok=True)
        destroy = workspace.terraform.name("destroy")
        self.progress.start(f"Running {destroy}")
        # As in `apply`, a deletion whose response was missed is repeated and fails. A second run reads the state again.
        try:
            return workspace.terraform.destroy()
        except TerraformFailedError as error:
            if not error.resources_are_missing:
                raise
        self.progress.note(f"Some resources were deleted already. Running {destroy} again for the remaining ones.")
        return workspace.terraform.destroy()

    def _starting_emulator(self) -> AbstractContextManager[None]:
        self.progress.start("Starting the emulator")
        return starting_emulator(self.paths, own_python=self.signs_in)

    def _refuse_another_deployment(self) -> None:
        """Refuse settings of another deployment than the applied one, before anything is changed."""
        emulator = running_emulator(self.paths)
        applied = read_applied(self.paths, emulator=emulator) if emulator else None
        if applied is None or "manifest" not in applied.outputs:
            return
        try:
            settings = read_settings(self.settings or self.paths.project / SETTINGS_NAME)
        except BadUsageError:  # the synthesis says what is wrong with the file
            return
        manifest = parse_manifest(applied.outputs["manifest"])
        regions = tuple(manifest.regions[role].region for role in ROLES)
        if (settings.name, settings.regions) != (manifest.name, regions):
            this, other = (
                shlex.quote(str(path_from(Path.cwd(), directory)))
                for directory in (self.paths.directory, self.paths.project / f"{DIRECTORY_NAME}-{settings.name}")
            )
            raise NoDeploymentError(
                f"{settings.path} describes {settings.name} in {' and '.join(settings.regions)}, and the rehearsal in"
                f" {self.paths.shown} has {manifest.name} in {' and '.join(regions)}.",
                hint=f"Set {SETTINGS_VARIABLE} to the settings file of {manifest.name}, if you mean this rehearsal.\n  "
                f"`standby rehearse --directory {other} up` makes another one beside it.\n"
                f"  `standby rehearse --directory {this} down` removes this one.",
            )

    def _workspace(self, stack: SynthesizedStack, *, terraform: InstalledProgram, is_new: bool = False) -> Workspace:
        emulator = running_emulator(self.paths)
        if emulator is not None and self.paths.apply_marker.exists():
            self.progress.note(
                "The last apply was interrupted, so resources may be missing in Terraform's state. "
                "Starting a new emulator."
            )
            emulator = None
        own_python = stack.signs_in()
        if emulator is not None and emulator.own_python != own_python:
            self.progress.note(
                "With sign-in, functions run on another Python than without. "
                "Starting a new emulator, so the documents of this rehearsal are gone."
            )
            emulator = None
        if emulator is None:
            self.progress.start("Starting the emulator")
            emulator = start_emulator(self.paths, own_python=own_python)
            is_new = True
        for runtime in stack.runtimes() if is_new else ():
            if note := describe_difference(runtime, own_python=own_python):
                self.progress.note(note)
        return self._initialize(stack, emulator=emulator, terraform=terraform)

    def _initialize(self, stack: SynthesizedStack, *, emulator: Emulator, terraform: InstalledProgram) -> Workspace:
        configuration = stack.configuration()
        create_named_zones(emulator, configuration)
        create_applier(emulator, policy=deployer_policy(read_stack(configuration), account=EMULATOR_ACCOUNT))
        state = os.path.relpath(self.paths.state, stack.directory)
        write_json(stack.directory / OVERRIDE_NAME, override(configuration, endpoint=emulator.endpoint, state=state))
        _write_cli_config(self.paths, version=stack.provider_version(), distribution=distribution_of(terraform))
        program = Terraform(
            executable=terraform.path,
            emulator=emulator,
            stack_directory=stack.directory,
            paths=self.paths,
            progress=self.progress,
        )
        inputs = {
            "program": f"{terraform.path.name} {terraform.version}",
            "block": configuration.get("terraform"),
            "state": state,
            "cliConfig": self.paths.cli_config.read_text(encoding="utf-8") if self.paths.cli_config.is_file() else "",
        }
        installed = (self.paths.terraform_data / "providers").is_dir() and (stack.directory / LOCK_FILE).is_file()
        if not installed or read_json(self.paths.init_record) != inputs:
            self.progress.start(f"Running {program.name('init')}")
            program.init()
            write_json(self.paths.init_record, inputs)
        return Workspace(stack=stack, emulator=emulator, terraform=program)

    def _apply(self, workspace: Workspace) -> tuple[AppliedStack, TerraformResult | None]:
        digest = workspace.digest()
        applied = read_applied(self.paths, emulator=workspace.emulator)
        if applied is not None and applied.digest == digest:
            return applied, None
        # Without the record until the apply has succeeded, the next command applies again after a partial apply.
        self.paths.applied_record.unlink(missing_ok=True)
        self.progress.start(f"Running {workspace.terraform.name('apply')}")
        result = _run_apply(workspace, marker=self.paths.apply_marker)
        applied = AppliedStack(
            digest=digest,
            emulator=workspace.emulator,
            outputs=result.outputs,
            resources=count_resources(self.paths),
        )
        write_record(self.paths.applied_record, applied)
        return applied, result


def read_applied(paths: RehearsalPaths, *, emulator: Emulator) -> AppliedStack | None:
    """Return the last complete apply, None if there is none or if it was to another emulator."""
    applied = read_record(paths.applied_record, AppliedStack)
    return applied if applied is not None and applied.emulator == emulator else None


def count_resources(paths: RehearsalPaths) -> int:
    """Return the number of resources in Terraform's state, without data sources."""
    resources = read_json(paths.state).get("resources")
    if not isinstance(resources, list):
        return 0
    return sum(len(resource["instances"]) for resource in resources if resource["mode"] == "managed")


def _run_apply(workspace: Workspace, *, marker: Path) -> TerraformResult:
    # Terraform that is interrupted or killed may leave resources that are not in its state. Creating them again fails,
    # in some cases after minutes of retries by the provider. The marker stays in that case only: an apply that ends by
    # itself has all of its resources in the state.
    marker.touch()
    try:
        result = workspace.terraform.apply()
    except TerraformFailedError as error:
        if not error.killed:
            marker.unlink()
        raise
    marker.unlink()
    return result


def _write_cli_config(paths: RehearsalPaths, *, version: str, distribution: Distribution) -> None:
    mirror = find_mirror(version=version, distribution=distribution)
    if mirror is None:
        paths.cli_config.unlink(missing_ok=True)
        return
    text = cli_config_text(mirror, distribution)
    if not paths.cli_config.is_file() or paths.cli_config.read_text(encoding="utf-8") != text:
        write_file(paths.cli_config, text)

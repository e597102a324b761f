"""Write the override beside the configuration, initialize Terraform, and apply; each only where it is needed."""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from standby.console import Progress
from standby.rehearsal.deploy.override import OVERRIDE_NAME, override
from standby.rehearsal.deploy.provider_mirror import cli_config_text, find_mirror
from standby.rehearsal.deploy.synth import SynthesizedStack
from standby.rehearsal.deploy.terraform import Terraform, TerraformFailedError, terraform_environment
from standby.rehearsal.deploy.terraform_events import Outcome
from standby.rehearsal.emulator.emulator import Emulator
from standby.rehearsal.files.json_files import read_json, write_json
from standby.rehearsal.files.paths import RehearsalPaths
from standby.rehearsal.tools.programs import FoundTool

LOCK_FILE: Final = ".terraform.lock.hcl"


@dataclass(frozen=True, kw_only=True)
class Applied:
    """What was last applied to the running emulator: a digest of the configuration, the outputs, how many resources."""

    digest: str
    outputs: Mapping[str, str]
    resources: int


@dataclass(frozen=True, kw_only=True)
class Workspace:
    """A synthesized stack, ready for Terraform."""

    stack: SynthesizedStack
    emulator: Emulator
    terraform: Terraform
    paths: RehearsalPaths

    def digest(self) -> str:
        """Return the digest of everything that Terraform would read."""
        files = (self.stack.configuration_path, self.stack.directory / OVERRIDE_NAME)
        return hashlib.sha256(b"\0".join(path.read_bytes() for path in files)).hexdigest()


def prepare_workspace(
    paths: RehearsalPaths, *, stack: SynthesizedStack, emulator: Emulator, terraform: FoundTool, progress: Progress
) -> Workspace:
    """Write the override and the CLI configuration, and run `terraform init` unless nothing of it changed."""
    configuration = stack.configuration()
    state = os.path.relpath(paths.state, stack.directory)
    write_json(stack.directory / OVERRIDE_NAME, override(configuration, endpoint=emulator.endpoint, state=state))
    _write_cli_config(paths, version=stack.provider_version())
    program = Terraform(
        executable=terraform.path,
        stack_directory=stack.directory,
        paths=paths,
        progress=progress,
        environment=terraform_environment(paths),
    )
    wanted = {
        "terraform": terraform.version,
        "block": configuration.get("terraform"),
        "state": state,
        "cli_config": paths.cli_config.read_text(encoding="utf-8") if paths.cli_config.is_file() else "",
    }
    installed = (paths.terraform_data / "providers").is_dir() and (stack.directory / LOCK_FILE).is_file()
    if not installed or read_json(paths.initialized_record) != wanted:
        progress.start("terraform init")
        program.init()
        write_json(paths.initialized_record, wanted)
    return Workspace(stack=stack, emulator=emulator, terraform=program, paths=paths)


def apply_stack(workspace: Workspace, *, progress: Progress) -> tuple[Applied, Outcome | None]:
    """Apply, unless this very configuration is what the emulator holds already: then the outcome is None."""
    paths, digest = workspace.paths, workspace.digest()
    applied = read_applied(paths, emulator=workspace.emulator)
    if applied is not None and applied.digest == digest:
        return applied, None
    # Gone until the apply has ended well: what is half applied is applied again by the next run.
    paths.applied_record.unlink(missing_ok=True)
    progress.start("terraform apply")
    outcome = _apply(workspace)
    applied = Applied(digest=digest, outputs=outcome.outputs, resources=count_resources(paths))
    write_json(
        paths.applied_record,
        {
            "digest": digest,
            "emulator": workspace.emulator.record(),
            "outputs": dict(applied.outputs),
            "resources": applied.resources,
        },
    )
    return applied, outcome


def _apply(workspace: Workspace) -> Outcome:
    # An interrupted or killed Terraform may leave resources that its state does not know; creating them again fails,
    # some after minutes of the provider's own retries. An apply that ends by itself, well or not, has written down what
    # it made.
    workspace.paths.applying_record.touch()
    try:
        outcome = workspace.terraform.apply()
    except TerraformFailedError as error:
        if not error.killed:
            workspace.paths.applying_record.unlink()
        raise
    workspace.paths.applying_record.unlink()
    return outcome


def read_applied(paths: RehearsalPaths, *, emulator: Emulator) -> Applied | None:
    """Return what was last applied, or None when that was to another emulator, or never ended well."""
    record = read_json(paths.applied_record)
    outputs, digest, resources = record.get("outputs"), record.get("digest"), record.get("resources")
    if record.get("emulator") != emulator.record() or not isinstance(outputs, dict):
        return None
    if not isinstance(digest, str) or not isinstance(resources, int):
        return None
    return Applied(digest=digest, outputs=outputs, resources=resources)


def count_resources(paths: RehearsalPaths) -> int:
    """Return how many resources Terraform's state holds, data sources not counted."""
    resources = read_json(paths.state).get("resources")
    if not isinstance(resources, list):
        return 0
    return sum(len(resource["instances"]) for resource in resources if resource["mode"] == "managed")


def _write_cli_config(paths: RehearsalPaths, *, version: str) -> None:
    mirror = find_mirror(version=version)
    if mirror is None:
        paths.cli_config.unlink(missing_ok=True)
        return
    text = cli_config_text(mirror)
    if not paths.cli_config.is_file() or paths.cli_config.read_text(encoding="utf-8") != text:
        paths.cli_config.write_text(text, encoding="utf-8")

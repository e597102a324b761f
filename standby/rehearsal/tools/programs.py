"""The programs that a rehearsal needs on the PATH, and the one line for each that is missing."""

import json
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from standby.errors import RefusedError

VERSION_TIMEOUT_SECONDS: Final = 30

Version = tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Tool:
    """A program: what it is called, which versions serve (`oldest` included, `newest` excluded), where to get it."""

    name: str
    version_command: tuple[str, ...]
    oldest: Version
    newest: Version | None
    where: str

    @property
    def wanted(self) -> str:
        """The versions that serve, in words."""
        below = f" and below {_dotted(self.newest)}" if self.newest else ""
        return f"{_dotted(self.oldest)} or newer{below}"


@dataclass(frozen=True, kw_only=True)
class FoundTool:
    """A program that was found, and its version."""

    path: Path
    version: str


TERRAFORM: Final = Tool(
    name="terraform",
    version_command=("version", "-json"),
    oldest=(1, 10),
    newest=(2,),
    where="https://developer.hashicorp.com/terraform/install",
)
NODE: Final = Tool(
    name="node",
    version_command=("--version",),
    oldest=(20,),
    newest=None,
    where="https://nodejs.org/en/download",
)
"""cdktf's library runs on Node through jsii. Source: developer.hashicorp.com, "Install CDK for Terraform"."""


def find_tool(tool: Tool) -> FoundTool:
    """Return the program as the PATH has it. Raises `RefusedError` when it is missing or of another version."""
    path = shutil.which(tool.name)
    if path is None:
        raise RefusedError(f"{tool.name} is missing: version {tool.wanted} is needed.", hint=f"Get it: {tool.where}")
    version = _version(path, tool=tool)
    number = tuple(int(part) for part in re.findall(r"\d+", version)[:3])
    if number < tool.oldest or (tool.newest is not None and number >= tool.newest):
        raise RefusedError(
            f"{tool.name} {version} does not serve: version {tool.wanted} is needed ({path}).",
            hint=f"Get it: {tool.where}",
        )
    return FoundTool(path=Path(path), version=version)


def _version(path: str, *, tool: Tool) -> str:
    try:
        result = subprocess.run(
            [path, *tool.version_command], capture_output=True, text=True, check=True, timeout=VERSION_TIMEOUT_SECONDS
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise RefusedError(f"{path} does not run: {error}", hint=f"Get {tool.name} anew: {tool.where}") from error
    return _from_json(result.stdout) or result.stdout.strip().removeprefix("v")


def _from_json(text: str) -> str | None:
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return str(value["terraform_version"]) if isinstance(value, dict) and "terraform_version" in value else None


def _dotted(version: Version) -> str:
    return ".".join(str(part) for part in version)

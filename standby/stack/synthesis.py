"""Synthesize the stack of the project, and find it in the output."""

import errno
import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from standby.endpoints import MEANT_VARIABLE
from standby.errors import REFUSED, BadUsageError, RefusedError, StandbyError
from standby.machine import OUTPUT_ERRORS, describe_missing_package, find_machine_error, naming, strip_class_name

SETTINGS_VARIABLE: Final = "STANDBY_SETTINGS"
CONFIGURATION_NAME: Final = "cdk.tf.json"
_BAD_SETTINGS_EXIT_CODE: Final = 2
# Without this, jsii prints a banner about an unsupported version of Node. The value is a list of major versions.
# Source: aws/jsii, @jsii/check-node.
_NODE_BANNER_VARIABLE: Final = {"JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "20"}
_LAST_OUTPUT_LINES: Final = 15
_MISSING_MODULE: Final = re.compile(r"^ModuleNotFoundError: No module named '([\w.]+)'", re.MULTILINE)


STACK: Final = Path("stacks/warm-standby")
OUTPUT_VARIABLE: Final = "CDKTF_OUTPUT"
"""The output directory of `make synth` and `npx cdktf`, by default `cdktf.out`."""

REHEARSED_STACK: Final = Path(".rehearsal", "cdktf.out", STACK)
"""The directory of the stack of the rehearsal of this project."""


def default_stack() -> Path:
    """Return the directory of the stack that was synthesized here; of the rehearsal's, if only that one exists.

    Where `CDKTF_OUTPUT` names an output directory, it is always that one's.
    """
    own = own_stack()
    only_rehearsed = not own.exists() and REHEARSED_STACK.exists() and OUTPUT_VARIABLE not in os.environ
    return REHEARSED_STACK if only_rehearsed else own


def own_stack() -> Path:
    """Return the directory of the stack that `make synth` and `npx cdktf` write here. It may not exist."""
    return Path(os.environ.get(OUTPUT_VARIABLE) or "cdktf.out", STACK)


def configuration_path(path: Path) -> Path:
    """Return the file of the Terraform configuration, of a directory or of itself."""
    return path / CONFIGURATION_NAME if path.is_dir() or not path.suffix else path


@dataclass(frozen=True, kw_only=True)
class SynthesizedStack:
    """One synthesized stack: its name, and the directory with its `cdk.tf.json` and its assets."""

    name: str
    directory: Path

    @property
    def configuration_path(self) -> Path:
        """The file of the Terraform configuration, which `cdktf deploy` would apply to AWS."""
        return self.directory / CONFIGURATION_NAME

    def configuration(self) -> dict[str, object]:
        """Return the Terraform configuration."""
        value: dict[str, object] = json.loads(self.configuration_path.read_text(encoding="utf-8"))
        return value

    def runtimes(self) -> tuple[str, ...]:
        """Return the runtimes of the functions, sorted."""
        return tuple(sorted({str(body.get("runtime")) for body in self._functions()}))

    def signs_in(self) -> bool:
        """Return whether users sign in: whether the API has an authorizer."""
        return any(str(body.get("handler")).startswith("authorizer.") for body in self._functions())

    def _functions(self) -> list[dict[str, object]]:
        resources = self.configuration().get("resource")
        functions = resources.get("aws_lambda_function") if isinstance(resources, dict) else None
        return list((functions or {}).values())

    def provider_version(self) -> str:
        """Return the version of the AWS provider that the configuration requires."""
        terraform = self.configuration().get("terraform")
        required = terraform.get("required_providers") if isinstance(terraform, dict) else None
        aws = required.get("aws") if isinstance(required, dict) else None
        if not isinstance(aws, dict) or not isinstance(aws.get("version"), str):
            raise StandbyError(f"{self.configuration_path} does not require a version of the AWS provider.")
        return str(aws["version"]).removeprefix("=").strip()


def synthesize(*, project: Path, output: Path, log: Path, settings: Path | None) -> SynthesizedStack:
    """Run `main.py` of the project and return the stack that it wrote. `settings` replaces the project's settings file.

    If the program fails, `log` gets its whole output. Raises `BadUsageError` when the settings are wrong,
    `RefusedError` for a mixed state, `MachineError` for a failure of this machine that the program names,
    `StandbyError` otherwise.
    """
    # Nothing is deployed to AWS from this output, so an endpoint on this machine is no mistake.
    environment = {**os.environ, **_NODE_BANNER_VARIABLE, MEANT_VARIABLE: "1", "CDKTF_OUTDIR": str(output)}
    if settings is not None:
        environment[SETTINGS_VARIABLE] = str(settings)
    result = subprocess.run(
        [sys.executable, "main.py"], cwd=project, env=environment, capture_output=True, text=True, check=False
    )
    if result.returncode:
        text = "\n".join((result.stderr or result.stdout).strip().splitlines()[-_LAST_OUTPUT_LINES:])
        if failure := find_machine_error(result.stderr, program="main.py", numbers=(*OUTPUT_ERRORS, errno.EACCES)):
            raise failure
        if result.returncode == _BAD_SETTINGS_EXIT_CODE:
            raise BadUsageError(text)
        if result.returncode == REFUSED:
            raise RefusedError(text)
        if missing := _MISSING_MODULE.search(result.stderr):
            raise describe_missing_package(missing[1])
        raise _describe_failure(result, log)
    return find_stack(output)


def _describe_failure(result: "subprocess.CompletedProcess[str]", log: Path) -> StandbyError:
    """Write the whole output into a file, and return its last line, which says what failed, with that file."""
    output = "\n".join(filter(None, (result.stdout.strip(), result.stderr.strip())))
    last = strip_class_name(output.splitlines()[-1]) if output else "it says nothing"
    with naming(log):
        log.write_text(f"{output}\n", encoding="utf-8", errors="backslashreplace")
    message = f"main.py failed with exit code {result.returncode}: {last}"
    return StandbyError(message, hint=f"The complete output is in {log}.")


def find_stack(synthesized: Path) -> SynthesizedStack:
    """Return the only stack in the output of a synthesis. Raises `StandbyError` when there is not exactly one."""
    try:
        stacks = json.loads((synthesized / "manifest.json").read_bytes())["stacks"]
    except (OSError, ValueError, LookupError, TypeError):
        stacks = None
    if not isinstance(stacks, dict) or len(stacks) != 1:
        raise StandbyError(f"{synthesized / 'manifest.json'} does not name exactly one stack.")
    ((name, stack),) = stacks.items()
    return SynthesizedStack(name=name, directory=synthesized / stack["workingDirectory"])

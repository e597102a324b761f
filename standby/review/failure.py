"""Terraform's failures, as a review reports them: the whole first error, and the next command."""

import re
import shlex
from itertools import takewhile
from pathlib import Path
from typing import Final

from standby.errors import StandbyError, UnclearDeploymentError
from standby.machine import find_machine_error
from standby.text import pluralize, printable

MAX_LINES: Final = 60
"""The lines of an error that are shown. Terraform breaks its lines at 78 columns."""

_COLOR: Final = re.compile(r"\x1b\[[0-9;]*m")
_FRAME: Final = re.compile(r"^[╷│╵] ?")
"""The frame that Terraform draws around an error, unless its output has no color."""

_INIT: Final = re.compile(r"\b(terraform|tofu) init\b")
_ERROR: Final = "Error: "
_WARNING: Final = "Warning: "


def describe_failure(
    output: str, *, program: str, command: str, directory: Path, rehearsal: Path | None
) -> StandbyError:
    """Return the failure of a Terraform command: of this machine, or the whole first error of the output.

    `rehearsal`: the directory of the rehearsal that has the stack; None for the stack of an account.
    """
    if failure := find_machine_error(output, program=f"{program} {command}"):
        return failure
    terraform = f"{program} -chdir={shlex.quote(str(directory))}"
    if rehearsal is not None:
        start = f"standby rehearse --directory {shlex.quote(str(rehearsal))}"
        hint = f"`{start} exec -- {terraform} {command}` runs it again."
    elif _INIT.search(output):
        hint = f"`{terraform} init`, with the options that are named above, if any. Then run the command again."
    else:
        hint = f"`{terraform} {command}` runs it again."
    return StandbyError(f"`{program} {command}` failed in {directory}:\n{first_error(output)}", hint=hint)


def first_error(output: str) -> str:
    """Return the whole first error in the output of Terraform, and how many follow; the whole output if it has none.

    Source of the form: `terraform plan`, with and without `-no-color`: a line that begins with "Error: ", then lines
    about it, up to the next error, the next warning, or the end.
    """
    lines = [_FRAME.sub("", _COLOR.sub("", line)).rstrip() for line in output.splitlines()]
    starts = [number for number, line in enumerate(lines) if line.startswith(_ERROR)]
    if starts:
        first, *rest = lines[starts[0] :]
        lines = [first, *takewhile(lambda line: not line.startswith((_ERROR, _WARNING)), rest)]
    shown = [printable(line) for line in "\n".join(lines).strip().splitlines()]
    if len(shown) > MAX_LINES:
        shown = [*shown[:MAX_LINES], f"... {pluralize(len(shown) - MAX_LINES, 'more line')}"]
    if len(starts) > 1:
        shown.append(f"... {pluralize(len(starts) - 1, 'more error')}")
    return "\n".join(shown) or "It printed nothing."


def require_stack(configuration: Path, *, rehearsed: bool) -> None:
    """Raise `UnclearDeploymentError` if no stack was synthesized there. `rehearsed`: a rehearsal here has its own."""
    if configuration.is_file():
        return
    own = "`standby --directory .rehearsal review` plans the rehearsal's stack instead."
    initialize = f"`terraform -chdir={shlex.quote(str(configuration.parent))} init`"
    prepare = f"`make synth` writes it, and {initialize} initializes it. --stack names another directory."
    raise UnclearDeploymentError(
        f"There is no synthesized stack in {configuration.parent}, so Terraform cannot plan.",
        hint="\n  ".join(filter(None, (prepare, own if rehearsed else ""))),
    )


def require_initialized(directory: Path, *, data: Path, program: str) -> None:
    """Raise `UnclearDeploymentError` if `terraform init` was never run in the directory of the stack."""
    if not data.is_dir():
        raise UnclearDeploymentError(
            f"The stack in {directory} is not initialized, so {program} cannot read its state.",
            hint=f"`{program} -chdir={directory} init` initializes it. Then run the command again.",
        )

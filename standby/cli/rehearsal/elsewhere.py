"""The rehearsals of this project that are up in another directory than the one where a command looked."""

import os
import shlex
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from standby.errors import StandbyError
from standby.named_commands import option, path_from
from standby.settings_file import find_upwards
from standby.target import SHELL_DIRECTORY_VARIABLE, TargetOptions

GROUP: Final = "rehearse"
_ACCOUNT_OPTIONS: Final = frozenset(("aws", "profile", "context", "region"))


def name_rehearsals_up(error: StandbyError, options: TargetOptions, arguments: Sequence[str]) -> None:
    """Add to an error the rehearsals that are up elsewhere, if the deployment that was looked for is not there.

    `arguments` are those after the options of `standby`. A user who names an account means no rehearsal.
    """
    if not error.no_deployment or options.given & _ACCOUNT_OPTIONS:
        return
    values, command = _split(arguments)
    directory, project = values.get("--directory") or options.directory, values.get("--project")
    lines = lines_of_rehearsals_up(command, directory=directory, project=project)
    error.hint = "\n  ".join((*filter(None, (error.hint,)), *lines))


def lines_of_rehearsals_up(command: Sequence[str], *, directory: Path | None, project: Path | None) -> Iterator[str]:
    """Yield a sentence for each rehearsal that is up elsewhere, with the command for it.

    `directory`: the one that was looked at, if an option names it. `project`: the same, None for the one around the
    working directory.
    """
    root = project or _project()
    try:
        from standby.rehearsal.connection import rehearsals_up  # noqa: PLC0415 - its packages are optional
        from standby.rehearsal.files.paths import DIRECTORY_NAME  # noqa: PLC0415 - as above
    except ModuleNotFoundError:
        return
    if root is None:
        return
    seen = directory or Path(os.environ.get(SHELL_DIRECTORY_VARIABLE) or root / DIRECTORY_NAME)
    for found, name in rehearsals_up(root):
        if found.resolve() != seen.resolve():
            shown = path_from(Path.cwd(), found)
            line = _line(command, directory=shown, project=project)
            yield f"The rehearsal in {shown} is up ({name}): `{line}` works on it."


def _project() -> Path | None:
    found = find_upwards("cdktf.json")
    return found.parent if found else None


def _split(arguments: Sequence[str]) -> tuple[Mapping[str, Path], list[str]]:
    """Return the paths that the group `standby rehearse` was given, and the command without these options."""
    rest, values = list(arguments), dict[str, Path]()
    while rest[:1] == [GROUP] and len(rest) > 1 and rest[1].startswith("-"):
        name, equals, value = rest.pop(1).partition("=")
        values[name] = Path(value if equals or len(rest) == 1 else rest.pop(1))
    return values, rest


def _line(command: Sequence[str], *, directory: Path, project: Path | None) -> str:
    """Return the command for this rehearsal. Arguments that would end the backquotes around it are left out."""
    rehearse = command[0] == GROUP
    typed = shlex.join(command[1:] if rehearse else command)
    options = (*(option("--project", project) if rehearse else ()), *option("--directory", directory))
    return " ".join(("standby", *([GROUP] if rehearse else []), *options, "COMMAND" if "`" in typed else typed))

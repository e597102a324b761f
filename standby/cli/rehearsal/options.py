"""The options of the group `standby rehearse`, and the rehearsal that they name."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

import click

from standby.errors import StandbyError
from standby.named_commands import StartOptions, option
from standby.rehearsal.connection import deployed_name
from standby.rehearsal.deploy.watch import EmulatorEndedError
from standby.rehearsal.emulator.emulator import recorded_emulator
from standby.rehearsal.files.paths import DIRECTORY_NAME, find_project
from standby.rehearsal.rehearsal import Rehearsal
from standby.settings_file import SETTINGS_VARIABLE
from standby.target import refuse_settings_of_another

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, kw_only=True)
class RehearsalOptions:
    """The options of the group. The project is searched only when a command runs, so `--help` works anywhere."""

    project: Path | None
    directory: Path | None

    def start_options(self, *, exported: bool) -> StartOptions:
        """Return these options, for the commands that a message names. `exported`: the shell names the directory."""
        named = None if exported else self.directory
        default = self.project / DIRECTORY_NAME if self.project else None
        return StartOptions(
            directory=option("--directory", named or (None if exported else default)),
            rehearse=(*option("--project", self.project), *option("--directory", named)),
        )

    def rehearsal(self) -> Rehearsal:
        """Return the rehearsal. Raises `BadUsageError` outside of a project."""
        settings = os.environ.get(SETTINGS_VARIABLE)
        return Rehearsal(
            project=self.project or find_project(Path.cwd()),
            directory=self.directory,
            settings=Path(settings) if settings else None,
        )


def pass_rehearsal(command: Callable[Concatenate[Rehearsal, P], R]) -> Callable[P, R]:
    """Pass the rehearsal to a command as its first argument."""

    @click.pass_obj
    @wraps(command)
    def wrapped(options: RehearsalOptions, /, *arguments: P.args, **named: P.kwargs) -> R:
        rehearsal, name = options.rehearsal(), str(click.get_current_context().info_name)
        if options.directory is None and name not in {"up", "env", "status"}:
            refuse_settings_of_another(deployed_name(rehearsal.paths), rehearsal.paths.directory, rehearse=name)
        with _explain_ended_emulator(rehearsal, command=name):
            return command(rehearsal, *arguments, **named)

    return wrapped


@contextmanager
def _explain_ended_emulator(rehearsal: Rehearsal, *, command: str) -> Iterator[None]:
    """Replace whatever an emulator that ended during this block did to our code by an error that says so."""
    before = recorded_emulator(rehearsal.paths)
    try:
        yield
    except (StandbyError, click.ClickException, click.Abort, click.exceptions.Exit):
        raise
    except Exception as error:
        emulator = recorded_emulator(rehearsal.paths) or before
        if emulator is None or emulator.identity.process() is not None:
            raise
        raise EmulatorEndedError(emulator, during=f"`standby rehearse {command}`", paths=rehearsal.paths) from error

"""The `standby` command: the group, and nothing of what its commands do."""

import importlib
import os
import signal
from collections.abc import Mapping
from types import FrameType
from typing import Final

import click

from standby.errors import RefusedError, StandbyError

_COMMANDS: Final[Mapping[str, str]] = {"rehearse": "standby.rehearsal.commands"}
"""Each command, and the module that defines it. A module is imported when its command runs, for the rehearsal needs
packages that somebody who only operates a deployment does not install."""

DEBUG_VARIABLE: Final = "STANDBY_DEBUG"
_REHEARSAL_PACKAGES: Final = frozenset({"filelock", "ministack", "psutil"})


class CommandGroup(click.Group):
    """A group that imports its commands late and lets no traceback reach the user."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands."""
        return sorted({*super().list_commands(ctx), *_COMMANDS})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command, imported now. Raises `RefusedError` when a package of its own is missing."""
        if cmd_name not in _COMMANDS:
            return super().get_command(ctx, cmd_name)
        try:
            module = importlib.import_module(_COMMANDS[cmd_name])
        except ModuleNotFoundError as error:
            if error.name not in _REHEARSAL_PACKAGES:
                raise
            raise RefusedError(
                f"The Python package {error.name} is missing.", hint="Get it: pip install 'warm-standby[rehearsal]'"
            ) from error
        command: click.Command = getattr(module, cmd_name)
        return command

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; what no command foresaw becomes one message."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.Abort, click.exceptions.Exit):
            raise
        except Exception as error:
            # Whatever it is, a user can do nothing with a traceback; DEBUG_VARIABLE shows it to whoever can.
            if DEBUG_VARIABLE in os.environ:
                raise
            raise StandbyError(f"{type(error).__name__}: {error}", hint=f"{DEBUG_VARIABLE}=1 shows where.") from error


@click.group(cls=CommandGroup)
@click.version_option(package_name="warm-standby")
def cli() -> None:
    """Operate a document chatbot that stands by, warm, in a second AWS region."""


def main() -> None:
    """Run the command line. A termination signal ends it as Ctrl-C does: in good order."""
    signal.signal(signal.SIGTERM, _interrupt)
    cli()


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt

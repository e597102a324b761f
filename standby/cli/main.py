"""The `standby` command: the group, and nothing of what its commands do."""

import importlib
import os
import signal
from collections.abc import Mapping
from pathlib import Path
from types import FrameType
from typing import Final

import click

from standby.cli.options import print_json
from standby.errors import FAILED, REFUSED, USAGE, BadUsageError, RefusedError, StandbyError
from standby.target import Target, TargetOptions, open_connection

COMMANDS: Final[Mapping[str, tuple[str, str]]] = {
    "status": ("standby.cli.status", "Tell who serves, how both regions are, and one verdict."),
    "failover": ("standby.cli.failover", "Have the failover region serve."),
    "failback": ("standby.cli.failback", "Have the primary region serve again, once it is in step."),
    "reconcile": ("standby.cli.reconcile", "Bring a region that was lost back into step."),
    "journal": ("standby.cli.journal", "Show who did what, when, and how it ended."),
    "drill": ("standby.cli.drill", "Break things on purpose and measure how well it is survived."),
    "rehearse": ("standby.cli.rehearse", "Rehearse the whole deployment on this machine."),
}
"""Each command in the order of the help, the module that defines it, and what the help says of it. A module is imported
when its command runs: the rehearsal needs packages that somebody who only operates a deployment does not install, and
a failover should not wait for them."""

RESULTS: Final[Mapping[int, str]] = {FAILED: "failed", USAGE: "wrong usage", REFUSED: "refused"}
"""The result that the JSON document of an error names, by exit code."""

DEBUG_VARIABLE: Final = "STANDBY_DEBUG"
_REHEARSAL_PACKAGES: Final = frozenset({"cryptography", "filelock", "ministack", "psutil"})


class CommandGroup(click.Group):
    """A group that imports its commands late and lets no traceback reach the user."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands, in the order in which they are needed."""
        return [*COMMANDS, *super().list_commands(ctx)]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click gives it
        """Write the list of commands without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command, imported now. Raises `RefusedError` when a package of its own is missing."""
        if cmd_name not in COMMANDS:
            return super().get_command(ctx, cmd_name)
        try:
            module = importlib.import_module(COMMANDS[cmd_name][0])
        except ModuleNotFoundError as error:
            if error.name not in _REHEARSAL_PACKAGES:
                raise
            raise RefusedError(
                f"The Python package {error.name} is missing.", hint="Get it: pip install 'warm-standby[rehearsal]'"
            ) from error
        command: click.Command = getattr(module, cmd_name)
        return command

    def invoke(self, ctx: click.Context) -> object:
        """Run the command. An unexpected error becomes one message; with `--json` every error is a document too."""
        as_json = "--json" in ctx.args  # click removes the arguments as it parses them
        try:
            return self._invoke(ctx)
        except click.ClickException as error:
            if as_json:
                _print_error(ctx, RESULTS[error.exit_code], error.format_message())
            raise
        except (click.Abort, KeyboardInterrupt):
            if as_json:
                _print_error(ctx, RESULTS[FAILED], "Interrupted.")
            raise

    def _invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.Abort, click.exceptions.Exit):
            raise
        except BrokenPipeError:  # nothing reads stdout any more: click ends the command quietly
            raise
        except StandbyError as error:
            raise ReportedError(error) from error
        except Exception as error:
            # A traceback does not help a user; DEBUG_VARIABLE shows it to a developer.
            if DEBUG_VARIABLE in os.environ:
                raise
            unexpected = StandbyError(f"{type(error).__name__}: {error}", hint=f"{DEBUG_VARIABLE}=1 shows where.")
            raise ReportedError(unexpected) from error


class ReportedError(click.ClickException):
    """A `StandbyError` as click reports it: `Error: ` and the message on stderr, and its exit code."""

    def __init__(self, error: StandbyError) -> None:
        super().__init__(error.full_message)
        self.exit_code = error.exit_code  # type: ignore[misc]  # click reads it from the instance


def _print_error(ctx: click.Context, result: str, error: str) -> None:
    print_json({"command": ctx.invoked_subcommand, "result": result, "error": error})


@click.group(cls=CommandGroup)
@click.option("--name", help="The deployment's name. Default: from standby.toml.")
@click.option("--region", "regions", multiple=True, help="One of its regions; may be given twice. Default: the same.")
@click.option("--profile", help="The AWS profile of the account where it is deployed.")
@click.option("--aws", is_flag=True, help="The account of AWS's default credentials, even while a rehearsal is up.")
@click.option(
    "--directory",
    type=click.Path(file_okay=False, path_type=Path),
    help="The rehearsal in this directory. Default: the one in .rehearsal of the project, where it is up.",
)
@click.version_option(package_name="warm-standby")
@click.pass_context
def cli(
    context: click.Context,
    *,
    name: str | None,
    regions: tuple[str, ...],
    profile: str | None,
    aws: bool,
    directory: Path | None,
) -> None:
    """Operate a document chatbot that stands by, warm, in a second AWS region.

    Exit codes: 0 done, 1 failed, lost to another operator or declined, 2 wrong usage, 3 not ready or refused.
    """
    if directory and (aws or profile):
        raise BadUsageError("--directory names a rehearsal, --profile and --aws an account: give one of them.")
    options = TargetOptions(name=name, regions=regions, profile=profile, aws=aws, directory=directory)
    context.obj = Target(options, opener=context.obj or open_connection)


def main() -> None:
    """Run the command line. A termination signal ends it as Ctrl-C does: in good order."""
    signal.signal(signal.SIGTERM, _interrupt)
    cli()


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt

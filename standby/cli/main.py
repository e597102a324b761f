"""The `standby` command group. Each command is a module of its own."""

import importlib
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from types import FrameType
from typing import IO, Final, Literal

import click
from click.shell_completion import CompletionItem
from pydantic import Field

from standby.cli.options import HELP_OPTIONS, examples, print_json
from standby.cli.rehearsal.elsewhere import name_rehearsals_up
from standby.cli.unexpected_error import DEBUG_VARIABLE, describe_unexpected
from standby.console import print_progress
from standby.errors import FAILED, REFUSED, USAGE, BadUsageError, StandbyError
from standby.json_model import JsonModel
from standby.machine import describe_os_error, protect_output
from standby.named_commands import complete_error, started_with
from standby.target import Target, TargetOptions, open_connection
from standby.text import printable, wrap_lines

COMMANDS: Final[Mapping[str, tuple[str, str]]] = {
    "preflight": ("standby.cli.preflight", "Check what AWS would refuse, before a deployment."),
    "review": ("standby.cli.review", "Review a Terraform plan: what it does to the recovery of the deployment."),
    "status": ("standby.cli.status", "Show the serving region, the health of both regions, and one verdict."),
    "failover": ("standby.cli.failover", "Switch traffic to the failover region."),
    "failback": ("standby.cli.failover", "Switch traffic back to the primary region, once it is in sync."),
    "reconcile": ("standby.cli.reconcile", "Bring both regions back into sync after one was lost."),
    "automatic": ("standby.cli.automatic.command", "Switch the automatic failover on or off."),
    "journal": ("standby.cli.journal", "Show which command changed what, when, and how it ended."),
    "drill": (
        "standby.cli.drill",
        "Inject faults, restore everything, and compare what users noticed with the objectives.",
    ),
    "context": ("standby.cli.context", "Name deployments, and choose the one that commands work on."),
    "cost": ("standby.cli.cost", "Show what the deployment costs in a month."),
    "rehearse": ("standby.cli.rehearse", "Rehearse the whole deployment on this machine, without an AWS account."),
}
"""Each command in the order of the help: the module that defines it, and its line in the help.

A module is imported when its command runs, because the rehearsal needs packages that an operator may not have.
"""

RESULTS: Final[Mapping[int, str]] = {FAILED: "failed", USAGE: "wrong usage", REFUSED: "refused"}
"""The result in the JSON document of an error, by exit code."""


class ErrorJson(JsonModel):
    """The JSON document of a command that failed before it had its own result."""

    schema_version: Literal[2] = Field(default=2, description="2")
    command: str | None = Field(description="the command")
    result: str = Field(description="`failed` (exit code 1), `wrong usage` (2) or `refused` (3)")
    error: str = Field(description="the error on stderr")


class CommandGroup(click.Group):
    """A group that imports a command when it runs, and shows every error as one message."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands, in the order of the help."""
        return [*COMMANDS, *super().list_commands(ctx)]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click gives it
        """Write the list of commands without importing any of them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command, imported now. Raises `ModuleNotFoundError` when a package that it needs is missing.

        During completion in a shell such a command is None, so that nothing is completed.
        """
        if cmd_name not in COMMANDS:
            return super().get_command(ctx, cmd_name)
        try:
            module = importlib.import_module(COMMANDS[cmd_name][0])
        except ModuleNotFoundError:
            if ctx.resilient_parsing:
                return None
            raise
        command: click.Command = getattr(module, cmd_name)
        return command

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Return the commands and options that begin with what is typed, without importing any command."""
        names = [CompletionItem(name, help=text) for name, (_, text) in COMMANDS.items() if name.startswith(incomplete)]
        return [*names, *click.Command.shell_complete(self, ctx, incomplete)]

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command. Raises `NoSuchCommand` with the nearest name, which click seeks among loaded commands."""
        try:
            return super().resolve_command(ctx, args)
        except click.NoSuchCommand as error:
            raise click.NoSuchCommand(error.command_name, possibilities=self.list_commands(ctx), ctx=ctx) from error

    def invoke(self, ctx: click.Context) -> object:
        """Run the command. An unexpected error becomes one message; with `--json` every error is also a document."""
        arguments = tuple(ctx.args)  # click removes the arguments as it parses them
        as_json = "--json" in arguments
        try:
            return self._invoke(ctx, arguments)
        except click.ClickException as error:
            if as_json:
                _print_error(ctx, RESULTS[error.exit_code], error.format_message())
            if isinstance(error, click.UsageError) and not isinstance(error, click.exceptions.NoArgsIsHelpError):
                raise WrappedUsageError(error.format_message(), error.ctx) from error
            raise
        except (click.Abort, KeyboardInterrupt):
            if as_json:
                _print_error(ctx, RESULTS[FAILED], "Interrupted.")
            raise

    def _invoke(self, ctx: click.Context, arguments: tuple[str, ...]) -> object:
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.Abort, click.exceptions.Exit):
            raise
        except BrokenPipeError:  # the reader of stdout has gone: click ends the command quietly
            raise
        except StandbyError as error:
            if isinstance(ctx.obj, Target) and ctx.invoked_subcommand:
                name_rehearsals_up(error, ctx.obj.options, (ctx.invoked_subcommand, *arguments))
            raise ReportedError(error) from error
        except Exception as error:
            # A traceback does not help a user; it is in a report, and DEBUG_VARIABLE shows it to a developer.
            if DEBUG_VARIABLE in os.environ:
                raise
            raise ReportedError(describe_unexpected(error)) from error


class ReportedError(click.ClickException):
    """A `StandbyError` as click reports it: `Error: ` and the message on stderr, and its exit code."""

    def __init__(self, error: StandbyError) -> None:
        super().__init__(printable(complete_error(error)))
        self.exit_code = error.exit_code  # type: ignore[misc]  # click reads it from the instance

    def show(self, file: IO[str] | None = None) -> None:
        """Print the error in 80 columns."""
        click.echo(wrap_lines(f"Error: {self.format_message()}"), file=file, err=file is None)


class WrappedUsageError(click.UsageError):
    """Click's error for a wrong option or argument, in 80 columns."""

    def format_message(self) -> str:
        """Return the message, broken where `Error: ` and the message are too long for a line."""
        return wrap_lines(f"Error: {self.message}").removeprefix("Error: ")


def _print_error(ctx: click.Context, result: str, error: str) -> None:
    print_json(ErrorJson(command=ctx.invoked_subcommand, result=result, error=error))


@click.group(
    cls=CommandGroup,
    context_settings=HELP_OPTIONS,
    epilog=examples(
        "standby status",
        "standby --profile ops --region us-east-1 failover",
        'standby --context prod failback --reason "all is well"',
    ),
)
@click.option("--name", help="The deployment's name. Default: the name in standby.toml.")
@click.option(
    "--region",
    "regions",
    multiple=True,
    help="One of its regions; can be given twice. Default: the regions in standby.toml.",
)
@click.option("--context", "context_name", help="Work on the deployment of a context (`standby context list`).")
@click.option("--profile", help="The AWS profile for the deployment's account.")
@click.option("--aws", is_flag=True, help="Use the AWS default credentials, even while a rehearsal is up.")
@click.option(
    "--directory",
    type=click.Path(file_okay=False, path_type=Path),
    help="Use the rehearsal in this directory. Default: .rehearsal in the project, if it was started.",
)
@click.version_option(package_name="warm-standby")
@click.pass_context
def cli(
    context: click.Context,
    *,
    name: str | None,
    regions: tuple[str, ...],
    context_name: str | None,
    profile: str | None,
    aws: bool,
    directory: Path | None,
) -> None:
    """Operate a document chatbot that has a warm standby in a second AWS region.

    Exit codes: 0 done; 1 failed, declined, or lost to another operator; 2 wrong usage; 3 not ready, or refused.
    """
    options = TargetOptions(
        name=name, regions=regions, profile=profile, aws=aws, directory=directory, context=context_name
    )
    _refuse_contradictions(options)
    context.with_resource(started_with(options.start_options))
    context.obj = Target(options, opener=context.obj or open_connection)


def _refuse_contradictions(options: TargetOptions) -> None:
    texts = {"name": options.name, "profile": options.profile, "context": options.context}
    blank = next((option for option, value in texts.items() if value == ""), None)
    if blank or "" in options.regions:  # of an unset variable, such as `--profile "$PROFILE"`
        raise BadUsageError(f"--{blank or 'region'} is empty.", hint="Give it a value, or leave it out.")
    if options.context and len(options.given) > 1:
        other = min(options.given - {"context"})
        raise BadUsageError(
            f"--context names a whole deployment: use it without --{other}.",
            hint="`standby context add` changes what a context names.",
        )
    if options.directory and (options.aws or options.profile):
        raise BadUsageError("--directory names a rehearsal, --profile and --aws name an account: use one of them.")


def main() -> None:
    """Run the command line. SIGTERM ends it as Ctrl-C does. A character that stdout cannot encode is escaped."""
    protect_output()
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        cli()
    except OSError as error:  # of a help text: an error of a command is a message already
        if (failure := describe_os_error(error)) is None:
            raise
        print_progress(f"Error: {failure.full_message}")
        sys.exit(failure.exit_code)


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt

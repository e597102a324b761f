"""The parts that the commands share: options, the first line, the confirmation, the exit code, and JSON on stdout."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

import click

from standby.console import print_progress
from standby.errors import BadUsageError
from standby.json_model import JsonModel
from standby.target import TargetOptions
from standby.text import printable, wrap_lines

if TYPE_CHECKING:  # the help needs neither botocore nor the manifest
    from standby.deployment.connection import Connection
    from standby.deployment.manifest import Manifest

Command = TypeVar("Command", bound=Callable[..., object])

HELP_OPTIONS: Final = {"help_option_names": ["-h", "--help"]}
"""Settings of a group: its commands inherit them."""


class SubcommandGroup(click.Group):
    """A group whose help has the whole first sentence of each command. click's own cuts it at the terminal's width."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands."""
        commands = {name: self.get_command(ctx, name) for name in self.list_commands(ctx)}
        with formatter.section("Commands"):
            formatter.write_dl([(name, one.get_short_help_str(limit=1000)) for name, one in commands.items() if one])


def examples(*commands: str) -> str:
    """Return the end of a command's help: one to three commands, as a user types them."""
    return "\n".join(("\b", "Examples:", *(f"  {command}" for command in commands)))


json_option = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON on stdout.")

_CHANGE_OPTIONS: Final = (
    click.option("--dry-run", is_flag=True, help="Show the plan and change nothing."),
    click.option("--yes", is_flag=True, help="Do not ask for confirmation."),
    click.option("--force", is_flag=True, help="Override the preconditions that can be overridden."),
    click.option(
        "--reason", default="", help="The reason, for the journal.", callback=lambda _, __, value: printable(value)
    ),
    json_option,
)


@dataclass(frozen=True, kw_only=True)
class ChangeOptions:
    """The options of a command that changes something."""

    dry_run: bool
    yes: bool
    force: bool
    reason: str
    as_json: bool


def change_options(command: Command) -> Command:
    """Add the options of every command that changes something."""
    for option in reversed(_CHANGE_OPTIONS):
        command = option(command)
    return command


def refuse_group_options(options: TargetOptions, *, command: str, hints: Mapping[str, str]) -> None:
    """Raise `BadUsageError` if an option of the group is given that the command cannot use.

    `hints` has these options, and where each one belongs.
    """
    for option, hint in hints.items():
        if option in options.given:
            raise BadUsageError(f"{command} cannot use --{option}.", hint=hint)


def print_target(connection: "Connection", manifest: "Manifest") -> None:
    """Print the deployment on stderr."""
    regions = " + ".join(region.region for region in manifest.regions.values())
    print_progress(f"{connection.where}: {manifest.name} in account {manifest.account}, {regions}")
    for warning in manifest.warnings:
        print_progress(f"warning: {warning}")


def print_result(text: str) -> None:
    """Print a result on stdout, in 80 columns. No character of a text from outside changes the terminal."""
    click.echo(wrap_lines(printable(text)))


def print_json(document: JsonModel) -> None:
    """Print the one JSON document of a command on stdout."""
    click.echo(json.dumps(document.as_json(), indent=2))


def confirm(question: str, *, yes: bool) -> bool:
    """Ask for confirmation, unless `--yes` is given. Without a terminal the answer is no."""
    if yes:
        return True
    try:
        return click.confirm(question, err=True, prompt_suffix=" ")
    except click.Abort:  # no terminal, or Ctrl-C: end the line of the question
        click.echo(err=True)
        return False


def exit_with(code: int) -> None:
    """End the command with this exit code."""
    if code:
        click.get_current_context().exit(code)

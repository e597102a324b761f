"""What the commands share: their options, the first line, the question, the JSON answer."""

import json
from collections.abc import Callable
from typing import Final, TypeVar

import click

from standby.errors import FAILED, REFUSED

SCHEMA_VERSION: Final = 2
Command = TypeVar("Command", bound=Callable[..., object])

json_option = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON on stdout.")

_MUTATING: Final = (
    click.option("--dry-run", is_flag=True, help="Show the plan and do nothing."),
    click.option("--yes", is_flag=True, help="Do not ask."),
    click.option("--force", is_flag=True, help="Go on although a precondition does not hold, where that is possible."),
    click.option("--reason", default="", help="Why, for the journal."),
    json_option,
)


def mutating_options(command: Command) -> Command:
    """Add the options of every command that changes something."""
    for option in reversed(_MUTATING):
        command = option(command)
    return command


def print_json(document: dict[str, object]) -> None:
    """Print the one JSON document of a command on stdout."""
    click.echo(json.dumps({"schemaVersion": SCHEMA_VERSION, **document}, indent=2))


def confirmed(question: str, *, yes: bool) -> bool:
    """Ask, unless `--yes`. Without a terminal nobody can answer: that is a no."""
    if yes:
        return True
    try:
        return click.confirm(question, err=True)
    except click.Abort:
        return False


def exit_with(code: int) -> None:
    """End the command with this exit code."""
    if code:
        click.get_current_context().exit(code)


EXIT_CODES: Final = {
    "done": 0,
    "incomplete": 0,
    "nothing to do": 0,
    "planned": 0,
    "declined": FAILED,
    "failed": FAILED,
    "lost": FAILED,
    "refused": REFUSED,
}
"""`incomplete`: users are served, and what could not be written or compared is in the journal."""

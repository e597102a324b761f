"""The documented JSON of rehearsals, and the documented commands: complete, and nothing else."""

from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from standby.cli.main import COMMANDS, cli
from tests.constructs.plan import ROOT


def commands() -> Iterator[tuple[str, ...]]:
    context = click.Context(cli)
    for name in COMMANDS:
        yield (name,)
        command = cli.get_command(context, name)
        if isinstance(command, click.Group):
            yield from ((name, part) for part in command.commands)


@pytest.mark.parametrize("names", [(), *commands()], ids=" ".join)
def test_every_option_of_every_command_is_in_the_docs(names: tuple[str, ...]) -> None:
    """`cog` writes them there; the README sends its readers to this page for all options."""
    text = Path(ROOT, "docs", "cli.md").read_text(encoding="utf-8")
    help_text = CliRunner().invoke(cli, [*names, "--help"], prog_name="standby", terminal_width=100).output
    assert help_text.strip() in text

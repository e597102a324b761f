"""The examples in the help of every command, and the completion in a shell."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from standby.cli.main import COMMANDS, CommandGroup, cli
from tests.standby.helpers import words

PROGRAM = Path(sys.executable).with_name("standby")
FILES = ("drill.json",)
"""The files that the examples read."""


def commands(command: click.Command = cli, *names: str) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Yield every command, with its groups' names."""
    yield names, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None
            yield from commands(found, *names, name)


ALL = dict(commands())
EXAMPLES = [
    pytest.param(names, line, id=line)
    for names, command in ALL.items()
    for line in (command.epilog or "").split("\n")[2:]
]


@pytest.mark.parametrize("names", ALL, ids=" ".join)
def test_the_help_of_every_command_ends_with_one_to_three_examples(names: tuple[str, ...]) -> None:
    shown = CliRunner().invoke(cli, [*names, "--help"], prog_name="standby").stdout.splitlines()
    lines = shown[shown.index("  Examples:") + 1 :]
    assert 1 <= len(lines) <= 3
    assert all("standby " in line and len(line) <= 80 for line in lines)


@pytest.mark.parametrize("names,line", EXAMPLES)
def test_each_example_is_read_by_the_real_parser_as_its_command(
    names: tuple[str, ...], line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in FILES:
        (tmp_path / name).touch()
    found = re.search(r"standby [^>)]*", line)
    assert found is not None
    meant = parsed(shlex.split(found[0])[1:], monkeypatch)
    assert meant in ALL if isinstance(ALL[names], click.Group) else meant == names


def parsed(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> tuple[str, ...]:
    """Return the names of the command that would run: its arguments and options are read, and nothing runs."""
    paths: list[str] = []
    monkeypatch.setattr(click.Command, "invoke", lambda _, context: paths.append(context.command_path))
    result = CliRunner().invoke(cli, arguments, prog_name="standby")
    assert result.exit_code == 0, result.output
    return tuple(paths[-1].split()[1:])


def complete(typed: str) -> "subprocess.CompletedProcess[str]":
    """Return what the program answers to a TAB in bash behind the typed text."""
    environment = {"_STANDBY_COMPLETE": "bash_complete", "COMP_WORDS": typed, "COMP_CWORD": str(typed.count(" "))}
    return subprocess.run(
        [PROGRAM], env={**os.environ, **environment}, capture_output=True, text=True, check=True, timeout=60
    )


@pytest.mark.parametrize(
    "typed,offered",
    [
        ("standby fail", ["failover", "failback"]),
        ("standby ", list(COMMANDS)),
        ("standby rehearse fault region", ["region-down", "region-black-hole"]),
        ("standby --cont", ["--context"]),
    ],
)
def test_a_tab_offers_the_commands_options_and_choices_that_begin_so(typed: str, offered: list[str]) -> None:
    assert [line.partition(",")[2] for line in complete(typed).stdout.splitlines()] == offered


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
def test_the_completion_of_bash_is_a_script_that_bash_reads() -> None:
    environment = {**os.environ, "_STANDBY_COMPLETE": "bash_source"}
    script = subprocess.run([PROGRAM], env=environment, capture_output=True, text=True, check=True, timeout=60).stdout
    assert "_STANDBY_COMPLETE=bash_complete" in script
    shell = f"{script}\ncomplete -p standby"
    loaded = subprocess.run(["bash", "-c", shell], capture_output=True, text=True, check=True, timeout=60).stdout
    assert loaded.endswith(" standby\n")


def test_a_command_whose_package_is_missing_offers_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise ModuleNotFoundError(name=name)

    monkeypatch.setattr("importlib.import_module", missing)
    context = click.Context(cli, resilient_parsing=True)
    assert isinstance(cli, CommandGroup)
    assert cli.get_command(context, "rehearse") is None
    assert [item.value for item in cli.shell_complete(context, "reh")] == ["rehearse"]


def test_the_docs_say_how_completion_is_switched_on_in_each_shell() -> None:
    text = Path(__file__).parents[4].joinpath("docs", "cli.md").read_text(encoding="utf-8")
    assert all(f"_STANDBY_COMPLETE={shell}_source" in words(text) for shell in ("bash", "zsh", "fish"))

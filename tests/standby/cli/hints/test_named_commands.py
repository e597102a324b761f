"""Each command that a message names works on the deployment of the command that printed it."""

import ast
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from click.testing import CliRunner

from standby.cli.main import COMMANDS, cli
from standby.deployment.manifest import Role
from standby.named_commands import ACCOUNT_COMMANDS, DRILL, StartOptions, complete_commands, started_with
from standby.target import TargetOptions
from standby.text import label_lines, wrap, wrap_lines
from tests.constructs.plan import ROOT
from tests.standby.helpers import World, words

DIRECTORY: Final = ".rehearsal-dev"
IN_DIRECTORY: Final = StartOptions(directory=("--directory", "X"), rehearse=("--directory", "X"))
OF_NO_DEPLOYMENT: Final = {"context", "cost"}
NOT_RUN: Final = {"standby rehearse"}
"""The name of a group: a user does not run it."""


def texts() -> Iterator[tuple[str, str]]:
    """Yield each text of the tool that names a command, and its place, without docstrings and descriptions."""
    for path in sorted((ROOT / "standby").rglob("*.py")):
        if path.name == "named_commands.py":
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        hidden = {id(part) for node in ast.walk(tree) if is_hidden(node) for part in list(ast.walk(node))[1:]}
        for node in ast.walk(tree):
            if id(node) not in hidden and "`standby " in (text := text_of(node)):
                yield text, f"{path.relative_to(ROOT)}:{node.lineno}"  # type: ignore[attr-defined]  # it has a text


def text_of(node: ast.AST) -> str:
    """Return the text of a literal, with a command's name for each value in it; "" for another node."""
    if isinstance(node, ast.JoinedStr):
        return "".join(text_of(part) or "status" for part in node.values)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def is_hidden(node: ast.AST) -> bool:
    """Return whether the parts of a node are a docstring, a description or help, or of one literal with values."""
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.keyword) and node.arg in {"description", "help"})


TEXTS: Final = [pytest.param(text, id=place) for text, place in texts()]


def commands_in(text: str) -> list[str]:
    """Return the commands of the tool that a text names."""
    return re.findall(r"`(standby [^`]*)`?", text)


@pytest.mark.parametrize("text", TEXTS)
def test_each_command_in_a_message_gets_the_directory(text: str) -> None:
    with started_with(IN_DIRECTORY):
        completed = commands_in(complete_commands(text))
    assert completed
    for command in completed:
        name = command.removeprefix("standby ").split(" ")[0]
        if name not in OF_NO_DEPLOYMENT and command not in NOT_RUN:
            assert command.startswith(("standby --", "standby rehearse --directory")), command


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_is_completed_once_and_not_at_all_without_an_option(text: str) -> None:
    assert complete_commands(text) == text
    with started_with(IN_DIRECTORY):
        once = complete_commands(text)
        assert complete_commands(once) == once
    assert complete_commands(text) == text


def test_every_command_is_of_a_deployment_or_is_named_here() -> None:
    assert {*ACCOUNT_COMMANDS, DRILL, "rehearse", *OF_NO_DEPLOYMENT} == set(COMMANDS)


@pytest.mark.parametrize(
    "options,expected",
    [
        (TargetOptions(), "`standby status` `standby rehearse up` `standby drill`"),
        (TargetOptions(aws=True), "`standby --aws status` `standby rehearse up` `standby drill`"),
        (
            TargetOptions(context="prod"),
            "`standby --context prod status` `standby rehearse up` `standby drill`",
        ),
        (
            TargetOptions(name="a b", profile="o", regions=("us-east-1",)),
            "`standby --name 'a b' --profile o --region us-east-1 status` `standby rehearse up` `standby drill`",
        ),
        (
            TargetOptions(directory=Path("a")),
            "`standby --directory a status` `standby rehearse --directory a up` `standby --directory a drill`",
        ),
    ],
)
def test_a_command_gets_the_options_that_it_takes(options: TargetOptions, expected: str) -> None:
    with started_with(options.start_options):
        assert complete_commands("`standby status` `standby rehearse up` `standby drill`") == expected
        assert complete_commands("`standby cost` `standby context list`") == "`standby cost` `standby context list`"


def test_outside_of_the_project_the_group_rehearse_gets_the_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    project = tmp_path / "project"
    project.mkdir()
    (project / "cdktf.json").touch()
    options = TargetOptions(directory=project / ".rehearsal")
    where = f"--directory {shlex.quote(str(project / '.rehearsal'))}"
    with started_with(options.start_options):
        completed = complete_commands("`standby rehearse heal` `standby status`")
    assert completed == f"`standby rehearse --project {project} {where} heal` `standby {where} status`"


def test_every_way_to_break_lines_completes_the_commands() -> None:
    with started_with(IN_DIRECTORY):
        shown = [wrap("`standby status`"), wrap_lines("`standby status`").split("\n")]
        shown.append(label_lines("", "`standby status`", column=0))
    assert [line.strip() for lines in shown for line in lines] == ["`standby --directory X status`"] * 3


def run(world: World, *arguments: str, dead: tuple[Role, ...] = ()) -> str:
    """Run a command as a user does who names another rehearsal, and return all that it prints."""
    line = ["--directory", DIRECTORY, *arguments]
    return words(CliRunner().invoke(cli, line, obj=lambda _: world.connect(*dead)).output)


def test_all_that_the_commands_of_an_outage_print_names_the_directory(world: World) -> None:
    printed = [
        run(world, "status", dead=("primary",)),
        run(world, "status", "--json", dead=("primary",)),
        run(world, "failover", dead=("failover",)),
        run(world, "failover", "--json", dead=("failover",)),
        run(world, "failover", "--yes", dead=("primary",)),
        run(world, "status"),
        run(world, "failback", "--checks", "1", "--wait", "0"),
        run(world, "journal", "--last", "1"),
        run(world, "journal", "--dry-run"),
        run(world, "journal", dead=("primary", "failover")),
        run(world, "reconcile", "--yes", dead=("primary",)),
    ]
    found = [command for text in printed for command in commands_in(text)]
    assert {"status", "failover", "reconcile"} <= {command.split(" ")[3] for command in found}
    assert [command for command in found if f" --directory {DIRECTORY} " not in command] == []
    assert all(commands_in(printed[number]) for number in (0, 1, 2, 3, 4, 5, 6))


def test_the_options_of_one_command_are_not_those_of_the_next(world: World) -> None:
    assert f"`standby --directory {DIRECTORY} " in run(world, "status", dead=("primary",))
    after = CliRunner().invoke(cli, ["status"], obj=lambda _: world.connect("primary")).output
    assert "`standby failover`" in words(after)

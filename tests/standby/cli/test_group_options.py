"""Every option of the group `standby` is used by the command, or refused: none is dropped."""

from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from standby.cli.main import COMMANDS, cli
from standby.cli.rehearse import rehearse
from standby.errors import RefusedError
from standby.target import SHELL_DIRECTORY_VARIABLE, TargetOptions
from tests.constructs.plan import ROOT

VALUES = {
    "name": "other",
    "region": "eu-west-1",
    "context": "prod",
    "profile": "ops",
    "aws": None,
    "directory": "/nowhere/rehearsal",
}
"""A value of each option; None for a flag."""

LIVE = ("drill", "--live", "--scenario", "live-api")
ARGUMENTS = {"fault": ("region-down", "primary"), "exec": ("true",)}
CONNECTED = [(name,) for name in COMMANDS if name not in {"automatic", "context", "cost", "drill", "rehearse"}] + [
    ("automatic", "status"),
    LIVE,
]
"""The commands that open a connection to the deployment that the options name."""

OTHERS = [
    ("context", "list"),
    ("cost", "--usage", "idle"),
    ("review", "--offline", "--stack", "/nowhere"),
    ("drill", "--all"),
    ("drill", "--list"),
    *(("rehearse", name, *ARGUMENTS.get(name, ())) for name in rehearse.commands),
]
options = st.sampled_from(sorted(VALUES))


def line(*given: str) -> list[str]:
    return [part for name in given for part in (f"--{name}", VALUES[name]) if part is not None]


def invoke(*arguments: str, opened: list[TargetOptions] | None = None) -> Result:
    def opener(found: TargetOptions) -> None:
        if opened is not None:
            opened.append(found)
        raise RefusedError("opened")

    return CliRunner().invoke(cli, arguments, obj=opener)


def test_the_values_are_those_of_every_option_of_the_group() -> None:
    named = {parameter.opts[0].removeprefix("--") for parameter in cli.params if isinstance(parameter, click.Option)}
    assert named - {"version"} == set(VALUES)


@settings(max_examples=300)
@given(st.sampled_from(CONNECTED), st.sets(options))
def test_a_command_that_opens_a_connection_hands_every_option_to_it(command: tuple[str, ...], given: set[str]) -> None:
    opened: list[TargetOptions] = []
    result = invoke(*line(*sorted(given)), *command, opened=opened)
    contradictory = "directory" in given and not given.isdisjoint({"aws", "profile"})
    not_its_own = command == ("preflight",) and not given.isdisjoint({"name", "region"})
    if contradictory or not_its_own or ("context" in given and len(given) > 1):
        assert (result.exit_code, opened) == (2, [])
        return
    assert result.exit_code == 3, result.stderr
    assert [found.given for found in opened] == [given]


@given(st.sampled_from(OTHERS), options)
def test_a_command_without_a_connection_refuses_the_options_that_it_cannot_use(
    command: tuple[str, ...], option: str
) -> None:
    result = invoke(*line(option), *command)
    if (command[0], option) == ("drill", "directory"):
        assert result.exit_code == (0 if "--list" in command else 3)
        return
    if command[0] == "review" and option in {"aws", "directory"}:  # they say which stack Terraform plans
        assert result.exit_code == (2 if option == "aws" else 3)
        assert "cannot use" not in result.stderr
        return
    assert result.exit_code == 2, result.stderr
    first, hint, *_ = result.stderr.splitlines()
    assert first == f"Error: standby {command[0]} cannot use --{option}."
    assert hint.startswith("  ")


def test_the_hint_names_the_place_of_the_directory() -> None:
    result = invoke("--directory", "x", "rehearse", "status")
    assert "`standby rehearse --directory x COMMAND`" in result.stderr


@pytest.mark.parametrize("option", ["name", "profile", "region"])
def test_an_empty_value_is_refused_because_its_variable_was_not_set(option: str) -> None:
    result = invoke(f"--{option}", "", "failover")
    assert (result.exit_code, result.stderr) == (
        2,
        f"Error: --{option} is empty.\n  Give it a value, or leave it out.\n",
    )


@pytest.mark.parametrize("command", [("rehearse", "status"), ("rehearse", "env"), ("drill", "--all")])
def test_the_directory_of_the_shell_is_used_by_commands_of_the_rehearsal_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    """`down` in the shell of one rehearsal must not remove another one."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv(SHELL_DIRECTORY_VARIABLE, str(tmp_path / "mine"))
    seen: list[Path] = []
    for find in ("running_emulator", "live_emulator"):
        monkeypatch.setattr(f"standby.rehearsal.rehearsal.{find}", lambda paths: seen.append(paths.directory))
    assert invoke(*command).exit_code == 3
    assert set(seen) <= {tmp_path / "mine"}
    assert seen or command[0] == "drill"

"""Contexts: short names for deployments, so that an operator needs no checkout of the project."""

import json
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from standby import target
from standby.cli.main import cli
from standby.contexts import CONTEXT_VARIABLE, contexts_path, read_contexts
from standby.deployment.connection import AwsConnection
from standby.errors import RefusedError
from standby.target import SHELL_DIRECTORY_VARIABLE, TargetOptions, open_connection
from tests.standby.helpers import words

PROD = (
    "context",
    "add",
    "prod",
    "--name",
    "chatbot",
    "--profile",
    "ops",
    "--region",
    "us-west-2",
    "--region",
    "us-east-1",
)
DEV = ("context", "add", "dev", "--name", "chatbot-dev", "--region", "eu-west-1")


@pytest.fixture(autouse=True)
def _own_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "configuration"))
    monkeypatch.delenv(SHELL_DIRECTORY_VARIABLE, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    (tmp_path / "config").write_text("[profile ops]\nregion = us-west-2\n")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments)


def opened(**options: object) -> AwsConnection:
    connection = open_connection(TargetOptions(**options))  # type: ignore[arg-type]  # the fields of a dataclass
    assert isinstance(connection, AwsConnection)
    return connection


def test_a_context_in_use_names_the_deployment_its_regions_and_its_profile() -> None:
    assert run(*PROD).exit_code == run("context", "use", "prod").exit_code == 0
    found = opened()
    assert (found.name, found.regions, found.profile) == ("chatbot", ("us-west-2", "us-east-1"), "ops")
    assert found.where == "AWS, context prod, profile ops"


def test_a_context_that_is_not_in_use_changes_nothing() -> None:
    run(*DEV)
    assert opened().where == "AWS, default credentials"


def test_an_option_names_a_context_for_one_command_and_a_variable_one_for_a_shell(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for command in (PROD, DEV, ("context", "use", "prod")):
        run(*command)
    assert opened(context="dev").where == "AWS, context dev"
    monkeypatch.setenv(CONTEXT_VARIABLE, "dev")
    assert opened().name == "chatbot-dev"
    assert opened(context="prod").name == "chatbot"


@pytest.mark.parametrize("options", [{"aws": True}, {"profile": "ops"}, {"name": "other"}, {"regions": ("eu-west-1",)}])
def test_an_option_that_names_an_account_goes_before_the_current_context(options: dict[str, object]) -> None:
    run(*DEV)
    run("context", "use", "dev")
    assert "context" not in opened(**options).where


def test_a_directory_of_another_deployment_makes_the_current_context_ambiguous(tmp_path: Path) -> None:
    run(*PROD)
    run("context", "use", "prod")
    Path("standby.toml").write_text('name = "chatbot-dev"')
    result = run("failover", "--yes")
    assert result.exit_code == 2
    assert "describes chatbot-dev, and the current context is prod (chatbot)" in result.stderr
    assert "`standby --context prod COMMAND`" in result.stderr
    Path("standby.toml").write_text('name = "chatbot"')
    assert opened().where == "AWS, context prod, profile ops"


def test_a_rehearsal_that_was_started_here_goes_before_the_current_context(monkeypatch: pytest.MonkeyPatch) -> None:
    run(*PROD)
    run("context", "use", "prod")
    monkeypatch.setattr(target, "_nearest_rehearsal", lambda: Path("/nowhere/rehearsal"))
    with pytest.raises(RefusedError, match="/nowhere/rehearsal"):
        opened()


def test_contexts_are_listed_with_a_star_at_the_current_one() -> None:
    assert "There are no contexts" in run("context", "list").stdout
    for command in (PROD, DEV, ("context", "use", "dev")):
        run(*command)
    assert run("context", "list").stdout.splitlines() == [
        "* dev: chatbot-dev in eu-west-1, default credentials",
        "  prod: chatbot in us-west-2 + us-east-1, profile ops",
    ]
    document = json.loads(run("context", "list", "--json").stdout)
    assert document["current"] == "dev"
    assert document["contexts"]["prod"]["profile"] == "ops"


def test_a_context_that_is_removed_is_no_longer_the_current_one() -> None:
    for command in (PROD, ("context", "use", "prod"), ("context", "remove", "prod")):
        assert run(*command).exit_code == 0
    assert read_contexts().current is None
    assert opened().where == "AWS, default credentials"
    run(*PROD)
    run("context", "use", "prod")
    run("context", "use", "--none")
    assert list(read_contexts().contexts) == ["prod"]
    assert opened().where == "AWS, default credentials"


@pytest.mark.parametrize(
    "arguments",
    [("context", "use", "nobody"), ("context", "remove", "nobody"), ("--context", "nobody", "status")],
)
def test_a_context_that_does_not_exist_is_wrong_usage_with_the_names_that_do(arguments: tuple[str, ...]) -> None:
    run(*PROD)
    result = run(*arguments)
    assert result.exit_code == 2
    assert "There is no context nobody." in result.stderr
    assert "shows them: prod." in result.stderr


@pytest.mark.parametrize("key", ["", "a b", "-x", "../x", "x" * 65, "\x1b[2J"])
def test_a_name_that_no_shell_line_can_carry_is_refused_and_writes_nothing(key: str) -> None:
    assert run("context", "add", "--name", "chatbot", "--region", "us-west-2", "--", key).exit_code == 2
    assert not contexts_path().exists()


def test_a_region_that_is_none_is_refused() -> None:
    assert "'primary' is no AWS region" in run("context", "add", "x", "--name", "c", "--region", "primary").stderr


@pytest.mark.parametrize("text", ["{", "[]", '{"schemaVersion": 2}', '{"contexts": {"a": {}}}', "[" * 100_000])
@pytest.mark.parametrize("command", ["status", "list"])
def test_a_file_that_is_not_of_contexts_is_wrong_usage_with_its_path(text: str, command: str) -> None:
    contexts_path().parent.mkdir(parents=True)
    contexts_path().write_text(text)
    result = run("context", "list") if command == "list" else run("status")
    assert result.exit_code == 2
    assert f"{contexts_path()}: not a file of contexts." in words(result.stderr)


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "configuration").write_text("a file, not a directory")
    result = run(*PROD)
    assert result.exit_code == 2
    assert str(contexts_path()) in result.stderr


def test_the_file_of_contexts_is_for_its_owner_as_the_umask_says_and_holds_no_secret() -> None:
    run(*PROD)
    assert stat.S_ISREG(contexts_path().stat().st_mode)
    assert json.loads(contexts_path().read_text())["contexts"]["prod"] == {
        "name": "chatbot",
        "regions": ["us-west-2", "us-east-1"],
        "profile": "ops",
    }


@pytest.mark.parametrize("option", [("--name", "x"), ("--aws",), ("--profile", "ops"), ("--region", "us-west-2")])
def test_a_context_and_another_name_for_a_deployment_contradict_each_other(option: tuple[str, ...]) -> None:
    result = run("--context", "prod", *option, "status")
    assert result.exit_code == 2
    assert f"use it without {option[0]}" in result.stderr

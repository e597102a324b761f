"""The output of a command in every case: no reader, an error, an interruption."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
from click.testing import CliRunner, Result

from standby.cli.main import RESULTS, ErrorJson, cli
from standby.console import print_progress
from standby.deployment.connection import Connection
from standby.deployment.routing_config import copies_agree
from standby.operations.execution.switch_steps import SwitchSteps
from standby.target import TargetOptions
from tests.constructs.plan import ROOT
from tests.standby.helpers import EAST, WEST, Run, World

COMMAND = """
import sys
from standby.cli.main import cli
from standby.deployment.manifest import parse_manifest
from tests.standby.manifests import manifest_text
from tests.standby.helpers import World

endpoint, number = sys.argv[1:3]
world = World(endpoint=endpoint, manifest=parse_manifest(manifest_text(number, name=f"world{number}")))
sys.argv[1:] = sys.argv[3:]
cli(obj=lambda _: world.connect())
"""


@pytest.fixture
def unread() -> Iterator[int]:
    """The writing end of a pipe without a reader."""
    reader, writer = os.pipe()
    os.close(reader)
    yield writer
    os.close(writer)


def start(world: World, *arguments: str, stdout: int, stderr: int) -> "subprocess.CompletedProcess[str]":
    """Run a command as a separate program."""
    number = world.manifest.name.removeprefix("world")
    line = [sys.executable, "-c", COMMAND, world.endpoint, number, *arguments]
    return subprocess.run(line, cwd=ROOT, stdout=stdout, stderr=stderr, text=True, check=False, timeout=60)


def test_a_failover_is_carried_out_if_its_progress_has_no_reader(world: World, unread: int) -> None:
    ran = start(world, "failover", "--yes", stdout=subprocess.PIPE, stderr=unread)
    assert (ran.returncode, ran.stdout) == (0, f"Done. {EAST} now serves (generation 4).\n")
    assert copies_agree(world.copies())


def test_a_failover_is_carried_out_if_its_output_has_no_reader(world: World, unread: int) -> None:
    start(world, "failover", "--yes", stdout=unread, stderr=unread)
    assert [copy.generation for copy in world.copies().values()] == [4, 4]
    assert [event.result for event in world.events("failover")] == ["done"]


@pytest.mark.parametrize("command", [["journal"], ["status"], ["status", "--json"], ["failover", "--yes"]])
def test_a_result_without_a_reader_ends_the_command_without_an_error_message(
    world: World, unread: int, command: list[str]
) -> None:
    ran = start(world, *command, stdout=unread, stderr=subprocess.PIPE)
    assert ran.returncode == 1
    assert not [line for line in ran.stderr.splitlines() if "rror" in line or "Traceback" in line]


def test_progress_is_not_written_again_after_a_failed_write(unread: int, monkeypatch: pytest.MonkeyPatch) -> None:
    with os.fdopen(os.dup(unread), "w") as stderr:
        monkeypatch.setattr(sys, "stderr", stderr)
        print_progress("lost")
        stderr.write("nor does this fail, at the end of the program")
        stderr.flush()


@pytest.mark.parametrize("command", ["failover", "failback", "reconcile"])
def test_the_seconds_of_a_command_count_from_before_its_connection_is_opened(world: World, command: str) -> None:
    def slow(_: TargetOptions) -> Connection:
        time.sleep(0.5)
        return world.connect()

    result = CliRunner().invoke(cli, [command, "--dry-run", "--json"], obj=slow)
    seconds = json.loads(result.stdout)["seconds"]
    assert seconds["total"] >= seconds["gathered"] >= 0.5


def test_without_stderr_progress_is_dropped_and_the_command_continues(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", None)  # Python sets it to None in a program that was started with `2>&-`
    print_progress("lost")


def error_of(result: Result) -> dict[str, str]:
    """Return the document of an error; it is the only output on stdout and has the documented fields."""
    document: dict[str, str] = json.loads(result.stdout)
    assert document.keys() == ErrorJson.model_validate(document, by_alias=True, by_name=False).as_json().keys()
    assert document["result"] == RESULTS[result.exit_code]
    return document


@pytest.mark.parametrize("command", ["status", "failover", "failback", "reconcile", "journal"])
def test_with_json_an_error_is_one_document(world: World, command: str) -> None:
    document = error_of(
        CliRunner().invoke(cli, [command, "--json"], obj=lambda _: world.connect("primary", "failover"))
    )
    assert (document["command"], document["result"]) == (command, "refused")
    assert document["error"].startswith(f"No manifest of {world.manifest.name}: ")


@pytest.mark.parametrize(
    "arguments,command",
    [(["status", "--json", "--nonsense"], "status"), (["--aws", "failback", "--json", "--checks", "0"], "failback")],
)
def test_with_json_wrong_usage_is_one_document(arguments: list[str], command: str) -> None:
    document = error_of(CliRunner().invoke(cli, arguments))
    assert (document["command"], document["result"]) == (command, "wrong usage")


def test_without_json_an_error_is_only_on_stderr(world: World) -> None:
    result = CliRunner().invoke(cli, ["failover"], obj=lambda _: world.connect("primary", "failover"))
    assert (result.stdout, result.stderr.startswith("Error: No manifest")) == ("", True)


def test_with_json_an_interruption_during_the_reads_is_one_document() -> None:
    def interrupt(_: object) -> Connection:
        raise KeyboardInterrupt

    document = error_of(CliRunner().invoke(cli, ["failover", "--json"], obj=interrupt))
    assert (document["result"], document["error"]) == ("failed", "Interrupted.")


def test_with_json_an_interrupted_plan_names_the_steps_that_were_taken(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(SwitchSteps, "invalidate", interrupt)
    result = CliRunner().invoke(cli, ["failover", "--yes", "--json"], obj=lambda _: world.connect())
    document = json.loads(result.stdout)
    assert (result.exit_code, document["result"]) == (1, "failed")
    assert [step["step"] for step in document["steps"]] == [
        f"Write the intent into the journal in {EAST}",
        f"Write config.json in {EAST}",
        f"Write config.json in {WEST}",
    ]
    assert document["error"].startswith("Interrupted. Run the same command again")


@pytest.mark.parametrize("given,ended", [("n\n", "[y/N] n\n"), ("", "[y/N] \n"), (None, "[y/N] \n")])
def test_a_question_that_is_not_answered_with_yes_changes_nothing_on_a_line_of_its_own(
    run: Run, world: World, given: str | None, ended: str
) -> None:
    result = run("failover", given=given)
    assert (result.exit_code, result.stderr.splitlines()[-1]) == (1, "Cancelled, nothing changed.")
    assert f"\nSwitch users to {EAST}? {ended}Cancelled, nothing changed.\n" in result.stderr
    assert {copy.generation for copy in world.copies().values()} == {3}

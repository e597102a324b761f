"""A region that answers nonsense is unavailable for every command, and never stops one that can go on without it."""

import json
import os
import time
from collections.abc import Callable, Iterator

import pytest
from click.testing import CliRunner, Result

from standby.cli.main import cli
from tests.standby.helpers import EmulatorConnection, World
from tests.standby.sick_server import ANSWERS, SickServer

LIMIT_SECONDS = 10.0
STATUS_LIMIT_SECONDS = 4.0  # the promise is 3, on a machine that runs nothing else

pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket")  # of answers that http.client could not read

Command = Callable[..., Result]


@pytest.fixture(scope="module")
def sick() -> Iterator[SickServer]:
    server = SickServer("html")
    yield server
    server.close()


@pytest.fixture
def command(world: World, sick: SickServer) -> Command:
    """Run a command while the primary region is half-dead. It ends in time and reports no bug of ours."""

    def run(*arguments: str) -> Result:
        began = time.monotonic()
        result = CliRunner().invoke(cli, arguments, obj=lambda _: world.connect(sick={"primary": sick.url}))
        assert time.monotonic() - began < LIMIT_SECONDS
        assert "This is a bug" not in result.stderr, result.stderr
        return result

    return run


@pytest.mark.parametrize("answer", ANSWERS)
def test_a_failover_from_a_half_dead_region_moves_users(
    answer: str, sick: SickServer, world: World, command: Command
) -> None:
    sick.answer = answer
    result = command("failover", "--yes", "--json")
    assert result.exit_code == 0, result.stderr
    document = json.loads(result.stdout)
    assert document["result"] == "incomplete"
    assert [part["region"] for part in document["pendingWrites"]] == ["us-west-2"]
    config = world.copies()["failover"].config
    assert config is not None
    assert config.region == "us-east-1"


@pytest.mark.parametrize("answer", ANSWERS)
def test_status_and_journal_say_that_the_region_is_unavailable(answer: str, sick: SickServer, command: Command) -> None:
    sick.answer = answer
    began = time.monotonic()
    status = json.loads(command("status", "--json").stdout)
    assert time.monotonic() - began < STATUS_LIMIT_SECONDS
    assert "unavailable" in status["regions"]["primary"]["config"]
    assert status["verdict"] != "ready"
    journal = json.loads(command("journal", "--json").stdout)
    assert "us-west-2" in journal["unavailable"] or "with a request id" in answer


@pytest.mark.parametrize("answer", ["html", "empty", "wrong types with a request id", "header by header"])
def test_reconcile_is_refused_with_the_region_and_the_reason(answer: str, sick: SickServer, command: Command) -> None:
    sick.answer = answer
    result = command("reconcile", "--yes")
    assert result.exit_code == 3
    assert "us-west-2" in result.stderr


@pytest.mark.parametrize("answer", ["html", "empty", "header by header"])
def test_a_journal_that_was_not_read_is_never_called_empty(answer: str, sick: SickServer, command: Command) -> None:
    sick.answer = answer
    journal = command("journal").stdout
    assert "The journal is empty" not in journal
    assert "not read: the journal of us-west-2, because us-west-2 " in journal
    status = command("status").stdout
    assert "last failover: none" not in status
    assert "the journal of us-west-2 was not read" in status


def test_an_empty_journal_is_called_empty(world: World) -> None:
    assert "is empty" in CliRunner().invoke(cli, ["journal"], obj=lambda _: world.connect()).stdout


def test_an_escape_sequence_in_a_journal_never_reaches_the_terminal(world: World) -> None:
    def run(*arguments: str) -> Result:
        return CliRunner().invoke(cli, arguments, obj=lambda _: world.connect())

    assert run("failover", "--yes", "--reason", "St\udcf6rung \x1b[2J").exit_code == 0
    event = world.events("failover")[-1]
    for role, region in world.manifest.regions.items():
        text = json.dumps({**event.as_json(), "actor": "\x1b]0;title\x07"})
        world.s3(role).put_object(Bucket=region.frontend_bucket, Key=event.key, Body=text.encode())
    shown = run("journal")
    assert shown.exit_code == 0
    assert "\x1b" not in shown.output
    assert r"St\udcf6rung \x1b[2J" in shown.stdout
    assert r"by \x1b]0;title\x07" in shown.stdout


@pytest.mark.parametrize("rehearsed, named", [(True, True), (False, False)])
def test_a_busy_machine_is_named_where_a_region_of_a_rehearsal_is_late(
    sick: SickServer, command: Command, monkeypatch: pytest.MonkeyPatch, *, rehearsed: bool, named: bool
) -> None:
    """A region of AWS does not run on this machine."""
    sick.answer = "header by header"
    monkeypatch.setattr(EmulatorConnection, "rehearsed", rehearsed)
    monkeypatch.setattr(os, "getloadavg", lambda: (900.0, 0.0, 0.0))
    ran = command("status")
    assert "time-out" in ran.stdout
    assert ("An answer did not come in time. This machine is busy (load 900.0 " in ran.stderr) is named

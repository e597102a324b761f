"""`standby preflight` of a project, against an emulator in which nothing of it is deployed."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from standby.cli.main import cli
from standby.deployment.manifest import Role
from standby.preflight.report import PreflightJson
from tests.constructs.plan import Plan
from tests.standby.helpers import World
from tests.standby.sick_server import ANSWERS, SickServer

LIMIT_SECONDS = 20.0  # on a busy machine; the region itself delays the command by 3 s

pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket")  # of answers that http.client could not read

Command = Callable[..., Result]


@pytest.fixture(scope="module")
def sick() -> Iterator[SickServer]:
    server = SickServer("html")
    yield server
    server.close()


@pytest.fixture
def command(world: World, project: Path, plan: Plan, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run the command in a project whose synthesis is the real stack."""
    (project / "configuration.json").write_text(json.dumps(plan.document))
    monkeypatch.chdir(project)

    def run(*arguments: str, dead: tuple[Role, ...] = (), sick: dict[Role, str] | None = None) -> Result:
        return CliRunner().invoke(cli, ["preflight", *arguments], obj=lambda _: world.connect(*dead, sick=sick))

    return run


def test_the_document_has_the_documented_fields_and_says_what_would_fail(command: Command) -> None:
    result = command("--json")
    document = json.loads(result.stdout)
    assert PreflightJson.from_json(document).as_json() == document
    assert (result.exit_code, document["result"]) == (3, "not ready")
    statuses = {(one["check"], one["region"]): one["status"] for one in document["findings"]}
    assert statuses["identity", None] == "fails"  # the emulator's root user
    assert statuses["account", None] == "advice"
    assert statuses["region", "us-west-2"] == "ok"
    assert statuses["answer model", "us-west-2"] == "ok"
    assert statuses["API logging role", "us-east-1"] == "ok"


def test_the_table_fits_80_columns_and_has_a_remedy_for_each_failure(command: Command) -> None:
    lines = command().stdout.splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[0].startswith("FAILS")
    assert any("-> Apply as a role." in line for line in lines)
    assert lines[-1].startswith("not ready: ")


def test_the_policy_is_printed_without_a_call(project: Path, plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "configuration.json").write_text(json.dumps(plan.document))
    monkeypatch.chdir(project)
    result = CliRunner().invoke(cli, ["preflight", "--policy"], obj=lambda _: pytest.fail("a connection was opened"))
    assert result.exit_code == 0
    assert {one["Effect"] for one in json.loads(result.stdout)["Statement"]} == {"Allow"}


@pytest.mark.parametrize("option", [["--name", "other"], ["--region", "eu-west-1"]], ids=["name", "region"])
def test_an_option_that_contradicts_the_settings_is_wrong_usage(option: list[str]) -> None:
    result = CliRunner().invoke(cli, [*option, "preflight"], obj=lambda _: pytest.fail("a connection was opened"))
    assert result.exit_code == 2
    assert "STANDBY_SETTINGS" in result.stderr


def test_outside_of_a_project_it_says_so(command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = command()
    assert result.exit_code == 2
    assert "No project found" in result.stderr


def test_with_both_regions_down_it_is_refused_with_the_next_action(command: Command) -> None:
    result = command(dead=("primary", "failover"))
    assert result.exit_code == 3
    assert "aws sso login" in result.stderr


@pytest.mark.parametrize("answer", ANSWERS)
def test_a_half_dead_region_is_unknown_and_the_other_one_is_checked(
    answer: str, sick: SickServer, command: Command
) -> None:
    sick.answer = answer
    began = time.monotonic()
    result = command("--json", sick={"primary": sick.url})
    assert time.monotonic() - began < LIMIT_SECONDS
    assert "This is a bug" not in result.stderr, result.stderr
    assert result.exit_code == 3
    statuses = {(one["check"], one["region"]): one["status"] for one in json.loads(result.stdout)["findings"]}
    assert statuses["region", "us-west-2"] in {"unknown", "fails"}
    assert statuses["answer model", "us-west-2"] in {"unknown", "fails"}
    assert statuses["region", "us-east-1"] == "ok"
    assert statuses["answer model", "us-east-1"] == "ok"

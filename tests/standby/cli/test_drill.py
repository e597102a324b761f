"""`standby drill` as a command: usage, refusals, outputs; what it does to a rehearsal is tested end to end."""

import errno
import json
import os
import signal
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner, Result

from standby.cli import drill as commands
from standby.cli.main import cli
from standby.console import NullProgress
from standby.deployment.connection import AwsConnection
from standby.deployment.manifest import Manifest, Region, Role, Site
from standby.drill.live import LIVE_SCENARIOS, confirm_scenario
from standby.drill.measure.records import Clock, Outcome
from standby.drill.operator_process import CommandProcess
from standby.drill.report.report import DrillReport
from standby.drill.scenario import Scenario
from standby.drill.scenarios.catalog import ORDER, SCENARIOS
from standby.drill.signals import undisturbed
from standby.errors import StandbyError
from tests.standby.drill.helpers import drill_report, scenario_report


def run(*arguments: str, typed: str = "", connection: object = None) -> Result:
    return CliRunner().invoke(cli, arguments, input=typed, obj=connection and (lambda _: connection))


@pytest.fixture
def here(project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(project)
    monkeypatch.delenv("STANDBY_SETTINGS", raising=False)
    return project


@pytest.fixture
def played(here: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """Which scenarios were asked for; each is met."""
    asked: list[tuple[str, ...]] = []

    def drill(_: object, scenarios: tuple[Scenario, ...], **__: object) -> DrillReport:
        asked.append(tuple(scenario.name for scenario in scenarios))
        return drill_report(*(scenario_report(name=name, result=Outcome.PASSED) for name in asked[-1]))

    monkeypatch.setattr(commands, "run_drill", drill)
    return asked


def test_the_catalogue_has_every_scenario_in_its_order() -> None:
    assert tuple(SCENARIOS) == ORDER
    assert len(ORDER) >= 10
    assert all(scenario.objectives and scenario.summary.endswith(".") for scenario in SCENARIOS.values())


def test_without_a_scenario_the_usage_is_wrong_and_all_are_named(here: Path) -> None:
    result = run("drill")
    assert result.exit_code == 2
    assert "Name a scenario with --scenario, or say --all." in result.stderr
    assert all(name in result.stderr for name in SCENARIOS)


def test_an_unknown_scenario_is_a_wrong_usage(here: Path) -> None:
    result = run("drill", "--scenario", "region-lost", "--scenario", "moon-lost")
    assert result.exit_code == 2
    assert "There is no scenario 'moon-lost'." in result.stderr


def test_the_list_says_what_each_scenario_shows(here: Path) -> None:
    result = run("drill", "--list")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert [line.split()[0] for line in lines] == list(SCENARIOS)
    assert "after one command the other region answers" in result.stdout


def test_without_a_rehearsal_a_drill_is_refused(here: Path) -> None:
    result = run("drill", "--all")
    assert result.exit_code == 3
    assert "The rehearsal is not up." in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize("where", [["--aws"], ["--profile", "production"]])
def test_a_real_deployment_is_drilled_with_live_only(here: Path, where: list[str]) -> None:
    result = run(*where, "drill", "--all")
    assert result.exit_code == 2
    assert "drilled with --live only" in result.stderr


def test_scenarios_are_played_in_the_order_of_the_catalogue(played: list[tuple[str, ...]]) -> None:
    assert run("drill", "--scenario", "standby-lost", "--scenario", "api-lost").exit_code == 0
    assert run("drill", "--all").exit_code == 0
    assert played == [("api-lost", "standby-lost"), tuple(SCENARIOS)]


def test_json_alone_is_on_stdout(played: list[tuple[str, ...]]) -> None:
    result = run("drill", "--scenario", "api-lost", "--json")
    assert json.loads(result.stdout)["scenarios"][0]["name"] == "api-lost"


def test_the_page_is_written_and_an_older_report_compared(played: list[tuple[str, ...]], tmp_path: Path) -> None:
    old, page = tmp_path / "old.json", tmp_path / "drill.html"
    worse = scenario_report(name="api-lost", measures={"pages_failed": 7})
    old.write_text(json.dumps(drill_report(worse).as_json()))
    result = run("drill", "--scenario", "api-lost", "--html", str(page), "--compare", str(old))
    assert result.exit_code == 0
    assert "better" in result.stdout
    assert "Compared with an older report" in page.read_text()
    as_json = run("drill", "--scenario", "api-lost", "--json", "--compare", str(old))
    changed = [part for part in json.loads(as_json.stdout)["comparison"] if part["change"] == "better"]
    assert changed == [{"scenario": "api-lost", "measure": "pages_failed", "old": 7, "new": 0, "change": "better"}]


NOT_A_NUMBER = '{"schemaVersion": 2, "scenarios": [{"name": "api-lost", "measures": {"page_gap_seconds": %s}}]}'


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        '{"schemaVersion": 1, "scenarios": []}',
        "[]",
        *(NOT_A_NUMBER % number for number in ("NaN", "Infinity", "1e999")),
    ],
)
def test_something_else_than_a_report_cannot_be_compared_with(
    played: list[tuple[str, ...]], tmp_path: Path, text: str
) -> None:
    (tmp_path / "old.json").write_text(text)
    result = run("drill", "--all", "--compare", str(tmp_path / "old.json"))
    assert result.exit_code == 2
    assert played == []


def test_a_folder_that_is_not_there_is_told_before_anything_is_played(
    played: list[tuple[str, ...]], tmp_path: Path
) -> None:
    result = run("drill", "--all", "--html", str(tmp_path / "nowhere" / "drill.html"))
    assert (result.exit_code, played) == (2, [])
    assert f"there is no folder {tmp_path / 'nowhere'}." in result.stderr


def test_a_report_that_cannot_be_written_is_on_stdout_all_the_same(
    played: list[tuple[str, ...]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    result = run("drill", "--scenario", "api-lost", "--json", "--html", str(tmp_path / "drill.html"))
    assert result.exit_code == 1
    assert json.loads(result.stdout)["scenarios"][0]["name"] == "api-lost"
    assert "drill.html: No space left on device." in result.stderr


def test_that_an_older_report_shares_no_scenario_is_said(played: list[tuple[str, ...]], tmp_path: Path) -> None:
    old = tmp_path / "old.json"
    old.write_text(json.dumps(drill_report(scenario_report(name="region-lost")).as_json()))
    result = run("drill", "--scenario", "api-lost", "--compare", str(old))
    assert "Nothing is compared: no scenario of the older report was played again." in result.stdout
    as_json = run("drill", "--scenario", "api-lost", "--json", "--compare", str(old))
    assert json.loads(as_json.stdout)["comparison"] == []


def test_ctrl_c_waits_until_everything_is_put_back() -> None:
    done: list[str] = []

    def put_back() -> None:
        with undisturbed(NullProgress()):
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.05)
            done.append("everything")

    with pytest.raises(KeyboardInterrupt):
        put_back()
    assert done == ["everything"]


def test_a_command_that_hangs_is_killed_and_says_so(here: Path) -> None:
    running = CommandProcess(("--help",), options=(), clock=Clock()).listen()
    running.kill()
    ran = running.wait(seconds=10)
    assert ran.code == -9
    with pytest.raises(StandbyError, match="exit code -9"):
        ran.required()


def test_a_rehearsal_that_is_up_is_not_taken_for_a_real_deployment(here: Path) -> None:
    result = run("drill", "--live", "--all", typed="yes\n", connection=SimpleNamespace(rehearsed=True))
    assert result.exit_code == 2
    assert "A rehearsal is up here, and --live is for a real deployment." in result.stderr


def manifest() -> Manifest:
    def region(role: Role, name: str) -> Region:
        texts = dict.fromkeys(
            ("api_url", "health_url", "documents_bucket", "frontend_bucket", "knowledge_base_id"), "x"
        )
        more = dict.fromkeys(("data_source_id", "ingest_queue_url", "dead_letter_queue_url", "ingest_function"), "x")
        more |= {"alert_topic_arn": "x"}
        return Region(role=role, region=name, **texts, **more, replicates_to="")

    regions: dict[Role, Region] = {
        "primary": region("primary", "us-west-2"),
        "failover": region("failover", "us-east-1"),
    }
    return Manifest(
        name="chatbot",
        account="123456789012",
        vector_store="opensearch-serverless",
        site=Site(url="https://s", distribution_id="E1", api_fallback=True),
        regions=regions,
    )


@pytest.mark.parametrize("typed", ["", "yes\n", "123456789012 us-west-2\n", "123456789012 us-east-1 us-west-2\n"])
def test_a_live_scenario_is_not_played_unless_account_and_regions_are_typed(
    monkeypatch: pytest.MonkeyPatch, typed: str
) -> None:
    monkeypatch.setattr("click.prompt", lambda *_, **__: typed)
    connection = AwsConnection(name="chatbot", regions=("us-west-2", "us-east-1"), profile=None)
    with pytest.raises(StandbyError, match="Not confirmed"):
        confirm_scenario(LIVE_SCENARIOS["live-api"], connection, manifest())


def test_a_live_scenario_is_played_when_account_and_regions_are_typed(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def typed(text: str, **_: object) -> str:
        asked.append(text)
        return "123456789012 us-west-2 us-east-1"

    monkeypatch.setattr("click.prompt", typed)
    connection = AwsConnection(name="chatbot", regions=("us-west-2", "us-east-1"), profile=None)
    confirm_scenario(LIVE_SCENARIOS["live-api"], connection, manifest())
    assert asked == ["To go on, type `123456789012 us-west-2 us-east-1`"]

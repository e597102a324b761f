"""`standby drill` as a command: usage, refusals, outputs. The end-to-end tests show what it does to a rehearsal."""

import errno
import json
from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner, Result
from rich.text import Text

from standby.cli import drill as commands
from standby.cli.main import cli
from standby.cli.output.drill_view import comparison_lines, objective_lines
from standby.drill.measure.measures import Measures
from standby.drill.measure.records import ObjectiveResult, Outcome
from standby.drill.report.report import Difference, DrillReport
from standby.drill.scenario import Scenario
from standby.drill.scenarios.catalog import SCENARIOS
from tests.standby.drill.helpers import drill_report, scenario_report
from tests.standby.helpers import MANIFEST, words


def run(*arguments: str, typed: str = "", connection: object = None) -> Result:
    return CliRunner().invoke(cli, arguments, input=typed, obj=connection and (lambda _: connection))


@pytest.fixture
def here(project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(project)
    monkeypatch.delenv("STANDBY_SETTINGS", raising=False)
    return project


@pytest.fixture
def runs(here: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """Run no drill. Return which scenarios each drill was asked for."""
    asked: list[tuple[str, ...]] = []

    def run_drill(_: object, scenarios: tuple[Scenario, ...], **__: object) -> DrillReport:
        asked.append(tuple(scenario.name for scenario in scenarios))
        return drill_report(*(scenario_report(name=name, result=Outcome.PASSED) for name in asked[-1]))

    monkeypatch.setattr(commands, "run_drill", run_drill)
    return asked


def test_without_a_scenario_the_usage_is_wrong_and_all_scenarios_are_named(here: Path) -> None:
    result = run("drill")
    assert result.exit_code == 2
    assert "Name a scenario with --scenario, or give --all." in result.stderr
    assert all(name in result.stderr for name in SCENARIOS)


def test_an_unknown_scenario_is_a_usage_error(here: Path) -> None:
    result = run("drill", "--scenario", "region-lost", "--scenario", "moon-lost")
    assert result.exit_code == 2
    assert "There is no scenario 'moon-lost'." in result.stderr


def test_the_list_describes_each_scenario(here: Path) -> None:
    result = run("drill", "--list")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert [line.split()[0] for line in lines if not line.startswith(" ")] == list(SCENARIOS)
    assert "after one command the other region answers" in words(result.stdout)


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_list_says_which_scenarios_a_plain_deployment_skips(here: Path, name: str) -> None:
    scenario = SCENARIOS[name]
    listed = words(run("drill", "--list").stdout)
    said = listed[listed.index(words(scenario.summary)) + len(words(scenario.summary)) :].strip()
    needs = scenario.needs_sign_in or scenario.needs_automatic or scenario.needs_dns
    assert said.startswith("Skipped ") == needs


def test_without_a_rehearsal_a_drill_is_refused(here: Path) -> None:
    result = run("drill", "--all")
    assert result.exit_code == 3
    assert "The rehearsal in .rehearsal is not up." in words(result.stderr)
    assert result.stdout == ""


@pytest.mark.parametrize("where", [["--aws"], ["--profile", "production"]])
def test_a_drill_of_a_real_deployment_needs_live(here: Path, where: list[str]) -> None:
    result = run(*where, "drill", "--all")
    assert result.exit_code == 2
    assert "A drill of a real deployment needs --live." in result.stderr


def test_scenarios_run_in_the_order_of_the_catalog(runs: list[tuple[str, ...]]) -> None:
    assert run("drill", "--scenario", "standby-lost", "--scenario", "api-lost").exit_code == 0
    assert run("drill", "--all").exit_code == 0
    assert runs == [("api-lost", "standby-lost"), tuple(SCENARIOS)]


def test_a_drill_says_that_its_documents_stay_if_it_uploaded_any(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    accepted = [0]

    def run_drill(*_: object, **__: object) -> DrillReport:
        return drill_report(scenario_report(measures=Measures(documents_accepted=accepted[0])))

    monkeypatch.setattr(commands, "run_drill", run_drill)
    without = run("drill", "--scenario", "api-lost").stdout
    assert "documents" not in without
    assert "With `--html FILE`, a drill also writes a report" in words(without)
    accepted[0] = 3
    said = "The documents that its users uploaded stay in the rehearsal until `standby rehearse{} down`."
    assert said.format("") in words(run("drill", "--scenario", "api-lost").stdout)
    other = run("--directory", str(here / "other"), "drill", "--scenario", "api-lost")
    assert said.format(" --directory other") in words(other.stdout)
    assert json.loads(run("drill", "--scenario", "api-lost", "--json").stdout)["scenarios"]


def test_json_alone_is_on_stdout(runs: list[tuple[str, ...]]) -> None:
    result = run("drill", "--scenario", "api-lost", "--json")
    assert json.loads(result.stdout)["scenarios"][0]["name"] == "api-lost"


def test_the_page_is_written_and_an_older_report_compared(runs: list[tuple[str, ...]], tmp_path: Path) -> None:
    old, page = tmp_path / "old.json", tmp_path / "drill.html"
    worse = scenario_report(name="api-lost", measures=Measures(pages_failed=7))
    old.write_text(json.dumps(drill_report(worse).as_json()))
    result = run("drill", "--scenario", "api-lost", "--html", str(page), "--compare", str(old))
    assert result.exit_code == 0
    assert "better" in result.stdout
    assert words(result.stdout).endswith(f"The report, with what this drill cannot show, is in {page}.")
    assert "Compared with an older report" in page.read_text()
    as_json = run("drill", "--scenario", "api-lost", "--json", "--compare", str(old))
    changed = [part for part in json.loads(as_json.stdout)["comparison"] if part["change"] == "better"]
    assert changed == [{"scenario": "api-lost", "measure": "pagesFailed", "old": 7, "new": 0, "change": "better"}]


NOT_A_NUMBER = '{"schemaVersion": 2, "scenarios": [{"name": "api-lost", "measures": {"pageGapSeconds": %s}}]}'


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
def test_a_file_that_is_not_a_report_is_a_usage_error(runs: list[tuple[str, ...]], tmp_path: Path, text: str) -> None:
    (tmp_path / "old.json").write_text(text)
    result = run("drill", "--all", "--compare", str(tmp_path / "old.json"))
    assert result.exit_code == 2
    assert runs == []


def test_a_missing_folder_is_reported_before_any_scenario_runs(runs: list[tuple[str, ...]], tmp_path: Path) -> None:
    result = run("drill", "--all", "--html", str(tmp_path / "nowhere" / "drill.html"))
    assert (result.exit_code, runs) == (2, [])
    assert f"there is no folder {tmp_path / 'nowhere'}." in words(result.stderr)


def test_a_report_that_cannot_be_written_is_still_on_stdout(
    runs: list[tuple[str, ...]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    result = run("drill", "--scenario", "api-lost", "--json", "--html", str(tmp_path / "drill.html"))
    assert result.exit_code == 1
    assert json.loads(result.stdout)["scenarios"][0]["name"] == "api-lost"
    assert "drill.html: No space left on device." in result.stderr


def test_an_older_report_without_a_common_scenario_is_reported(runs: list[tuple[str, ...]], tmp_path: Path) -> None:
    old = tmp_path / "old.json"
    old.write_text(json.dumps(drill_report(scenario_report(name="region-lost")).as_json()))
    result = run("drill", "--scenario", "api-lost", "--compare", str(old))
    assert "Nothing is compared: the older report has none of these scenarios." in result.stdout
    as_json = run("drill", "--scenario", "api-lost", "--json", "--compare", str(old))
    assert json.loads(as_json.stdout)["comparison"] == []


def test_a_rehearsal_that_is_up_is_not_taken_for_a_real_deployment(here: Path) -> None:
    result = run("drill", "--live", "--all", typed="yes\n", connection=SimpleNamespace(rehearsed=True))
    assert result.exit_code == 2
    assert "A rehearsal is up here, and --live is for a real deployment." in result.stderr


def test_the_owner_is_asked_on_stderr(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("standby.drill.live.read_manifest", lambda _: MANIFEST)
    connection = SimpleNamespace(rehearsed=False, where="TEST", clients=None)
    result = run("drill", "--live", "--scenario", "live-api", "--json", typed="no\n", connection=connection)
    assert result.exit_code == 1
    assert f"live-api on TEST: {MANIFEST.name}." in result.stderr
    assert "Not confirmed. Nothing was done." in result.stderr
    assert json.loads(result.stdout)["error"] == "Not confirmed. Nothing was done."


def test_the_table_names_each_objective_with_measured_value_and_bound() -> None:
    text = words(shown(objective_lines(drill_report())))
    assert "region-lost: missed (10 s) page RTO 0.10 s < 1 s" in text
    assert "failover command 6.25 s ≤ 5 s MISSED" in text


LOST = ObjectiveResult(name="documents lost", measured=1, bound=0, unit="", met=False)
LATE = ObjectiveResult(name="failover command", measured=6.25, bound=5.0, unit="s", met=False)
NEVER = ObjectiveResult(name="API RTO", measured=None, bound=5.0, unit="s", met=False)


@pytest.mark.parametrize(
    "objectives, explained", [((), False), ((LATE,), False), ((LATE, LOST), True), ((NEVER,), True)], ids=str
)
def test_requests_that_failed_are_shown_if_more_than_a_time_is_missed(
    objectives: tuple[ObjectiveResult, ...], *, explained: bool
) -> None:
    text = words(shown(objective_lines(drill_report(scenario_report(objectives=objectives)))))
    assert ("page at 4.0 s: error after 0.7 s, a page" in text) == explained


@pytest.mark.parametrize("objectives, said", [((LATE,), True), ((LOST,), False), ((NEVER,), False)], ids=str)
def test_if_a_time_was_missed_the_drill_says_that_the_machine_is_busy(
    runs: list[tuple[str, ...]],
    monkeypatch: pytest.MonkeyPatch,
    objectives: tuple[ObjectiveResult, ...],
    *,
    said: bool,
) -> None:
    report = drill_report(scenario_report(objectives=objectives))
    monkeypatch.setattr(commands, "run_drill", lambda *_, **__: report)
    monkeypatch.setattr(commands, "describe_load", lambda: "This machine is busy (load 9.0 on 2 processors).")
    shown = words(run("drill", "--scenario", "region-lost").stdout)
    sentence = "A time was longer than its objective. This machine is busy (load 9.0 on 2 processors)."
    assert (sentence in shown) == said
    monkeypatch.setattr(commands, "describe_load", lambda: "")
    assert "A time was longer" not in words(run("drill", "--scenario", "region-lost").stdout)


def test_the_comparison_table_shows_the_changes() -> None:
    differences = [
        Difference(scenario="region-lost", measure="pagesFailed", old=3, new=0, change="better"),
        Difference(scenario="region-lost", measure="answersLost", old=0, new=0, change="same"),
        Difference(scenario="region-lost", measure="[/of] a file", old=3, new=None, change="gone"),
    ]
    text = shown(comparison_lines(differences))
    assert "pages failed" in text
    assert "answers lost" not in text
    assert "[/of] a file" in text
    assert "1 of 3 measures are the same" in text


def shown(lines: Iterable[Text]) -> str:
    return "\n".join(line.plain for line in lines)

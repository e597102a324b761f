"""The report: its exit code, its conclusion, its JSON."""

import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from docs.field_table import field_table
from standby.drill.measure.documents import DocumentFacts, document_measures
from standby.drill.measure.measures import Measures, ScenarioTimes, api_measures, page_measures
from standby.drill.measure.records import BrowserQuestion, ObjectiveResult, Outcome
from standby.drill.report.compare import NOT_JUDGED
from standby.drill.report.limitations import rehearsal_limitations
from standby.drill.report.report import Difference, DrillReport
from standby.drill.scenarios.catalog import SCENARIOS
from tests.constructs.plan import ROOT
from tests.standby.drill.helpers import drill_report, scenario_report

MET = ObjectiveResult(name="a", measured=0, bound=0, unit="", met=True)
NOT_IN_OBJECTIVES = {"automaticMoveSeconds", "differingSiteFiles", "browserQuestions", "standbyPagesNotSeen"}
"""Measures that neither the load nor an objective of a rehearsal's scenario has."""


@pytest.mark.parametrize(
    "parts, code",
    [
        ({"result": Outcome.PASSED}, 0),
        ({"result": Outcome.SKIPPED}, 0),
        ({"result": Outcome.MISSED}, 1),
        ({"result": Outcome.FAILED}, 1),
        ({"result": Outcome.FAILED, "no_steady_state": True}, 3),
    ],
    ids=["passed", "skipped", "missed", "failed", "no steady state"],
)
def test_the_exit_code_says_how_the_drill_ended(parts: dict[str, object], code: int) -> None:
    assert drill_report(scenario_report(result=Outcome.PASSED), scenario_report(**parts)).exit_code == code


@pytest.mark.parametrize("result", [Outcome.MISSED, Outcome.FAILED])
@pytest.mark.parametrize("last", [True, False])
def test_a_bad_result_outranks_a_missing_steady_state(result: Outcome, *, last: bool) -> None:
    without = scenario_report(result=Outcome.FAILED, no_steady_state=True)
    scenarios = (without, scenario_report(result=result))
    assert drill_report(*(scenarios if last else reversed(scenarios))).exit_code == 1


def test_a_shorter_minute_of_the_controller_is_a_limitation() -> None:
    (said,) = set(rehearsal_limitations(minute_seconds=3.0)) - set(rehearsal_limitations())
    assert said.startswith("The minute of the automatic failover's controller takes 3 s here, and 60 s on AWS.")


def test_a_drill_in_which_no_scenario_ran_is_refused() -> None:
    report = drill_report(scenario_report(name="browser", result=Outcome.SKIPPED, objectives=(), reason="no Chromium"))
    assert report.exit_code == 3
    assert report.conclusion == "No scenario ran: browser skipped"


def test_the_conclusion_names_the_scenarios_that_did_not_run() -> None:
    met = scenario_report(result=Outcome.PASSED, objectives=(MET,))
    skipped = scenario_report(name="browser", result=Outcome.SKIPPED, objectives=())
    assert drill_report(met, skipped).conclusion == "All 1 objective met in 1 scenario; not run: browser"


def test_the_conclusion_is_one_sentence() -> None:
    assert drill_report().conclusion == "1 of 2 objectives missed"
    met = scenario_report(result=Outcome.PASSED, objectives=(MET,))
    assert drill_report(met, met).conclusion == "All 2 objectives met in 2 scenarios"
    failed = scenario_report(result=Outcome.FAILED)
    assert drill_report(met, failed).conclusion == "1 of 2 scenarios could not be run to the end"


def test_the_json_has_the_documented_names() -> None:
    document = json.loads(json.dumps(drill_report().as_json()))
    assert document["schemaVersion"] == 2
    (scenario,) = document["scenarios"]
    assert scenario["result"] == "missed"
    assert {"name", "measures", "objectives", "events", "faultPeriods"} <= scenario.keys()
    assert {"name", "measured", "bound", "unit", "met"} <= scenario["objectives"][0].keys()
    assert scenario["requestsPerSecond"]["question"]["no-answer"] == [0, 0, 0, 0, 2, 2, 0, 0, 0, 0]


def test_the_json_has_the_measures_of_the_scenario_only() -> None:
    (scenario,) = drill_report().as_json()["scenarios"]
    assert scenario["measures"] == {
        "pagesFailed": 0,
        "pageGapSeconds": 0.1,
        "apiGapSeconds": None,
        "documentsLost": 0,
    }


def test_a_report_is_read_as_it_was_written() -> None:
    question = BrowserQuestion(at=1.5, seconds=0.2, region="us-west-2", page_message="")
    difference = Difference(scenario="region-lost", measure="pagesFailed", old=3, new=None, change="gone")
    report = drill_report(scenario_report(browser_questions=(question,)))
    report = report.model_copy(update={"comparison": (difference,)})
    assert DrillReport.from_json(json.loads(json.dumps(report.as_json()))) == report


@pytest.mark.parametrize("measures", [{"pages_lost": 0}, {"page_gap_seconds": float("nan")}], ids=["unknown", "nan"])
def test_an_unknown_measure_or_one_that_is_not_a_number_is_an_error(measures: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        Measures(**measures)


def test_every_documented_measure_is_measured() -> None:
    times = ScenarioTimes(load_ended=1, command_started=1)
    facts = DocumentFacts(keys_at_failover=frozenset())
    measured = Measures(
        **page_measures([], load_ended=1), **api_measures([], times), **document_measures([], facts, times)
    ).by_name()
    objectives = [objective for scenario in SCENARIOS.values() for objective in scenario.objectives]
    names = {name for objective in objectives for name in objective.measures}
    compared = {Measures.model_fields[name].serialization_alias for name in names}
    assert set(field_table(Measures)) == {*measured, *compared, *NOT_IN_OBJECTIVES, *NOT_JUDGED}


def test_the_docs_have_every_field_and_every_measure() -> None:
    """`cog` writes them there."""
    text = Path(ROOT, "docs", "cli.md").read_text(encoding="utf-8")
    for field, description in {**field_table(DrillReport), **field_table(Measures)}.items():
        assert f"| `{field}` | {description} |" in text

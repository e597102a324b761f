"""Helpers for the end-to-end tests of drills."""

from collections.abc import Mapping
from typing import Any, Final

from standby.console import NullProgress
from standby.drill.drill import run_drill
from standby.drill.operator_process import CommandResult, run_command
from standby.drill.report.report import DrillReport, ScenarioReport
from standby.drill.scenarios.catalog import select_scenarios
from standby.rehearsal.rehearsal import Rehearsal

LONG: Final = "browser"
"""The scenario that takes minutes, mostly waiting, and measures no command."""


def run_one(rehearsal: Rehearsal, name: str) -> ScenarioReport:
    """Run one scenario and return its part of the report."""
    (report,) = report_of(rehearsal, name).scenarios
    return report


def report_of(rehearsal: Rehearsal, name: str) -> DrillReport:
    """Run one scenario and return the whole report."""
    return run_drill(rehearsal, select_scenarios([name]), progress=NullProgress())


def missed(report: ScenarioReport) -> dict[str, object]:
    """Return the measured value and the bound of each objective that was missed."""
    return {
        objective.name: (objective.measured, objective.bound) for objective in report.objectives if not objective.met
    }


def missed_except_times(report: ScenarioReport) -> dict[str, object]:
    """Return what was missed apart from times, because other tests ran too."""
    times = {objective.name for objective in report.objectives if objective.unit == "s"}
    return {name: measured for name, measured in missed(report).items() if name not in times}


def drilled(rehearsal: Rehearsal, name: str) -> CommandResult:
    """Run one scenario with the command itself."""
    options = ("--directory", str(rehearsal.paths.directory))
    return run_command("drill", "--scenario", name, "--json", options=options, seconds=400)


def met_except_times(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the only scenario of a drill, which met every objective except times, because other tests ran too."""
    (scenario,) = document["scenarios"]
    missed = [result for result in scenario["objectives"] if not result["met"] and result["unit"] != "s"]
    assert (scenario["reason"], missed) == ("", [])
    value: Mapping[str, Any] = scenario
    return value

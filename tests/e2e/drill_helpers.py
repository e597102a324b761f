"""What the tests of whole drills share."""

from collections.abc import Mapping
from typing import Any, Final

from standby.console import NullProgress
from standby.drill.drill import drill
from standby.drill.measure.records import Clock, ScenarioReport
from standby.drill.operator_process import CommandProcess, CommandResult
from standby.drill.report.report import DrillReport
from standby.drill.scenarios.catalog import chosen
from standby.rehearsal.rehearsal import Rehearsal

LONG: Final = "browser"
"""The scenario that takes minutes, mostly waiting, and holds no command's time."""


def play(rehearsal: Rehearsal, name: str) -> ScenarioReport:
    """Play one scenario; return its part of the report."""
    (report,) = report_of(rehearsal, name).scenarios
    return report


def report_of(rehearsal: Rehearsal, name: str) -> DrillReport:
    """Play one scenario; return the whole report."""
    return drill(rehearsal, chosen([name]), progress=NullProgress())


def missed(report: ScenarioReport) -> dict[str, object]:
    """Return what was measured and what was allowed, of each objective that was missed."""
    return {held.name: (held.measured, held.bound) for held in report.objectives if not held.met}


def drilled(rehearsal: Rehearsal, name: str) -> CommandResult:
    """Play one scenario by the command itself."""
    place = ("--directory", str(rehearsal.paths.directory))
    running = CommandProcess(("drill", "--scenario", name, "--json"), options=place, clock=Clock())
    return running.listen().wait(seconds=400)


def well_but_for_times(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the one scenario of a drill that met every objective, but for times: other tests ran beside it."""
    (scenario,) = document["scenarios"]
    missed = [held for held in scenario["objectives"] if not held["met"] and held["unit"] != "s"]
    assert (scenario["reason"], missed) == ("", [])
    value: Mapping[str, Any] = scenario
    return value

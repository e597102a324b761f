"""What the tests of whole drills share."""

from standby.drill.catalogue import chosen
from standby.drill.drilling import drill
from standby.drill.records import ScenarioReport
from standby.drill.report import DrillReport
from standby.rehearsal.core import Rehearsal
from standby.rehearsal.progress import Silent


def play(rehearsal: Rehearsal, name: str) -> ScenarioReport:
    """Play one scenario; return its part of the report."""
    (report,) = report_of(rehearsal, name).scenarios
    return report


def report_of(rehearsal: Rehearsal, name: str) -> DrillReport:
    """Play one scenario; return the whole report."""
    return drill(rehearsal, chosen([name]), progress=Silent())


def missed(report: ScenarioReport) -> dict[str, object]:
    """Return what was measured and what was allowed, of each objective that was missed."""
    return {held.name: (held.measured, held.bound) for held in report.objectives if not held.met}

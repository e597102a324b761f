"""The report as one HTML file that needs nothing else: no script, no font, no picture from anywhere."""

from collections.abc import Sequence
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from standby.drill.measure.records import Event, Number, Outcome, ScenarioReport
from standby.drill.report.compare import Difference
from standby.drill.report.report import DrillReport, bound, compared_words, measured, number
from standby.drill.report.timeline import Timeline, shown_events, timeline

TEMPLATE: Final = "report.html.jinja"
FIGURES: Final = (
    ("pages failed", "pages_failed", ""),
    ("longest gap, page", "page_gap_seconds", "s"),
    ("slowest page", "page_longest_seconds", "s"),
    ("API gap", "api_gap_seconds", "s"),
    ("detection", "detection_seconds", "s"),
    ("back after the command", "execution_seconds", "s"),
    ("documents accepted", "documents_accepted", ""),
    ("behind at failover", "documents_behind", ""),
    ("lost", "documents_lost", ""),
)
"""The columns of the summary: heading, measure, unit."""


def render(report: DrillReport, *, differences: Sequence[Difference] | None = None) -> str:
    """Return the page; `differences` from an older report, None where there is none. What records say is escaped."""
    environment = Environment(
        loader=PackageLoader("standby.drill.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(number=number, bound=bound, measured=measured, words=_words)
    return environment.get_template(TEMPLATE).render(
        report=report,
        verdict=verdict(report),
        figures=FIGURES,
        pictures={scenario.name: _picture(scenario, report) for scenario in report.scenarios},
        marked={scenario.name: _marked(scenario.events) for scenario in report.scenarios},
        differences=[difference for difference in differences or () if difference.change != "same"],
        compared=None if differences is None else compared_words(differences),
        Outcome=Outcome,
        is_seconds=_is_seconds,
    )


def verdict(report: DrillReport) -> str:
    """Return the whole drill in one sentence. What was not played is named: it is not shown to be well."""
    skipped = [scenario.name for scenario in report.scenarios if scenario.result is Outcome.SKIPPED]
    played = [scenario for scenario in report.scenarios if scenario.result is not Outcome.SKIPPED]
    if not played:
        return f"No scenario was played: {', '.join(skipped)} skipped"
    return _played_words(played) + (f"; not played: {', '.join(skipped)}" if skipped else "")


def _played_words(played: Sequence[ScenarioReport]) -> str:
    failed = sum(scenario.result is Outcome.FAILED for scenario in played)
    missed = sum(not held.met for scenario in played for held in scenario.objectives)
    held = sum(len(scenario.objectives) for scenario in played)
    if failed:
        return f"{failed} of {len(played)} scenarios could not be played to their end"
    if missed:
        return f"{missed} of {held} objectives missed"
    return f"All {held} objectives met in {len(played)} scenarios"


def _picture(scenario: ScenarioReport, report: DrillReport) -> Timeline | None:
    return timeline(scenario, regions=report.regions)


def _marked(events: Sequence[Event]) -> list[tuple[int | None, Event]]:
    numbers = {id(event): number for number, event in enumerate(shown_events(events), start=1)}
    return [(numbers.get(id(event)), event) for event in events]


def _words(measure: str) -> str:
    return measure.removesuffix("_seconds").replace("_", " ")


def _is_seconds(measure: str, value: Number) -> bool:
    return measure.endswith("_seconds") and value is not None

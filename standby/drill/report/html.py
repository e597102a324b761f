"""The report as one HTML file without scripts, fonts or pictures from elsewhere."""

from collections.abc import Sequence
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from standby.drill.measure.records import Event
from standby.drill.report.format import (
    changed_differences,
    format_bound,
    format_measure,
    format_measured,
    format_number,
    measure_title,
    summarize_comparison,
)
from standby.drill.report.report import DrillReport
from standby.drill.report.timeline import charted_events, make_timeline

TEMPLATE: Final = "report.html.jinja"
SUMMARY_COLUMNS: Final = (
    ("pages failed", "pagesFailed", ""),
    ("longest page gap", "pageGapSeconds", "s"),
    ("slowest page", "slowestPageSeconds", "s"),
    ("API gap", "apiGapSeconds", "s"),
    ("detection", "detectionSeconds", "s"),
    ("API RTO", "executionSeconds", "s"),
    ("documents accepted", "documentsAccepted", ""),
    ("missing at failover", "documentsMissingAtFailover", ""),
    ("documents lost", "documentsLost", ""),
)
"""The columns of the summary table: heading, measure, unit."""


def render(report: DrillReport) -> str:
    """Return the page. All text of the report is escaped."""
    environment = Environment(
        loader=PackageLoader("standby.drill.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(number=format_number, bound=format_bound, measured=format_measured, title=measure_title)
    return environment.get_template(TEMPLATE).render(
        report=report,
        columns=SUMMARY_COLUMNS,
        timelines={scenario.name: make_timeline(scenario, regions=report.regions) for scenario in report.scenarios},
        events={scenario.name: _numbered(scenario.events) for scenario in report.scenarios},
        changes=changed_differences(report.comparison or ()),
        comparison=None if report.comparison is None else summarize_comparison(report.comparison),
        format_measure=format_measure,
    )


def _numbered(events: Sequence[Event]) -> list[tuple[int | None, Event]]:
    """Return each event with its number in the timeline; None if it is not in the timeline."""
    numbers = {id(event): number for number, event in enumerate(charted_events(events), start=1)}
    return [(numbers.get(id(event)), event) for event in events]

"""What `standby drill` prints, in 80 columns: the scenarios, the objectives of each one, and the comparison."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Final

from rich.text import Text

from standby.drill.measure.records import ObjectiveResult, Outcome
from standby.drill.report.format import (
    changed_differences,
    format_bound,
    format_measure,
    format_measured,
    measure_title,
    summarize_comparison,
)
from standby.drill.report.report import Change, Difference, DrillReport, ScenarioReport
from standby.drill.scenario import Scenario
from standby.text import label_lines, printable, wrap

_RESULT_STYLES: Final[Mapping[Outcome, str]] = {
    Outcome.PASSED: "green",
    Outcome.MISSED: "bold red",
    Outcome.FAILED: "bold red",
    Outcome.SKIPPED: "yellow",
}
_CHANGE_STYLES: Final[Mapping[Change, str]] = {
    "better": "green",
    "worse": "bold red",
    "same": "dim",
    "new": "dim",
    "gone": "yellow",
}
_MEASURE_WIDTH: Final = 40


def scenario_lines(scenarios: Sequence[Scenario]) -> Iterator[str]:
    """Yield the name of each scenario, what it shows, and where it is skipped."""
    column = max(len(scenario.name) for scenario in scenarios) + 2
    for scenario in scenarios:
        yield from label_lines(scenario.name, f"{scenario.summary} {scenario.skipped_without}".strip(), column=column)


def objective_lines(report: DrillReport) -> Iterator[Text]:
    """Yield each scenario with its result, and each of its objectives with the measured value and the bound."""
    names = [objective.name for scenario in report.scenarios for objective in scenario.objectives]
    width = max(map(len, names), default=0)
    for scenario in report.scenarios:
        yield from _scenario_lines(scenario, width=width)
        yield Text()


def _scenario_lines(scenario: ScenarioReport, *, width: int) -> Iterator[Text]:
    yield Text(f"{scenario.name}: {scenario.result.value} ({scenario.seconds:.0f} s)", _RESULT_STYLES[scenario.result])
    yield from map(Text, wrap(printable(scenario.reason), first="  ", rest="  ") if scenario.reason else [])
    yield from (_objective_line(objective, width=width) for objective in scenario.objectives)
    if not all(objective.met or _is_late(objective) for objective in scenario.objectives):
        for failed in scenario.failed_requests:  # they say nothing about a time: each fault makes some fail
            yield from map(Text, wrap(printable(str(failed)), first="  ", rest="    "))


def _objective_line(objective: ObjectiveResult, *, width: int) -> Text:
    values = f"{format_measured(objective):>10} {format_bound(objective):>9}"
    missed = "" if objective.met else "  MISSED"
    return Text(f"  {objective.name:<{width}} {values}{missed}", "" if objective.met else "bold red")


def _is_late(objective: ObjectiveResult) -> bool:
    """Return whether an objective is a time that was measured and missed."""
    return not objective.met and objective.unit == "s" and objective.measured is not None


def misses_times(report: DrillReport) -> bool:
    """Return whether a time that was measured is longer than its objective."""
    return any(_is_late(objective) for scenario in report.scenarios for objective in scenario.objectives)


def uploaded(report: DrillReport) -> bool:
    """Return whether users of the drill uploaded a document that S3 accepted."""
    measures = (scenario.measures for scenario in report.scenarios)
    return any(one and one.documents_accepted for one in measures)


def comparison_lines(differences: Sequence[Difference]) -> Iterator[Text]:
    """Yield the measures that changed, by scenario, and how many did not."""
    for scenario, changed in groupby(changed_differences(differences), key=lambda difference: difference.scenario):
        yield Text(f"{printable(scenario)}, compared with the older report:")
        yield from map(_difference_line, changed)
    yield Text(f"{summarize_comparison(differences)}.")


def _difference_line(difference: Difference) -> Text:
    measure = difference.measure  # a name from the user's file
    old, new = (format_measure(measure, value) for value in (difference.old, difference.new))
    title = printable(measure_title(measure))
    line = Text(f"  {title:<{_MEASURE_WIDTH}} {old:>10} -> {new:>10}  ")
    return line.append(difference.change, _CHANGE_STYLES[difference.change])

"""The whole report: as JSON for programs, as a table for people. The page for an auditor is made in `page`."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Final

from rich import box
from rich.table import Table
from rich.text import Text

from standby.drill.measure.records import Held, Number, Outcome, ScenarioReport
from standby.drill.report.compare import SCHEMA_VERSION, Difference
from standby.errors import FAILED, REFUSED

STYLES: Final = {
    Outcome.PASSED: "green",
    Outcome.MISSED: "bold red",
    Outcome.FAILED: "bold red",
    Outcome.SKIPPED: "yellow",
}
CHANGE_STYLES: Final = {"better": "green", "worse": "bold red", "same": "dim", "new": "dim", "gone": "yellow"}


@dataclass(frozen=True, kw_only=True)
class DrillReport:
    """Everything that a drill found. `place` says loudly whether it was a rehearsal or an AWS account."""

    started_at: str
    place: str
    regions: Mapping[str, str]
    scenarios: tuple[ScenarioReport, ...]
    limits: tuple[str, ...]
    seconds: float = 0.0

    @property
    def exit_code(self) -> int:
        """0: all is well; 1: an objective was missed or a scenario failed; 3: nothing was played, or one could not be.

        One cannot be where there is no steady state to begin from. Of 1 and 3, 1 is told.
        """
        played = [scenario for scenario in self.scenarios if not _unsteady(scenario)]
        if any(scenario.result in {Outcome.MISSED, Outcome.FAILED} for scenario in played):
            return FAILED
        nothing = all(scenario.result is Outcome.SKIPPED for scenario in played)
        return REFUSED if nothing or len(played) < len(self.scenarios) else 0

    def as_json(self) -> dict[str, object]:
        """Return all of it as JSON values."""
        return {
            "schemaVersion": SCHEMA_VERSION,
            "startedAt": self.started_at,
            "place": self.place,
            "regions": dict(self.regions),
            "seconds": self.seconds,
            "scenarios": [asdict(scenario) for scenario in self.scenarios],
            "limits": list(self.limits),
        }

    def table(self) -> Table:
        """Return the table of objectives, scenario by scenario."""
        table = Table("scenario", "result", "objective", box=box.SIMPLE, pad_edge=False)
        for column in ("measured", "bound"):
            table.add_column(column, justify="right")
        table.add_column("seconds", justify="right")
        for scenario in self.scenarios:
            _add_scenario(table, scenario)
        return table


def comparison_table(differences: Sequence[Difference]) -> Table:
    """Return what got better or worse; what stayed the same is only counted, in the caption."""
    table = Table("scenario", "measure", box=box.SIMPLE, pad_edge=False)
    for column in ("then", "now"):
        table.add_column(column, justify="right")
    table.add_column("change")
    for difference in differences:
        if difference.change != "same":
            change = Text(difference.change, style=CHANGE_STYLES[difference.change])
            what = (Text(difference.scenario), Text(difference.measure.replace("_", " ")))  # names from a user's file
            table.add_row(*what, number(difference.old), number(difference.new), change)
    table.caption = compared_words(differences)
    return table


def compared_words(differences: Sequence[Difference]) -> str:
    """Return what became of the other measures; that there was none to compare, where both reports share nothing."""
    if not differences:
        return "Nothing is compared: no scenario of the older report was played again"
    same = sum(difference.change == "same" for difference in differences)
    return f"{same} measures of {len(differences)} are the same, within the noise of a run"


def number(value: Number) -> str:
    """Return a measure as text: what was not measured is a dash."""
    if value is None:
        return "-"
    return f"{value:g}" if isinstance(value, int) or value == int(value) else f"{value:.2f}"


def bound(held: Held) -> str:
    """Return a bound as text, with its sign and unit."""
    return f"{'<' if held.strict else '≤'} {number(held.bound)} {held.unit}".rstrip()


def measured(held: Held) -> str:
    """Return what was measured as text, with its unit."""
    return number(held.measured) if held.measured is None else f"{number(held.measured)} {held.unit}".rstrip()


def _unsteady(scenario: ScenarioReport) -> bool:
    return scenario.result is Outcome.FAILED and bool(scenario.extra.get("unsteady"))


def _add_scenario(table: Table, scenario: ScenarioReport) -> None:
    first = (scenario.name, Text(scenario.result.value, style=STYLES[scenario.result]))
    if scenario.reason:
        table.add_row(*first, Text(scenario.reason), "", "", f"{scenario.seconds:.0f}")
        first = ("", Text())
    for index, held in enumerate(scenario.objectives):
        seconds = f"{scenario.seconds:.0f}" if index == 0 and not scenario.reason else ""
        style = "" if held.met else "bold red"
        table.add_row(*first, held.name, measured(held), bound(held), seconds, style=style)
        first = ("", Text())
    table.add_section()

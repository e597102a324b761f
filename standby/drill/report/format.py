"""The values of a report as text, for the HTML page and for the tables of the command line."""

import re
from collections.abc import Sequence
from typing import Final

from standby.drill.measure.records import Number, ObjectiveResult
from standby.drill.report.report import Difference

ACRONYMS: Final = {"api": "API", "rpo": "RPO"}
_CAPITAL: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")


def format_number(value: Number) -> str:
    """Return a measured value; "-" if nothing was measured."""
    if value is None:
        return "-"
    return f"{value:g}" if isinstance(value, int) or value == int(value) else f"{value:.2f}"


def format_bound(objective: ObjectiveResult) -> str:
    """Return the bound of an objective, with its sign and unit."""
    return f"{'<' if objective.strict else '≤'} {format_number(objective.bound)} {objective.unit}".rstrip()


def format_measured(objective: ObjectiveResult) -> str:
    """Return the measured value of an objective, with its unit."""
    return _with_unit(objective.measured, objective.unit)


def format_measure(measure: str, value: Number) -> str:
    """Return the value of a measure, with the unit that its name in JSON ends with."""
    return _with_unit(value, "s" if measure.endswith("Seconds") else "")


def measure_title(measure: str) -> str:
    """Return the name of a measure as words: `pageGapSeconds` is `page gap`."""
    words = _CAPITAL.sub(" ", measure.removesuffix("Seconds")).lower().split(" ")
    return " ".join(ACRONYMS.get(word, word) for word in words)


def changed_differences(differences: Sequence[Difference]) -> list[Difference]:
    """Return the differences that are a change."""
    return [difference for difference in differences if difference.change != "same"]


def summarize_comparison(differences: Sequence[Difference]) -> str:
    """Return how many measures did not change, or that the reports have no scenario in common."""
    if not differences:
        return "Nothing is compared: the older report has none of these scenarios"
    same = len(differences) - len(changed_differences(differences))
    return f"{same} of {len(differences)} measures are the same within the noise of a run"


def _with_unit(value: Number, unit: str) -> str:
    return format_number(value) if value is None else f"{format_number(value)} {unit}".rstrip()

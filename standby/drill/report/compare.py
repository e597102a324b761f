"""Hold a report against an older one, measure by measure: what got better, what got worse."""

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from standby.drill.measure.records import Number
from standby.errors import BadUsageError

SCHEMA_VERSION: Final = 2
Change = Literal["better", "worse", "same", "new", "gone"]

NEITHER: Final = frozenset(
    {
        "pages_asked",
        "cold_pages_asked",
        "questions_asked",
        "uploads_asked",
        "documents_accepted",
        "documents_before_failover",
        "documents_behind",
        "documents_rpo_seconds",
        "documents_extra_versions",
        "scenario_seconds",
        "runs_killed",
        "commands_repeated",
        "person_questions",
    }
)
"""Measures that say how much was tried, not how well it went. How far behind documents were is the fault's doing."""

NOISE_SECONDS: Final = 0.25
NOISE_SHARE: Final = 0.1
"""Times differ from run to run: a tenth is no news, nor what lies between two questions of the load."""

NOISE_COUNT: Final = 2
"""Nor is one request more or less of those that fail in an outage; none and some are another matter."""


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One measure of one scenario, then and now."""

    scenario: str
    measure: str
    old: Number
    new: Number
    change: Change


def read_report(path: Path) -> Mapping[str, object]:
    """Read a report that `--json` printed. Raises `BadUsageError` when it is none."""
    try:
        text = path.read_text(encoding="utf-8")
        value = json.loads(text, parse_constant=_finite, parse_float=_finite)
    except (OSError, ValueError) as error:
        raise BadUsageError(f"{path} cannot be read as a report: {error}") from error
    if (
        not isinstance(value, dict)
        or value.get("schemaVersion") != SCHEMA_VERSION
        or not isinstance(value.get("scenarios"), list)
    ):
        raise BadUsageError(f"{path} is no report of a drill.", hint="Write one with `standby drill --json > FILE`.")
    return value


def compare(old: Mapping[str, object], new: Mapping[str, object]) -> tuple[Difference, ...]:
    """Return every measure that both reports have in a scenario that both have played, with what became of it."""
    return tuple(_differences(_measures(old), _measures(new)))


def _differences(
    old: Mapping[str, Mapping[str, Number]], new: Mapping[str, Mapping[str, Number]]
) -> Iterator[Difference]:
    for scenario in (name for name in new if name in old):
        for measure in dict.fromkeys((*old[scenario], *new[scenario])):
            before, after = old[scenario].get(measure), new[scenario].get(measure)
            if (before, after) != (None, None) and measure not in NEITHER:
                seconds = measure.endswith("_seconds")
                in_both = measure in old[scenario] and measure in new[scenario]
                change = _change(before, after, seconds=seconds, in_both=in_both)
                yield Difference(scenario=scenario, measure=measure, old=before, new=after, change=change)


def _change(old: Number, new: Number, *, seconds: bool, in_both: bool) -> Change:
    never_ended = seconds and in_both  # a time that was looked for, and had no end to measure
    if old is None:
        return "better" if never_ended else "new"
    if new is None:
        return "worse" if never_ended else "gone"
    noise = max(NOISE_SECONDS, NOISE_SHARE * old) if seconds else NOISE_COUNT if old and new else 0
    if abs(new - old) <= noise:
        return "same"
    return "better" if new < old else "worse"


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is no measure")
    return number


def _measures(report: Mapping[str, object]) -> dict[str, Mapping[str, Number]]:
    scenarios = report.get("scenarios")
    found: dict[str, Mapping[str, Number]] = {}
    for scenario in scenarios if isinstance(scenarios, list) else ():
        measures = scenario.get("measures") if isinstance(scenario, dict) else None
        if isinstance(measures, dict):
            found[str(scenario.get("name"))] = {
                str(name): value for name, value in measures.items() if value is None or isinstance(value, int | float)
            }
    return found

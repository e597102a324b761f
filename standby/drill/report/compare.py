"""Compare a report with an older one, measure by measure."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, Literal

from pydantic import ConfigDict, ValidationError

from standby.drill.measure.records import Number
from standby.drill.report.report import Change, Difference, DrillReport
from standby.errors import BadUsageError
from standby.json_model import JsonModel

NOT_JUDGED: Final = frozenset(
    {
        "pagesRequested",
        "coldPagesRequested",
        "pagesCut",
        "coldPagesCut",
        "questionsAsked",
        "uploadsAttempted",
        "documentsAccepted",
        "documentsBeforeFailover",
        "documentsMissingAtFailover",
        "documentsRpoSeconds",
        "documentsExtraVersions",
        "commandsKilled",
        "commandRetries",
        "browserQuestions",
    }
)
"""Measures of the number of attempts, or of the fault's own effect: a change is neither better nor worse."""

NOISE_SECONDS: Final = 0.25
NOISE_SHARE: Final = 0.1
"""Times vary from run to run: by up to a tenth, and by up to the time between two questions of the load."""

NOISE_COUNT: Final = 2
"""So do counts of the requests that fail in an outage. The step between none and some is always a change."""


class OlderScenario(JsonModel):
    """The fields of a scenario in an older report that a comparison needs. Other fields are ignored."""

    model_config = ConfigDict(extra="ignore", allow_inf_nan=False)

    name: str
    measures: Mapping[str, Number]


class OlderReport(JsonModel):
    """The fields of an older report that a comparison needs. Other fields are ignored."""

    model_config = ConfigDict(extra="ignore")

    schema_version: Literal[2]
    scenarios: tuple[OlderScenario, ...]


def read_report(path: Path) -> OlderReport:
    """Read a report that `--json` printed. Raises `BadUsageError` if the file is not one."""
    try:
        return OlderReport.from_json(json.loads(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        hint = "Write one with `standby drill --json > FILE`."
        raise BadUsageError(f"{path} is not the JSON report of a drill.", hint=hint) from error
    except (OSError, ValueError) as error:
        raise BadUsageError(f"{path} cannot be read: {error}") from error


def compare(old: OlderReport, new: DrillReport) -> tuple[Difference, ...]:
    """Compare every measure of the scenarios that both reports have."""
    older = {scenario.name: scenario.measures for scenario in old.scenarios}
    return tuple(
        difference
        for scenario in new.scenarios
        if scenario.name in older
        for difference in _differences(scenario.name, older[scenario.name], scenario.measures.by_name())
    )


def _differences(scenario: str, old: Mapping[str, Number], new: Mapping[str, Number]) -> Iterator[Difference]:
    for measure in dict.fromkeys((*old, *new)):
        before, after = old.get(measure), new.get(measure)
        if (before, after) != (None, None) and measure not in NOT_JUDGED:
            seconds, in_both = measure.endswith("Seconds"), measure in old and measure in new
            change = _change(before, after, seconds=seconds, in_both=in_both)
            yield Difference(scenario=scenario, measure=measure, old=before, new=after, change=change)


def _change(old: Number, new: Number, *, seconds: bool, in_both: bool) -> Change:
    never_ended = seconds and in_both  # a time that is null in one report was measured there, and had no end
    if old is None:
        return "better" if never_ended else "new"
    if new is None:
        return "worse" if never_ended else "gone"
    noise = max(NOISE_SECONDS, NOISE_SHARE * old) if seconds else NOISE_COUNT if old and new else 0
    if abs(new - old) <= noise:
        return "same"
    return "better" if new < old else "worse"

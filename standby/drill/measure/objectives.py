"""The objectives, and how measures are compared with them.

The bounds are those of the DR guide's "Recovery Objectives" (page RTO below 1 s, page RPO and API RPO 0, documents RPO
0 to 15 minutes) and of this project. They come from `[objectives]` of the settings, with two exceptions:

- `API_RTO_SECONDS` is stricter than what is promised, because on one machine there is no network delay.
- `HUNG_PAGE_SECONDS`: if S3 accepts a connection and hangs, CloudFront waits 30 s for it, with every setting.

A page RTO is compared with the larger of the longest gap and the slowest page. Two objectives are read from the
distribution, because no fault on one machine shows them: how long CloudFront tries to connect, and the status codes on
which it asks the second bucket.
Source: docs.aws.amazon.com, CloudFront, "Request and response behavior for Amazon S3 origins".
"""

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from standby.drill.measure.measures import Measures
from standby.drill.measure.records import Number, ObjectiveResult
from standby.errors import BadUsageError
from warm_standby.settings import DEFAULT_FILE, FILE_VARIABLE, Objectives, Settings, SettingsError, Site

API_RTO_SECONDS: Final = 2.0
HUNG_PAGE_SECONDS: Final = 31.0


@dataclass(frozen=True)
class Objective:
    """A bound on a measure, named by its field of `Measures`; of more than one measure, on the largest.

    `bound` is in the unit of the measure. It is taken from the settings, if it is a function.
    """

    name: str
    measures: tuple[str, ...]
    bound: float | Callable[[Objectives], float]
    strict: bool = False

    def compare(self, measures: Measures, settings: Objectives) -> ObjectiveResult:
        """Compare the measure with the bound. An objective that could not be measured is missed."""
        measured = self._measured(measures)
        bound = float(self.bound(settings) if callable(self.bound) else self.bound)
        met = measured is not None and (measured < bound if self.strict else measured <= bound)
        unit = "s" if self.measures[0].endswith("_seconds") else ""
        return ObjectiveResult(name=self.name, measured=measured, bound=bound, unit=unit, met=met, strict=self.strict)

    def _measured(self, measures: Measures) -> Number:
        known = [value for value in (getattr(measures, name) for name in self.measures) if value is not None]
        return max(known) if len(known) == len(self.measures) else None


def at_most(name: str, measure: str, bound: float | Callable[[Objectives], float]) -> Objective:
    """Return the objective that a time or a count is not larger than this."""
    return Objective(name, (measure,), bound)


def zero(name: str, measure: str) -> Objective:
    """Return the objective that a count is 0."""
    return at_most(name, measure, 0)


_COLD_PAGE: Final = ("cold_page_gap_seconds", "slowest_cold_page_seconds")

PAGES_FAILED: Final = zero("pages failed", "pages_failed")
COLD_PAGES_FAILED: Final = zero("cold pages failed", "cold_pages_failed")
PAGE_RTO: Final = Objective(
    "page RTO", ("page_gap_seconds", "slowest_page_seconds"), lambda settings: settings.page_rto_seconds, strict=True
)
COLD_PAGE_RTO: Final = Objective("cold page RTO", _COLD_PAGE, lambda settings: settings.page_rto_seconds, strict=True)
COLD_PAGE_RTO_S3_HANGS: Final = Objective("cold page RTO, S3 hangs", _COLD_PAGE, HUNG_PAGE_SECONDS)
ORIGIN_CONNECT: Final = at_most(
    "page RTO, no connection to the bucket", "origin_connect_seconds", lambda settings: settings.page_rto_seconds
)
ORIGIN_CODES: Final = zero("status codes without origin failover", "status_codes_without_failover")
PAGE_RPO: Final = at_most(
    "page RPO, files that differ", "differing_site_files", lambda settings: settings.page_rpo_files
)
API_RPO: Final = at_most("API RPO, answers lost", "answers_lost", lambda settings: settings.api_rpo_answers)
API_RTO: Final = at_most("API RTO", "execution_seconds", API_RTO_SECONDS)
LIVE_API_RTO: Final = at_most("API RTO", "execution_seconds", lambda settings: settings.execution_seconds)
COMMAND: Final = at_most("failover command", "command_seconds", lambda settings: settings.execution_seconds)
DOCUMENTS_RPO: Final = at_most(
    "documents RPO", "documents_rpo_seconds", lambda settings: settings.documents_rpo_seconds
)
DOCUMENTS_LOST: Final = zero("documents lost", "documents_lost")
DOCUMENTS_DUPLICATED: Final = zero("documents duplicated", "documents_duplicated")
DOCUMENTS_NOT_FOUND: Final = zero("documents not found by a question", "documents_not_found")
QUESTIONS_FAILED: Final = zero("questions failed", "questions_failed")
UPLOADS_FAILED: Final = zero("uploads failed", "uploads_failed")

DOCUMENTS: Final = (DOCUMENTS_LOST, DOCUMENTS_DUPLICATED, DOCUMENTS_NOT_FOUND)
PAGES: Final = (PAGES_FAILED, PAGE_RTO, COLD_PAGES_FAILED, COLD_PAGE_RTO, PAGE_RPO)
ORIGINS: Final = (ORIGIN_CONNECT, ORIGIN_CODES)
API: Final = (API_RTO, COMMAND, API_RPO)


def compare_objectives(
    objectives: Iterable[Objective], measures: Measures, settings: Objectives
) -> tuple[ObjectiveResult, ...]:
    """Compare the measures with each objective."""
    return tuple(objective.compare(measures, settings) for objective in objectives)


def read_objectives(directory: Path | None) -> Objectives:
    """Return the objectives of the settings: the file that the environment names, or that of `directory`, or defaults.

    Raises `BadUsageError` for settings that are not valid.
    """
    settings = _read_settings(directory)
    return settings.objectives if settings else Objectives()


def read_failover_codes(directory: Path | None) -> frozenset[int]:
    """Return the status codes on which CloudFront should ask the second bucket, from the same settings."""
    settings = _read_settings(directory)
    return frozenset((settings.site if settings else Site()).origin_failover_status_codes)


def _read_settings(directory: Path | None) -> Settings | None:
    named = os.environ.get(FILE_VARIABLE)
    file = Path(named) if named else directory / DEFAULT_FILE if directory else None
    if file is None or not (named or file.is_file()):
        return None
    try:
        return Settings.load(file)
    except SettingsError as error:
        raise BadUsageError(str(error)) from error

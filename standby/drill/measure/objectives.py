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


@dataclass(frozen=True, kw_only=True)
class Objective:
    """A bound on a measure, named by its field of `Measures`. With `other_measure`, on the larger of the two."""

    name: str
    measure: str
    bound: Callable[[Objectives], float]
    unit: str = ""
    strict: bool = False
    other_measure: str = ""

    def compare(self, measures: Measures, settings: Objectives) -> ObjectiveResult:
        """Compare the measure with the bound. An objective that could not be measured is missed."""
        measured, bound = self._measured(measures), float(self.bound(settings))
        met = measured is not None and (measured < bound if self.strict else measured <= bound)
        return ObjectiveResult(
            name=self.name, measured=measured, bound=bound, unit=self.unit, met=met, strict=self.strict
        )

    def _measured(self, measures: Measures) -> Number:
        names = [name for name in (self.measure, self.other_measure) if name]
        known = [value for value in (getattr(measures, name) for name in names) if value is not None]
        return max(known) if len(known) == len(names) else None


def zero(name: str, measure: str) -> Objective:
    """Return the objective that a count is 0."""
    return Objective(name=name, measure=measure, bound=lambda _: 0.0)


def at_most(name: str, measure: str, seconds: float) -> Objective:
    """Return the objective that a time is not longer than this."""
    return Objective(name=name, measure=measure, bound=lambda _: seconds, unit="s")


PAGES_FAILED: Final = zero("pages failed", "pages_failed")
COLD_PAGES_FAILED: Final = zero("cold pages failed", "cold_pages_failed")
PAGE_RTO: Final = Objective(
    name="page RTO",
    measure="page_gap_seconds",
    other_measure="slowest_page_seconds",
    bound=lambda settings: settings.page_rto_seconds,
    unit="s",
    strict=True,
)
COLD_PAGE_RTO: Final = Objective(
    name="cold page RTO",
    measure="cold_page_gap_seconds",
    other_measure="slowest_cold_page_seconds",
    bound=lambda settings: settings.page_rto_seconds,
    unit="s",
    strict=True,
)
COLD_PAGE_RTO_S3_HANGS: Final = Objective(
    name="cold page RTO, S3 hangs",
    measure="cold_page_gap_seconds",
    other_measure="slowest_cold_page_seconds",
    bound=lambda _: HUNG_PAGE_SECONDS,
    unit="s",
)
ORIGIN_CONNECT: Final = Objective(
    name="page RTO, no connection to the bucket",
    measure="origin_connect_seconds",
    bound=lambda settings: settings.page_rto_seconds,
    unit="s",
)
ORIGIN_CODES: Final = zero("status codes without origin failover", "status_codes_without_failover")
PAGE_RPO: Final = Objective(
    name="page RPO, files that differ",
    measure="differing_site_files",
    bound=lambda settings: settings.page_rpo_files,
)
API_RPO: Final = Objective(
    name="API RPO, answers lost", measure="answers_lost", bound=lambda settings: settings.api_rpo_answers
)
API_RTO: Final = at_most("API RTO", "execution_seconds", API_RTO_SECONDS)
LIVE_API_RTO: Final = Objective(
    name="API RTO",
    measure="execution_seconds",
    bound=lambda settings: settings.execution_seconds,
    unit="s",
)
COMMAND: Final = Objective(
    name="failover command", measure="command_seconds", bound=lambda settings: settings.execution_seconds, unit="s"
)
DOCUMENTS_RPO: Final = Objective(
    name="documents RPO",
    measure="documents_rpo_seconds",
    bound=lambda settings: settings.documents_rpo_seconds,
    unit="s",
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

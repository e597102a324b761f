"""The objectives, and how they are held against what was measured.

Where a figure comes from: the guide's "Recovery Objectives" (page RTO < 1 s, page and API RPO 0, documents 0 to 15
minutes) and this project's own bounds, all from `[objectives]` of the settings but for two. `API_BACK_SECONDS` is
stricter than any promise: on one machine there is no network in the way. `COLD_PAGE_SECONDS` is the one case in which
an origin group does not help within a second: S3 that accepts and then hangs is given up after 30 s, whatever is set.
A page RTO is held against the longest gap and the slowest page alike. Two objectives are read off the distribution, for
no fault of this machine shows them: a bucket that drops connections, and every status code that S3 may answer with.
Source: docs.aws.amazon.com, CloudFront, "Request and response behavior for Amazon S3 origins".
"""

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from standby.drill.measure.records import Held, Number
from standby.errors import BadUsageError
from warm_standby.settings import DEFAULT_FILE, FILE_VARIABLE, Objectives, Settings, SettingsError, Site

API_BACK_SECONDS: Final = 2.0
COLD_PAGE_SECONDS: Final = 31.0


@dataclass(frozen=True, kw_only=True)
class Objective:
    """A bound on a measure; on the larger of two where `also` names another."""

    name: str
    measure: str
    bound: Callable[[Objectives], float]
    unit: str = ""
    strict: bool = False
    also: str = ""

    def held(self, measures: Mapping[str, Number], bounds: Objectives) -> Held:
        """Return the objective held against the measures. What could not be measured is missed."""
        measured, bound = self._measured(measures), float(self.bound(bounds))
        within = measured is not None and (measured < bound if self.strict else measured <= bound)
        return Held(name=self.name, measured=measured, bound=bound, unit=self.unit, met=within, strict=self.strict)

    def _measured(self, measures: Mapping[str, Number]) -> Number:
        values = [measures.get(name) for name in (self.measure, self.also) if name]
        known = [value for value in values if value is not None]
        return max(known) if len(known) == len(values) else None


def none(name: str, measure: str) -> Objective:
    """Return an objective that a count is 0."""
    return Objective(name=name, measure=measure, bound=lambda _: 0.0)


PAGES_FAILED: Final = none("pages failed", "pages_failed")
COLD_PAGES_FAILED: Final = none("cold pages failed", "cold_pages_failed")
PAGE_RTO: Final = Objective(
    name="page RTO",
    measure="page_gap_seconds",
    also="page_longest_seconds",
    bound=lambda bounds: bounds.page_rto_seconds,
    unit="s",
    strict=True,
)
COLD_PAGE_RTO: Final = Objective(
    name="cold page RTO",
    measure="cold_page_gap_seconds",
    also="cold_page_longest_seconds",
    bound=lambda bounds: bounds.page_rto_seconds,
    unit="s",
    strict=True,
)
COLD_PAGE_HELD: Final = Objective(
    name="cold page RTO, S3 hangs",
    measure="cold_page_gap_seconds",
    also="cold_page_longest_seconds",
    bound=lambda _: COLD_PAGE_SECONDS,
    unit="s",
)
ORIGIN_CONNECT: Final = Objective(
    name="page RTO, the bucket takes no connection",
    measure="origin_connect_seconds",
    bound=lambda bounds: bounds.page_rto_seconds,
    unit="s",
)
ORIGIN_CODES: Final = none("status codes without a second bucket", "origin_codes_missing")
PAGE_RPO: Final = Objective(
    name="page RPO, files that differ", measure="site_files_different", bound=lambda bounds: bounds.page_rpo_files
)
API_RPO: Final = Objective(
    name="API RPO, answers lost", measure="answers_lost", bound=lambda bounds: bounds.api_rpo_answers
)
API_BACK: Final = Objective(
    name="API back after the command", measure="execution_seconds", bound=lambda _: API_BACK_SECONDS, unit="s"
)
EXECUTION: Final = Objective(
    name="failover command", measure="command_seconds", bound=lambda bounds: bounds.execution_seconds, unit="s"
)
EXECUTED: Final = Objective(
    name="API answers after the command",
    measure="execution_seconds",
    bound=lambda bounds: bounds.execution_seconds,
    unit="s",
)
DOCUMENTS_RPO: Final = Objective(
    name="documents RPO",
    measure="documents_rpo_seconds",
    bound=lambda bounds: bounds.documents_rpo_seconds,
    unit="s",
)
DOCUMENTS_LOST: Final = none("documents lost", "documents_lost")
DOCUMENTS_DOUBLED: Final = none("documents doubled", "documents_doubled")
DOCUMENTS_FOUND: Final = none("documents no question finds", "documents_not_found")
QUESTIONS_FAILED: Final = none("questions failed", "questions_failed")
UPLOADS_FAILED: Final = none("uploads failed", "uploads_failed")

DOCUMENTS: Final = (DOCUMENTS_LOST, DOCUMENTS_DOUBLED, DOCUMENTS_FOUND)
PAGES: Final = (PAGES_FAILED, PAGE_RTO, COLD_PAGES_FAILED, COLD_PAGE_RTO, PAGE_RPO)
ORIGINS: Final = (ORIGIN_CONNECT, ORIGIN_CODES)
API: Final = (API_BACK, EXECUTION, API_RPO)


def hold(objectives: Iterable[Objective], measures: Mapping[str, Number], bounds: Objectives) -> tuple[Held, ...]:
    """Hold each objective against the measures."""
    return tuple(objective.held(measures, bounds) for objective in objectives)


def read_bounds(directory: Path | None) -> Objectives:
    """Return the objectives of the settings that the environment names, else of those in `directory`, else defaults.

    Raises `BadUsageError` where the settings cannot be used.
    """
    settings = _read_settings(directory)
    return settings.objectives if settings else Objectives()


def read_failover_codes(directory: Path | None) -> frozenset[int]:
    """Return the status codes on which a second bucket shall be asked, of the same settings."""
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

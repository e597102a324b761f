"""The health report, and a cache for it."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from health.checks import Check, run_checks
from shared.api import Response, iso_time

CACHED_SECONDS = 5.0
# The cache limits how much of the Retrieve quota public callers can use with deep checks. It lasts no longer because
# before a failback the operator's tool asks several times, a second apart, and each response must be a new one.
DEEP_CACHED_SECONDS = 1.0


@dataclass(frozen=True, kw_only=True)
class Report:
    """The response for one run of the checks; `checked_at` is in seconds on the monotonic clock."""

    response: Response
    failed: tuple[str, ...]
    healthy_percent: int
    checked_at: float


def make_report(checks: Mapping[str, Check], *, region: str, deadline_seconds: float) -> Report:
    """Run the checks. Report 200 and `healthy` if all pass, else 503 and `degraded`."""
    started = time.monotonic()
    results = run_checks(checks, deadline_seconds=deadline_seconds)
    failed = tuple(name for name, result in results.items() if result.error)
    ended = time.monotonic()
    body: dict[str, object] = {
        "status": "degraded" if failed else "healthy",
        "region": region,
        "timestamp": iso_time(datetime.now(tz=UTC)),
        "checks": {name: result.as_json() for name, result in results.items()},
        "totalResponseTimeMs": round((ended - started) * 1000),
    }
    return Report(
        response=Response(status=503 if failed else 200, body=body),
        failed=failed,
        healthy_percent=round(100 * (1 - len(failed) / len(results))),
        checked_at=ended,
    )


class CachedReport:
    """Caches the last report, healthy or degraded, for some seconds, because health checkers ask many times a minute.

    A cached report shows the time at which it was made.
    """

    def __init__(
        self,
        make: Callable[[], Report],
        *,
        seconds: float = CACHED_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._make = make
        self._seconds = seconds
        self._clock = clock
        self._last: Report | None = None

    def get(self) -> tuple[Report, bool]:
        """Return a report younger than the cache time, and whether it is new."""
        if self._last is not None and self._clock() - self._last.checked_at < self._seconds:
            return self._last, False
        self._last = self._make()
        return self._last, True

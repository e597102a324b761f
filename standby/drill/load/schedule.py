"""When requests are due. Pure: it knows rates and times, and nothing of answers, so no answer can delay a request."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from standby.drill.measure.records import Kind


@dataclass(frozen=True, kw_only=True, order=True)
class Due:
    """A request that is due at a time, in seconds since the scenario began."""

    at: float
    kind: Kind


@dataclass(kw_only=True)
class Schedule:
    """A fixed rate for each kind of request: the n-th is due at `start + n / rate`, whatever became of those before."""

    rates: Mapping[Kind, float]
    start: float = 0.0
    _beats: dict[Kind, tuple[float, float]] = field(init=False)  # when the kind's beat began, and its rate
    _counts: dict[Kind, int] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._beats = {}
        for kind, rate in self.rates.items():
            self.set_rate(kind, rate, since=self.start)

    def set_rate(self, kind: Kind, rate: float, *, since: float) -> None:
        """Let requests of this kind be due at another rate from now on; 0 ends them."""
        self._beats[kind] = (since, rate)
        self._counts[kind] = 0

    def next_at(self) -> float | None:
        """Return when the next request is due, None when none ever is."""
        return min((due.at for due in self._next_of_each()), default=None)

    def due(self, now: float) -> list[Due]:
        """Return what is due up to now and was not returned before, in order, each with the time it was due at."""
        found: list[Due] = []
        while ready := [due for due in self._next_of_each() if due.at <= now]:
            first = min(ready)
            self._counts[first.kind] += 1
            found.append(first)
        return found

    def _next_of_each(self) -> list[Due]:
        return [
            Due(at=since + self._counts[kind] / rate, kind=kind)
            for kind, (since, rate) in self._beats.items()
            if rate > 0
        ]

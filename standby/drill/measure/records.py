"""What a drill writes down. All times are seconds since the scenario began, on one clock that every process shares.

The clock is the system's monotonic one. Its reference point is the same for every process of a machine on Linux and
macOS (`CLOCK_MONOTONIC`, `mach_absolute_time`), so that the load's records and the drill's events lie on one line.
"""

import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Final, Literal, get_args

from standby.deployment.manifest import Role

Kind = Literal["page", "cold-page", "question", "asked-again", "upload"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
"""What users do. A cold page is asked of an edge that has never seen it; a question that failed is asked again."""

EventKind = Literal["fault", "detected", "command", "done", "heal", "note"]
Number = int | float | None
"""A measured value; None where there was nothing to measure."""


class Result(StrEnum):
    """How a request ended: a good answer, an answer that is none (5xx, wrong content), or no answer at all."""

    OK = "ok"
    ERROR = "error"
    NO_ANSWER = "no-answer"


class Outcome(StrEnum):
    """How a scenario ended: `missed` an objective, `failed` to be played as written, or was `skipped`."""

    PASSED = "passed"
    MISSED = "missed"
    SKIPPED = "skipped"
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True)
class Clock:
    """Seconds since `origin`, a reading of the monotonic clock that another process may have made."""

    origin: float = field(default_factory=time.monotonic)

    def now(self) -> float:
        """Return the seconds since the origin."""
        return time.monotonic() - self.origin


@dataclass(frozen=True, kw_only=True)
class Request:
    """One request of a user. Its latency counts from when it was due, not from when somebody was free to send it.

    `region` and `generation` are those of the answer; `key` and `word` name an upload's object and its one unusual
    word; `name` tells one question from another; `new` is the question of a visitor who was never here before.
    """

    kind: Kind
    scheduled: float
    began: float
    ended: float
    result: Result
    status: int = 0
    region: str = ""
    generation: int = 0
    key: str = ""
    word: str = ""
    name: str = ""
    new: bool = False
    detail: str = ""

    @property
    def ok(self) -> bool:
        """Whether the answer was a good one."""
        return self.result is Result.OK

    @property
    def latency(self) -> float:
        """Seconds from when the request was due to its end."""
        return self.ended - self.scheduled

    def to_line(self) -> str:
        """Return the record as one line of JSON."""
        return json.dumps(asdict(self), separators=(",", ":"))

    @classmethod
    def from_line(cls, line: str) -> "Request":
        """Return the record that a line holds."""
        value = json.loads(line)
        return cls(**{**value, "result": Result(value["result"])})


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that the drill did or saw. `role` is the region that it happened to, where it happened to one."""

    at: float
    kind: EventKind
    text: str
    role: Role | None = None


@dataclass(frozen=True, kw_only=True)
class Span:
    """How long a region was in a state that was not its usual one."""

    role: Role
    region: str
    state: str
    began: float
    ended: float


@dataclass(frozen=True, kw_only=True)
class Held:
    """An objective, held against what was measured. `strict`: the measure must be below the bound, not at it."""

    name: str
    measured: Number
    bound: float
    unit: str
    met: bool
    strict: bool = False


@dataclass(frozen=True, kw_only=True)
class ScenarioReport:
    """One scenario's part of the report. `series` counts requests by second, kind and result."""

    name: str
    summary: str
    result: Outcome
    reason: str = ""
    seconds: float = 0.0
    measures: Mapping[str, Number] = field(default_factory=dict)
    objectives: tuple[Held, ...] = ()
    events: tuple[Event, ...] = ()
    regions: tuple[Span, ...] = ()
    series: Mapping[str, Mapping[str, list[int]]] = field(default_factory=dict)
    extra: Mapping[str, object] = field(default_factory=dict)

"""The records of a scenario. All times are in seconds since the scenario started, on one clock for every process.

It is the system's monotonic clock. On Linux and macOS its reference point is the same for every process of a machine
(`CLOCK_MONOTONIC`, `mach_absolute_time`). So the records of the load process and of the drill share one time axis.
"""

import json
import time
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Final, Literal, get_args

from pydantic import Field

from standby.deployment.manifest import Role
from standby.json_model import JsonModel

RequestKind = Literal["page", "cold-page", "question", "question-retry", "upload"]
REQUEST_KINDS: Final[tuple[RequestKind, ...]] = get_args(RequestKind)
"""A cold page is one that the edge location has not cached. A failed question is asked again at the end of the load."""

EventKind = Literal["fault", "detected", "command", "ended", "heal", "note"]
Number = int | float | None
"""A measured value; None if there was nothing to measure."""


class Result(StrEnum):
    """How a request ended: a good answer, a wrong answer (5xx, wrong content), or no answer."""

    OK = "ok"
    ERROR = "error"
    NO_ANSWER = "no-answer"


class Outcome(StrEnum):
    """How a scenario ended: every objective met, one missed, not run to its end, or skipped."""

    PASSED = "passed"
    MISSED = "missed"
    SKIPPED = "skipped"
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True)
class Clock:
    """Seconds since `origin`, a reading of the monotonic clock, possibly by another process."""

    origin: float = field(default_factory=time.monotonic)

    def now(self) -> float:
        """Return the seconds since the origin."""
        return time.monotonic() - self.origin


@dataclass(frozen=True, kw_only=True)
class Answer:
    """How a request of a user ended.

    `region` and `generation` are those of the answer. `key` and `word` are the object key of an upload and the unique
    word of its document.
    """

    result: Result
    status: int = 0
    region: str = ""
    generation: int = 0
    key: str = ""
    word: str = ""
    detail: str = ""


@dataclass(frozen=True, kw_only=True)
class Request(Answer):
    """One request of a user.

    `name` identifies a question. `new_visitor`: the question came from a visitor without a `config.json`.
    """

    kind: RequestKind
    scheduled: float
    started: float
    ended: float
    name: str = ""
    new_visitor: bool = False

    @property
    def ok(self) -> bool:
        """Whether the answer was a good one."""
        return self.result is Result.OK

    @property
    def latency(self) -> float:
        """Seconds from when the request was due, not from when a worker sent it, to its end."""
        return self.ended - self.scheduled

    def to_line(self) -> str:
        """Return the record as one line of JSON."""
        return json.dumps(asdict(self), separators=(",", ":"))

    @classmethod
    def from_line(cls, line: str) -> "Request":
        """Return the record that `to_line` wrote."""
        value = json.loads(line)
        return cls(**{**value, "result": Result(value["result"])})


class Event(JsonModel):
    """An action or an observation of the drill."""

    at: float = Field(description="when, in seconds since the scenario started")
    kind: EventKind = Field(description="`fault`, `detected`, `command`, `ended` (a command), `heal` or `note`")
    text: str = Field(description="what happened, in words")
    role: Role | None = Field(default=None, description="the role of the region that a fault affects; null otherwise")


class FaultPeriod(JsonModel):
    """The time for which a region had a fault."""

    role: Role = Field(description="the role of the region")
    region: str = Field(description="the region")
    state: str = Field(description="what the fault did, in a few words")
    started: float = Field(description="when it started, in seconds since the scenario started")
    ended: float = Field(description="when it was healed")


class BrowserQuestion(JsonModel):
    """A question in a real browser, and how long its answer took."""

    at: float = Field(description="when it was asked, in seconds since the scenario started")
    seconds: float = Field(description="how long the answer took, or how long the user waited without one")
    region: str = Field(description='the region that answered; "" without an answer')
    page_message: str = Field(description="the message that the page showed")

    @property
    def answered(self) -> bool:
        """Whether an answer came."""
        return bool(self.region)

    def __str__(self) -> str:
        """Return it as a line of the report."""
        message = f'; the page says "{self.page_message}"' if self.page_message else ""
        if not self.answered:
            return f"a user waited {self.seconds:.1f} s and got no answer{message}"
        return f"a user waited {self.seconds:.1f} s for an answer from {self.region}{message}"


class FailedRequest(JsonModel):
    """A request of a simulated user without a good answer."""

    kind: RequestKind = Field(description="`page`, `cold-page`, `question`, `question-retry` or `upload`")
    at: float = Field(description="when it was due, in seconds since the scenario started")
    seconds: float = Field(description="how long it took")
    result: Result = Field(description="`error` or `no-answer`")
    status: int = Field(description="the HTTP status code; 0 without an answer")
    detail: str = Field(description="the start of the answer, or why there was none")

    def __str__(self) -> str:
        """Return it as a line of the report."""
        status = f" {self.status}" if self.status else ""
        detail = f", {' '.join(self.detail.split())}" if self.detail else ""
        return f"{self.kind} at {self.at:.1f} s: {self.result.value}{status} after {self.seconds:.1f} s{detail}"


class ObjectiveResult(JsonModel):
    """An objective and the measured value."""

    name: str = Field(description="the objective")
    measured: Number = Field(description="the measured value; null if it could not be measured, which counts as missed")
    bound: float = Field(description="the largest value that meets the objective")
    unit: str = Field(description='`s`, or "" for a count')
    met: bool = Field(description="whether the objective is met")
    strict: bool = Field(default=False, description="whether the value must be below the bound, not equal to it")

"""A plan that is being carried out, and the ways in which a step can fail."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from standby.deployment.routing_config import ConfigCopy
from standby.errors import StandbyError
from standby.operations.facts.journal import Event, PendingWrite, StepTaken, end_event
from standby.operations.plans.plan import Plan

RunResult = Literal["done", "incomplete", "not verified", "failed", "unknown", "lost"]


class StepFailedError(StandbyError):
    """A step failed. `fatal`: later steps depend on it."""

    def __init__(self, message: str, *, fatal: bool = False) -> None:
        super().__init__(message)
        self.fatal = fatal


class NotVerifiedError(StepFailedError):
    """A check after the writes failed: what was written stays written."""


class UnknownOutcomeError(StepFailedError):
    """A write may have landed: its answer was lost, and the object could not be read again."""

    def __init__(self, message: str) -> None:
        super().__init__(message, fatal=True)


class ConflictError(StandbyError):
    """Another command won. `authoritative` is the copy of `config.json` that it wrote, `winner` is its event."""

    def __init__(self, message: str, *, authoritative: ConfigCopy | None, winner: Event | None) -> None:
        super().__init__(message, hint="`standby status` shows the current state; decide together what is next.")
        self.authoritative = authoritative
        self.winner = winner


@dataclass(kw_only=True)
class PlanRun:
    """The steps that were carried out, the pending writes, and the event, which grows with each step.

    `failures`, `not_verified` and `unknown` have a sentence for each step that failed, by the kind of its error.
    `winner` and `authoritative` come from a `ConflictError`. `details` has a line for each document.
    """

    plan: Plan
    event: Event | None
    steps: list[StepTaken] = field(default_factory=list)
    pending_writes: list[PendingWrite] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    not_verified: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    winner: Event | None = None
    authoritative: ConfigCopy | None = None
    notes: list[str] = field(default_factory=list)
    details: list[str] = field(default_factory=list)

    @property
    def result(self) -> RunResult:
        """The result so far."""
        if self.winner or self.authoritative:
            return "lost"
        if self.unknown:
            return "unknown"
        if self.failures:
            return "failed"
        if self.not_verified:
            return "not verified"
        return "incomplete" if self.pending_writes else "done"

    def finished_event(self, *, now: datetime) -> Event:
        """Return the event with what the run did until now. Raises `ValueError` for a plan without an event."""
        if self.event is None:
            raise ValueError("a plan without an event has no step that writes one")
        ended = end_event(self.event, self.result, now=now)
        return ended.model_copy(update={"steps": tuple(self.steps), "pending_writes": tuple(self.pending_writes)})

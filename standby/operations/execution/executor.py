"""Carry out a plan, or only show it. Every step says on stderr when it begins and when it ends."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Final, Literal

from standby.console import print_progress
from standby.deployment.connection import Connection
from standby.deployment.manifest import Manifest
from standby.deployment.routing_config import ConfigCopy
from standby.errors import StandbyError
from standby.operations.facts.journal import Event, PendingWrite, StepTaken, end_event, format_time
from standby.operations.plans.plan import (
    CloseEvent,
    CopyDocuments,
    CopyEvents,
    Ingest,
    Invalidate,
    Plan,
    PutConfig,
    Step,
    VerifyEdge,
    VerifyHealth,
    WriteIntent,
)

OutcomeResult = Literal["done", "incomplete", "failed", "lost"]
AGAIN: Final = "Run the same command again: it goes on from here."


class StepFailedError(StandbyError):
    """A step went wrong. `fatal`: what follows would rest on it."""

    def __init__(self, message: str, *, fatal: bool = False) -> None:
        super().__init__(message)
        self.fatal = fatal


class ConflictError(StandbyError):
    """Another command won. `held` is the copy of `config.json` that holds now, `winner` who wrote it."""

    def __init__(self, message: str, *, held: ConfigCopy | None, winner: Event | None) -> None:
        super().__init__(message, hint="`standby status` shows what holds now; decide together what is next.")
        self.held = held
        self.winner = winner


@dataclass(kw_only=True)
class PlanRun:
    """A plan that is being carried out: what was taken, what could not be written, and the event as it grows."""

    plan: Plan
    event: Event | None
    steps: list[StepTaken] = field(default_factory=list)
    pending_writes: list[PendingWrite] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    winner: Event | None = None
    held: ConfigCopy | None = None
    notes: list[str] = field(default_factory=list)
    details: list[str] = field(default_factory=list)

    @property
    def result(self) -> OutcomeResult:
        """How it went as far as it is known."""
        if self.winner or self.held:
            return "lost"
        if self.failures:
            return "failed"
        return "incomplete" if self.pending_writes else "done"


class Executor:
    """Carries out the steps of a plan, in order. `last` is the last run, however it ended."""

    last: PlanRun

    def __init__(self, connection: Connection, manifest: Manifest, *, wait_seconds: float = 600.0) -> None:
        # Imported here, for only one of them is needed at night and each costs its start.
        from standby.operations.execution.switch_steps import SwitchSteps  # noqa: PLC0415 - see above

        self._connection = connection
        self._manifest = manifest
        self._wait = wait_seconds
        self._switch = SwitchSteps(connection, manifest)

    def run(self, plan: Plan) -> PlanRun:
        """Carry out the plan.

        Raises `ConflictError` when another command won, `RefusedError` when nothing could be begun, `StepFailedError`
        when a step failed on which the others rest.
        """
        for _ in self.steps(plan):
            pass
        return self.last

    def steps(self, plan: Plan) -> Iterator[Step]:
        """Carry out the plan step by step: each is yielded when it has ended. Raises what `run` does."""
        run = self.last = PlanRun(plan=plan, event=plan.event, pending_writes=list(plan.pending_writes))
        for number, step in enumerate(plan.steps, start=1):
            self._take(run, step, f"step {number} of {len(plan.steps)}")
            yield step

    def _take(self, run: PlanRun, step: Step, label: str) -> None:
        where = f" in {step.region}" if step.region else ""
        print_progress(f"{label} begins: {step.title}{where}")
        began, at = time.monotonic(), format_time(datetime.now(tz=UTC))

        def taken(result: str, detail: str) -> None:
            seconds = round(time.monotonic() - began, 3)
            run.steps.append(StepTaken(step=step.title + where, result=result, detail=detail, at=at, seconds=seconds))
            print_progress(f"{label} {result} ({seconds:.2f} s){': ' + detail if detail else ''}")

        try:
            detail = self._perform(run, step)
        except StepFailedError as error:
            taken("failed", error.message)
            run.failures.append(f"{step.title}{where}: {error.message}")
            if error.fatal:
                self._switch.close(run)
                raise StepFailedError(run.failures[-1], fatal=True) from error
        except ConflictError as error:
            run.winner, run.held = error.winner, error.held
            taken("lost", error.message)
            self._switch.close(run)
            raise
        else:
            taken("done", detail)

    def _perform(self, run: PlanRun, step: Step) -> str:
        action = step.action
        if isinstance(action, CopyDocuments | Ingest | CopyEvents):
            return self._reconcile(run, action)
        return self._switched(run, action)

    def _switched(
        self, run: PlanRun, action: WriteIntent | PutConfig | Invalidate | VerifyEdge | VerifyHealth | CloseEvent
    ) -> str:
        switch = self._switch
        if isinstance(action, WriteIntent):
            return switch.write_intent(run, action)
        if isinstance(action, PutConfig):
            return switch.put_config(run, action)
        if isinstance(action, Invalidate):
            return switch.invalidate(run)
        if isinstance(action, VerifyEdge):
            return switch.verify_edge(action)
        if isinstance(action, VerifyHealth):
            return switch.verify_health(action)
        return switch.close(run)

    def _reconcile(self, run: PlanRun, action: CopyDocuments | Ingest | CopyEvents) -> str:
        from standby.operations.execution.reconcile_steps import ReconcileSteps  # noqa: PLC0415 - only `reconcile` needs it

        mend = ReconcileSteps(self._connection, self._manifest, wait_seconds=self._wait)
        if isinstance(action, CopyDocuments):
            return mend.copy_documents(run, action)
        if isinstance(action, Ingest):
            return mend.ingest(action)
        return mend.copy_events(action)


def show_plan(plan: Plan) -> None:
    """Print on stderr what a plan would do."""
    print_progress(f"{plan.command}: {plan.summary}")
    for note in plan.notes:
        print_progress(f"  note: {note}")
    for number, step in enumerate(plan.steps, start=1):
        print_progress(f"  {number}. {step.title}{' in ' + step.region if step.region else ''}")
    for part in plan.pending_writes:
        print_progress(f"  not now: {part.what} in {part.region} ({part.why})")


def finish_event(event: Event, run: PlanRun) -> Event:
    """Return the event with everything that the run came to."""
    result = run.result
    closed = end_event(event, result, now=datetime.now(tz=UTC))
    return replace(closed, steps=tuple(run.steps), pending_writes=tuple(run.pending_writes))

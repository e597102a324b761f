"""Carry out a plan, step by step. Each step prints one line on stderr when it ends."""

from collections.abc import Iterator
from typing import Final

from standby.console import Stopwatch, mark_step, print_progress, report_waiting
from standby.deployment.connection import Connection
from standby.deployment.manifest import Manifest
from standby.operations.execution.run import (
    ConflictError,
    NotVerifiedError,
    PlanRun,
    StepFailedError,
    UnknownOutcomeError,
)
from standby.operations.execution.switch_steps import SwitchSteps
from standby.operations.facts.journal import StepTaken, format_time
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

RUN_AGAIN: Final = "Run the same command again: it continues from here."
VERIFY_AGAIN: Final = "`standby status --deep` shows what fails; the same command again verifies again."
LOOK_AGAIN: Final = "`standby status` looks again; the same command again writes it, or finds it written."


class Executor:
    """Carries out the steps of a plan, in order. `last` is the last run, whatever its result."""

    last: PlanRun

    def __init__(self, connection: Connection, manifest: Manifest, *, wait_seconds: float = 600.0) -> None:
        self._connection = connection
        self._manifest = manifest
        self._wait_seconds = wait_seconds
        self._switch = SwitchSteps(connection, manifest)

    def run(self, plan: Plan) -> PlanRun:
        """Carry out the plan.

        Raises `ConflictError` when another command won, `RefusedError` when the first write was refused, and
        `StepFailedError` when a step that other steps depend on failed.
        """
        for _ in self.steps(plan):
            pass
        return self.last

    def steps(self, plan: Plan) -> Iterator[Step]:
        """Carry out the plan, and yield each step when it has ended. Raises the same errors as `run`."""
        run = self.last = PlanRun(plan=plan, event=plan.event, pending_writes=list(plan.pending_writes))
        for number, step in enumerate(plan.steps, start=1):
            self._take(run, step, number)
            yield step

    def _take(self, run: PlanRun, step: Step, number: int) -> None:
        total = len(run.plan.steps)
        label = f"{number}/{total} {step.full_title}"
        mark_step(number, total, "begins")
        stopwatch, at = Stopwatch(), format_time(self._connection.clients.clock.now())

        def record(result: str, detail: str) -> None:
            seconds = stopwatch.seconds
            run.steps.append(StepTaken(step=step.full_title, result=result, detail=detail, at=at, seconds=seconds))
            print_progress(f"{label}: {_describe_end(step, result, detail, seconds=seconds)}")
            mark_step(number, total, result)

        try:
            with report_waiting(label):
                detail = self._perform(run, step)
        except StepFailedError as error:
            kind, sentences = _classify(run, error)
            record(kind, error.message)
            sentences.append(f"{step.full_title}: {error.message}")
            if error.fatal:
                self._switch.close(run)
                raise StepFailedError(sentences[-1], fatal=True) from error
        except ConflictError as error:
            run.winner, run.authoritative = error.winner, error.authoritative
            record("lost", error.message)
            self._switch.close(run)
            raise
        else:
            record("done", detail)

    def _perform(self, run: PlanRun, step: Step) -> str:
        action = step.action
        if isinstance(action, CopyDocuments | Ingest | CopyEvents):
            return self._reconcile(run, action)
        return self._switch_traffic(run, action)

    def _switch_traffic(
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
        from standby.operations.execution.reconcile_steps import ReconcileSteps  # noqa: PLC0415 - no failover needs it

        steps = ReconcileSteps(self._connection, self._manifest, wait_seconds=self._wait_seconds)
        if isinstance(action, CopyDocuments):
            return steps.copy_documents(run, action)
        if isinstance(action, Ingest):
            return steps.ingest(action)
        return steps.copy_events(action)


def _classify(run: PlanRun, error: StepFailedError) -> tuple[str, list[str]]:
    """Return the result of a step that failed, and the run's list of such steps."""
    if isinstance(error, UnknownOutcomeError):
        return "unknown", run.unknown
    return ("not verified", run.not_verified) if isinstance(error, NotVerifiedError) else ("failed", run.failures)


def _describe_end(step: Step, result: str, detail: str, *, seconds: float) -> str:
    """Return how a step ended. What failed or is pending is reported once, at the end of the command."""
    pending = detail.startswith("pending: ")
    ended = f"{'pending' if pending else result} ({seconds:.2f} s)"
    return f"{ended}, {detail}" if result == "done" and detail and not pending and _is_news(step, detail) else ended


def _is_news(step: Step, detail: str) -> bool:
    """Return whether the detail of a step that is done says more than its title. The journal has every detail."""
    action = step.action
    if isinstance(action, PutConfig):
        return detail != f"generation {action.config.generation}"
    return not isinstance(action, WriteIntent | VerifyEdge | VerifyHealth | CopyEvents)

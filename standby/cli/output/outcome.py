"""The outcome of a command that changes something, and the outcome of a command that ran two plans."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal

from standby.deployment.routing_config import KEY
from standby.errors import FAILED, REFUSED, StandbyError
from standby.operations.execution.run import PlanRun, RunResult
from standby.operations.facts.journal import PendingWrite
from standby.operations.plans.plan import Plan

Outcome = Literal[RunResult, "nothing to do", "planned", "declined", "refused"]
EXIT_CODES: Final[Mapping[Outcome, int]] = {
    "done": 0,
    "incomplete": 0,
    "nothing to do": 0,
    "planned": 0,
    "declined": FAILED,
    "not verified": REFUSED,
    "failed": FAILED,
    "unknown": FAILED,
    "lost": FAILED,
    "refused": REFUSED,
}
"""`incomplete`: users are served, and the writes or comparisons that failed are pending in the journal. `not verified`:
users were moved, and a check after it failed. `unknown`: the write may have landed."""


_BY_SEVERITY: Final[tuple[Outcome, ...]] = (
    "nothing to do",
    "planned",
    "done",
    "incomplete",
    "declined",
    "refused",
    "not verified",
    "failed",
    "unknown",
    "lost",
)
"""The results of a plan. If a command ran two plans, its result is the one that is later in this list."""


@dataclass(frozen=True, kw_only=True)
class CommandOutcome:
    """The outcome of a command. `error` is reported and explains the exit code; None when the command succeeded."""

    result: Outcome
    plan: Plan
    run: PlanRun | None = None
    error: StandbyError | None = None


def merge_outcomes(first: CommandOutcome, second: CommandOutcome) -> CommandOutcome:
    """Return the outcome of a command that ran two plans."""
    plan = _merge_plans(first.plan, second.plan)
    return CommandOutcome(
        result=max(first.result, second.result, key=_BY_SEVERITY.index),
        plan=plan,
        run=_merge_runs(plan, [outcome.run for outcome in (first, second) if outcome.run is not None]),
        error=_merge_errors(first, second),
    )


def _merge_plans(first: Plan, second: Plan) -> Plan:
    return replace(
        second,
        summary="bring both regions into sync" if first.steps else second.summary,
        steps=(*first.steps, *second.steps),
        refusals=(*first.refusals, *second.refusals),
        notes=(*first.notes, *second.notes),
        pending_writes=(*first.pending_writes, *second.pending_writes),
    )


def _merge_runs(plan: Plan, runs: list[PlanRun]) -> PlanRun | None:
    if not runs:
        return None
    last = runs[-1]
    return PlanRun(
        plan=plan,
        event=last.event,
        winner=last.winner,
        authoritative=last.authoritative,
        steps=[step for run in runs for step in run.steps],
        pending_writes=_merge_pending(runs),
        failures=[failure for run in runs for failure in run.failures],
        not_verified=[failure for run in runs for failure in run.not_verified],
        unknown=[failure for run in runs for failure in run.unknown],
        notes=[note for run in runs for note in run.notes],
        details=[detail for run in runs for detail in run.details],
    )


def _merge_pending(runs: list[PlanRun]) -> list[PendingWrite]:
    """Return the pending writes. One to the same config.json is named once, with its first reason."""
    merged: list[PendingWrite] = []
    for part in (part for run in runs for part in run.pending_writes):
        if part.what != KEY or all((part.region, KEY) != (one.region, one.what) for one in merged):
            merged.append(part)
    return merged


def _merge_errors(first: CommandOutcome, second: CommandOutcome) -> StandbyError | None:
    if first.run is not None and second.result in {"declined", "refused"} and second.error is not None:
        where = "is in sync" if first.result == "done" else "is written in one region alone"
        written = f"config.json {where} (generation {first.plan.generation})"
        so_far = f"{first.error.message if first.error else written}, nothing else changed."
        why = "Cancelled." if second.result == "declined" else second.error.message
        between = "\n" if "\n" in why else " "  # after a list of reasons
        return StandbyError(f"{why}{between}{so_far}", hint=first.error.hint if first.error else "")
    errors = [outcome.error for outcome in (first, second) if outcome.error is not None]
    if len(errors) < 2:  # noqa: PLR2004 - there are two outcomes
        return errors[0] if errors else None
    hint = next((error.hint for error in errors if error.hint), "")
    return StandbyError("; ".join(error.message for error in errors), hint=hint)

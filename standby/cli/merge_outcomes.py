"""Two plans of one command, told as one. Pure."""

from dataclasses import replace
from typing import Final

from standby.cli.run_plan import CommandOutcome
from standby.errors import StandbyError
from standby.operations.execution.executor import PlanRun
from standby.operations.plans.plan import Plan

_WEIGHT: Final = ("nothing to do", "planned", "done", "incomplete", "declined", "refused", "failed", "lost")
"""The results of a plan; of two, the later one in this list is the command's."""


def merge_outcomes(first: CommandOutcome, second: CommandOutcome) -> CommandOutcome:
    """Return how a command ended whose first plan did not keep it from the second."""
    plan = _plan(first.plan, second.plan)
    return CommandOutcome(
        result=max(first.result, second.result, key=_WEIGHT.index),
        plan=plan,
        run=_run(plan, [ended.run for ended in (first, second) if ended.run is not None]),
        error=_error(first, second),
    )


def _plan(first: Plan, second: Plan) -> Plan:
    return replace(
        second,
        summary="bring both regions into step" if first.steps else second.summary,
        steps=(*first.steps, *second.steps),
        refusals=(*first.refusals, *second.refusals),
        notes=(*first.notes, *second.notes),
        pending_writes=(*first.pending_writes, *second.pending_writes),
    )


def _run(plan: Plan, runs: list[PlanRun]) -> PlanRun | None:
    if not runs:
        return None
    last = runs[-1]
    return PlanRun(
        plan=plan,
        event=last.event,
        winner=last.winner,
        held=last.held,
        steps=[step for run in runs for step in run.steps],
        pending_writes=[part for run in runs for part in run.pending_writes],
        failures=[failure for run in runs for failure in run.failures],
        notes=[note for run in runs for note in run.notes],
        details=[detail for run in runs for detail in run.details],
    )


def _error(first: CommandOutcome, second: CommandOutcome) -> StandbyError | None:
    if first.run is not None and second.result in {"declined", "refused"} and second.error is not None:
        why = "" if second.result == "declined" else f" {second.error.message}"
        return StandbyError(f"{first.plan.summary}: done. Nothing else was done.{why}")
    errors = [ended.error for ended in (first, second) if ended.error is not None]
    return errors[0] if len(errors) == 1 else _joined(errors)


def _joined(errors: list[StandbyError]) -> StandbyError | None:
    if not errors:
        return None
    hint = next((error.hint for error in errors if error.hint), "")
    return StandbyError("; ".join(error.message for error in errors), hint=hint)

"""What `failover`, `failback` and `reconcile` print: the plan, the question, and one sentence at the end."""

from collections.abc import Iterable, Iterator
from typing import Final

from standby.cli.output.outcome import CommandOutcome
from standby.deployment.routing_config import KEY
from standby.operations.facts.journal import PendingWrite
from standby.operations.plans.plan import Plan, PutConfig, Refusal, WriteIntent

CANCELLED: Final = "Cancelled, nothing changed."
DRY_RUN: Final = "Dry run, nothing changed."


def plan_lines(plan: Plan, overridden: tuple[Refusal, ...]) -> Iterator[str]:
    """Yield the plan: what the command is for, what is worth knowing, and each step."""
    yield f"{plan.command}: {plan.summary}"
    yield from (f"  note: {note}" for note in plan.notes)
    yield from (f"  {number}. {step.full_title}" for number, step in enumerate(plan.steps, start=1))
    yield from (f"  pending: {_describe_pending(part)}" for part in plan.pending_writes)
    yield from (f"  overridden: {refusal.reason}" for refusal in overridden)


def question(plan: Plan) -> str:
    """Return what the user is asked before the plan is carried out."""
    if plan.command == "reconcile":
        in_config = any(isinstance(step.action, PutConfig) for step in plan.steps)
        return f"Bring {'config.json' if in_config else 'both regions'} into sync?"
    if not _moves_users(plan):
        return "Complete the interrupted command?"
    return f"Switch users {'back ' if plan.command == 'failback' else ''}to {plan.target}?"


def summary_lines(outcome: CommandOutcome) -> Iterator[str]:
    """Yield how a command ended that has no error: one sentence, and what is pending."""
    plan, run = outcome.plan, outcome.run
    if outcome.result == "planned":
        yield DRY_RUN
        return
    if outcome.result == "nothing to do":
        yield f"{_begin_sentence(plan)}. Nothing to do."
        yield from (f"note: {note}" for note in plan.notes)
        return
    yield _describe_done(outcome)
    pending = run.pending_writes if run else []
    yield from (f"Pending: {_describe_pending(part)}." for part in pending)
    if pending:
        yield f"{_describe_time(pending)}: `standby reconcile`."


def _describe_done(outcome: CommandOutcome) -> str:
    plan = outcome.plan
    if plan.command != "reconcile":
        return f"Done. {plan.target} {'now ' if _moves_users(plan) else ''}serves (generation {plan.generation})."
    if outcome.result == "incomplete":
        return "Done as far as possible now."
    return "Done. Both regions are in sync."


def _moves_users(plan: Plan) -> bool:
    """Return whether the plan writes a new generation; otherwise it completes what another command began."""
    return any(isinstance(step.action, WriteIntent) for step in plan.steps)


def _describe_pending(part: PendingWrite) -> str:
    why = part.why.removeprefix(f"{part.region} ")
    follows = why != part.why and not why.startswith("its ")
    return f"{part.what} in {part.region}{f', which {why}' if follows else f' ({why})'}"


def _describe_time(pending: Iterable[PendingWrite]) -> str:
    """Return when the writes can be made, as far as the reasons of those to config.json tell."""
    configs = [part for part in pending if part.what == KEY]
    if silent := [part.region for part in configs if " does not answer" in part.why]:
        return f"When {silent[0]} is back"
    refusing = [part.region for part in configs if part.why.startswith(f"{part.region} ")]
    return f"When {refusing[0]} accepts the write" if refusing else "Later"


def _begin_sentence(plan: Plan) -> str:
    """Return the summary as the beginning of a sentence. The name of a region stays as it is."""
    summary = plan.summary
    return summary if summary.startswith((plan.target or KEY, KEY)) else summary[0].upper() + summary[1:]

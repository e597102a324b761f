"""The outcome of a reconcile that ran two plans."""

from standby.cli.output.outcome import CommandOutcome, merge_outcomes
from standby.operations.execution.run import PlanRun
from standby.operations.facts.journal import PendingWrite
from standby.operations.plans.plan import Plan
from tests.standby.helpers import EAST


def _outcome(*pending: PendingWrite) -> CommandOutcome:
    plan = Plan(command="reconcile", summary="bring both regions into sync")
    run = PlanRun(plan=plan, event=None, pending_writes=list(pending))
    return CommandOutcome(result="incomplete", plan=plan, run=run)


def test_a_copy_that_both_plans_leave_pending_is_named_once_with_the_first_reason() -> None:
    refused = PendingWrite(region=EAST, what="config.json", why=f"{EAST} answers AccessDenied")
    differs = PendingWrite(region=EAST, what="config.json", why="it differs from the other region's copy")
    documents = PendingWrite(region=EAST, what="documents", why="they were not compared")
    merged = merge_outcomes(_outcome(refused), _outcome(differs, documents))
    assert merged.run is not None
    assert merged.run.pending_writes == [refused, documents]

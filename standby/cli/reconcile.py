"""`standby reconcile`: bring a region that was lost back in sync."""

from dataclasses import replace
from typing import Final

import click

from standby.cli.options import ChangeOptions, change_options, print_target
from standby.cli.run_plan import CommandOutcome, Outcome, report_outcome, run_plan
from standby.console import Stopwatch, print_progress
from standby.deployment.connection import Connection
from standby.deployment.manifest_reader import read_manifest
from standby.errors import StandbyError
from standby.operations.execution.run import PlanRun, StepFailedError
from standby.operations.facts.reconcile_facts import collect_config_facts, collect_document_facts
from standby.operations.plans.plan import Plan
from standby.operations.plans.reconcile import plan_config, plan_documents
from standby.target import Target

_BY_SEVERITY: Final[tuple[Outcome, ...]] = (
    "nothing to do",
    "planned",
    "done",
    "incomplete",
    "declined",
    "refused",
    "failed",
    "lost",
)
"""The results of a plan; of two plans, the result that is later in this list is the command's."""


@click.command()
@change_options
@click.option("--verbose", is_flag=True, help="Name each document.")
@click.option(
    "--wait", default=600, show_default=True, type=click.IntRange(min=1), help="Seconds to wait for a Knowledge Base."
)
@click.pass_obj
def reconcile(
    target: Target,
    /,
    *,
    dry_run: bool,
    yes: bool,
    force: bool,
    reason: str,
    as_json: bool,
    verbose: bool,
    wait: int,
) -> None:
    """Bring both regions back in sync after one was lost.

    First config.json, so that the region misleads no user: in a plan of its own, carried out before anything is
    compared. Then the documents that one side lacks, in both directions; then the Knowledge Bases; then the journals.
    Nothing newer is overwritten, S3 keeps every version, and deleted documents stay deleted. What cannot be compared is
    pending for the next run. Run it again at any time: it continues. --force works with one region, and replaces an
    invalid config.json.
    """
    options = ChangeOptions(dry_run=dry_run, yes=yes, force=force, reason=reason, as_json=as_json)
    reconcile_regions(target.connection, options, verbose=verbose, wait_seconds=wait)


def reconcile_regions(connection: Connection, options: ChangeOptions, *, verbose: bool, wait_seconds: float) -> None:
    """Reconcile config.json and then the documents: each time collect, plan, show, ask and carry out. Then report."""
    stopwatch = Stopwatch()
    manifest = read_manifest(connection)
    print_target(connection, manifest)
    plan = plan_config(collect_config_facts(connection, manifest), reason=options.reason)
    gathered = stopwatch.seconds
    outcome = CommandOutcome(result="nothing to do", plan=plan)
    if plan.steps or plan.refusals:
        outcome = run_plan(connection, manifest, plan, options)
    if not _ends_command(outcome):
        began = stopwatch.seconds
        print_progress("Comparing both regions")
        plan = plan_documents(collect_document_facts(connection, manifest), reason=options.reason)
        gathered += stopwatch.seconds - began
        second = run_plan(connection, manifest, plan, options, wait_seconds=wait_seconds)
        outcome = merge_outcomes(outcome, second)
    if verbose and not options.as_json and outcome.run is not None:
        for line in outcome.run.details:
            click.echo(line)
    seconds = {"gathered": round(gathered, 3), "total": stopwatch.seconds}
    report_outcome(connection, manifest, outcome, options, seconds=seconds)


def merge_outcomes(first: CommandOutcome, second: CommandOutcome) -> CommandOutcome:
    """Return the outcome of a command that ran two plans."""
    plan = _merge_plans(first.plan, second.plan)
    return CommandOutcome(
        result=max(first.result, second.result, key=_BY_SEVERITY.index),
        plan=plan,
        run=_merge_runs(plan, [outcome.run for outcome in (first, second) if outcome.run is not None]),
        error=_merge_errors(first, second),
    )


def _ends_command(outcome: CommandOutcome) -> bool:
    return outcome.result in {"refused", "declined", "lost"} or isinstance(outcome.error, StepFailedError)


def _merge_plans(first: Plan, second: Plan) -> Plan:
    return replace(
        second,
        summary="bring both regions in sync" if first.steps else second.summary,
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
        pending_writes=[part for run in runs for part in run.pending_writes],
        failures=[failure for run in runs for failure in run.failures],
        notes=[note for run in runs for note in run.notes],
        details=[detail for run in runs for detail in run.details],
    )


def _merge_errors(first: CommandOutcome, second: CommandOutcome) -> StandbyError | None:
    if first.run is not None and second.result in {"declined", "refused"} and second.error is not None:
        why = "" if second.result == "declined" else f" {second.error.message}"
        return StandbyError(f"{first.plan.summary}: done. Nothing else was changed.{why}")
    errors = [outcome.error for outcome in (first, second) if outcome.error is not None]
    if len(errors) < 2:  # noqa: PLR2004 - there are two outcomes
        return errors[0] if errors else None
    hint = next((error.hint for error in errors if error.hint), "")
    return StandbyError("; ".join(error.message for error in errors), hint=hint)

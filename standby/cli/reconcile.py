"""`standby reconcile`: bring a region that was lost back into sync."""

import click

from standby.cli.options import ChangeOptions, change_options, examples, print_result, print_target
from standby.cli.output.outcome import CommandOutcome, merge_outcomes
from standby.cli.run_plan import report_outcome, run_plan
from standby.console import Stopwatch, print_progress
from standby.deployment.connection import Connection
from standby.deployment.manifest import Manifest
from standby.deployment.manifest_reader import read_manifest
from standby.operations.execution.checkpoint import read_rest
from standby.operations.execution.run import StepFailedError
from standby.operations.facts.reconcile_facts import collect_config_facts, collect_document_facts
from standby.operations.plans.reconcile import plan_config, plan_documents, plan_rest
from standby.target import Target


@click.command(
    epilog=examples("standby reconcile", "standby reconcile --dry-run --verbose", "standby reconcile --yes --wait 1800")
)
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
    """Bring both regions back into sync after one was lost.

    It repairs config.json first, because an old copy misleads users. This part has its own plan. Then it copies the
    documents that one side lacks, in both directions, and completes Knowledge Bases and journals. It overwrites nothing
    newer, S3 keeps every version, and deleted documents stay deleted. Documents that cannot be compared wait for the
    next run. Run it again at any time: it continues. --force works with one region, and replaces an invalid
    config.json.
    """
    options = ChangeOptions(dry_run=dry_run, yes=yes, force=force, reason=reason, as_json=as_json)
    reconcile_regions(target, options, verbose=verbose, wait_seconds=wait)


def reconcile_regions(target: Target, options: ChangeOptions, *, verbose: bool, wait_seconds: float) -> None:
    """Reconcile config.json and then the documents: each time collect facts, plan, ask and carry out. Then report."""
    stopwatch, connection = Stopwatch(), target.connection
    manifest = read_manifest(connection)
    print_target(connection, manifest)
    facts = collect_config_facts(connection, manifest)
    plan = plan_config(facts, reason=options.reason)
    gathered = stopwatch.seconds
    outcome = CommandOutcome(result="nothing to do", plan=plan)
    if plan.steps or plan.refusals:
        outcome = run_plan(connection, manifest, plan, options)
    rest = plan_rest(facts, read_rest(connection, manifest), reason=options.reason)
    if rest.steps and _may_continue(outcome):
        outcome = merge_outcomes(outcome, run_plan(connection, manifest, rest, options))
    if _may_continue(outcome):
        began = stopwatch.seconds
        print_progress("Comparing both regions")
        plan = plan_documents(collect_document_facts(connection, manifest), reason=options.reason)
        gathered += stopwatch.seconds - began
        second = run_plan(connection, manifest, plan, options, wait_seconds=wait_seconds)
        outcome = merge_outcomes(outcome, second)
    _report(connection, manifest, outcome, options, verbose=verbose, gathered=gathered, total=stopwatch.seconds)


def _may_continue(outcome: CommandOutcome) -> bool:
    return outcome.result not in {"refused", "declined", "lost"} and not isinstance(outcome.error, StepFailedError)


def _report(
    connection: Connection,
    manifest: Manifest,
    outcome: CommandOutcome,
    options: ChangeOptions,
    *,
    verbose: bool,
    gathered: float,
    total: float,
) -> None:
    if verbose and not options.as_json and outcome.run is not None:
        for line in outcome.run.details:
            print_result(line)
    seconds = {"gathered": round(gathered, 3), "total": total}
    report_outcome(connection, manifest, outcome, options, seconds=seconds)

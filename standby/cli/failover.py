"""`standby failover` and `standby failback`: switch traffic to one region, and back."""

import click

from standby.cli.options import ChangeOptions, change_options, examples, print_target
from standby.cli.run_plan import report_outcome, run_plan
from standby.console import Stopwatch
from standby.deployment.manifest_reader import read_manifest
from standby.operations.facts.switch_facts import collect_switch_facts
from standby.operations.plans.switch import plan_switch
from standby.target import Target


@click.command(
    epilog=examples(
        "standby failover --dry-run", 'standby failover --reason "us-west-2 is down"', "standby failover --yes --json"
    )
)
@change_options
@click.pass_obj
def failover(target: Target, /, *, dry_run: bool, yes: bool, force: bool, reason: str, as_json: bool) -> None:
    """Switch traffic to the failover region.

    Writes config.json in the failover region first, then in the primary region if it is up, and verifies the result
    through the edge. Needs nothing from the primary region. Refused (exit code 3) while the failover region cannot
    serve; --force overrides its health, but not a bucket that cannot be written. Run it again at any time: it changes
    nothing, or completes an interrupted run.
    """
    options = ChangeOptions(dry_run=dry_run, yes=yes, force=force, reason=reason, as_json=as_json)
    stopwatch, connection = Stopwatch(), target.connection
    manifest = read_manifest(connection, target="failover")
    print_target(connection, manifest)
    facts = collect_switch_facts(connection, manifest, "failover")
    gathered = stopwatch.seconds
    plan = plan_switch(facts, command="failover", reason=reason, force=force)
    outcome = run_plan(connection, manifest, plan, options)
    report_outcome(connection, manifest, outcome, options, seconds={"gathered": gathered, "total": stopwatch.seconds})


@click.command(
    epilog=examples(
        "standby failback --dry-run", 'standby failback --reason "us-west-2 is well again"', "standby failback --force"
    )
)
@change_options
@click.option(
    "--checks", default=3, show_default=True, type=click.IntRange(min=1), help="Healthy checks required in a row."
)
@click.option(
    "--wait",
    default=60,
    show_default=True,
    type=click.IntRange(min=0),
    help="Seconds to wait until the regions have settled.",
)
@click.pass_obj
def failback(
    target: Target,
    /,
    *,
    dry_run: bool,
    yes: bool,
    force: bool,
    reason: str,
    as_json: bool,
    checks: int,
    wait: int,
) -> None:
    """Switch traffic back to the primary region, once it is in sync.

    Refused (exit code 3) unless the primary region is healthy several times in a row, no document is missing on
    either side, its Knowledge Base has indexed its bucket, and both copies of config.json agree. `standby reconcile`
    brings them there. --force skips these checks. Use it when the failover region is lost while it serves. It then
    writes a generation above the one that the lost region can have.
    """
    options = ChangeOptions(dry_run=dry_run, yes=yes, force=force, reason=reason, as_json=as_json)
    switch_back(target, options, checks=checks, wait_seconds=wait)


def switch_back(target: Target, options: ChangeOptions, *, checks: int, wait_seconds: float) -> None:
    """Fail back: check the preconditions, plan, show the plan, ask, carry it out, and report."""
    # Imported here, because a failover does not need it.
    from standby.operations.execution import failback_check  # noqa: PLC0415 - see above

    stopwatch, connection = Stopwatch(), target.connection
    manifest = read_manifest(connection, target="primary")
    print_target(connection, manifest)
    if options.force:
        facts = collect_switch_facts(connection, manifest, "primary")
        preconditions = failback_check.overridden_preconditions(manifest, facts.copies)
    else:
        checked = failback_check.check_preconditions(connection, manifest, checks=checks, wait_seconds=wait_seconds)
        facts = collect_switch_facts(connection, manifest, "primary")
        preconditions = failback_check.recheck_preconditions(checked, facts)
    gathered = stopwatch.seconds
    plan = plan_switch(
        facts, command="failback", reason=options.reason, force=options.force, preconditions=preconditions
    )
    outcome = run_plan(connection, manifest, plan, options)
    report_outcome(connection, manifest, outcome, options, seconds={"gathered": gathered, "total": stopwatch.seconds})

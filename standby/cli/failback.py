"""`standby failback`."""

import click

from standby.cli.options import mutating_options
from standby.target import Target


@click.command()
@mutating_options
@click.option(
    "--checks", default=3, show_default=True, type=click.IntRange(min=1), help="Good health checks wanted in a row."
)
@click.option(
    "--wait", default=60, show_default=True, type=click.IntRange(min=0), help="Seconds for what is only on its way."
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
    """Have the primary region serve again, once it is in step.

    Refused (exit code 3) unless the primary region is healthy several times in a row, no document is missing on
    either side, its Knowledge Base has seen its bucket, and both copies of config.json agree. `standby reconcile` gets
    there. --force goes on all the same, and looks at none of it: it is the way out when the failover region is lost
    while it serves. That one may hold a higher generation than the primary region knows; then --force writes above it.
    """
    from standby.cli.run_plan import Options, switch_back  # noqa: PLC0415 - the help needs none of it

    options = Options(dry_run=dry_run, yes=yes, force=force, reason=reason, as_json=as_json)
    switch_back(target.connection, options, checks=checks, wait_seconds=wait)

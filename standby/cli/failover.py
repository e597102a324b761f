"""`standby failover`."""

import click

from standby.cli.options import mutating_options
from standby.target import Target


@click.command()
@mutating_options
@click.pass_obj
def failover(target: Target, /, *, dry_run: bool, yes: bool, force: bool, reason: str, as_json: bool) -> None:
    """Have the failover region serve.

    Writes config.json in the failover region first, then in the primary one if it is up, and verifies through the
    edge. Asks nothing of the region that is left. Refused (exit code 3) while the failover region cannot serve;
    --force overrides its health, never a bucket that cannot be written. Run again, it changes nothing, or finishes
    what an interrupted run left.
    """
    from standby.cli.run_plan import Options, switch  # noqa: PLC0415 - the help needs none of it

    options = Options(dry_run=dry_run, yes=yes, force=force, reason=reason, as_json=as_json)
    switch(target.connection, "failover", "failover", options)

"""`standby reconcile`."""

import click

from standby.cli.options import mutating_options
from standby.target import Target


@click.command()
@mutating_options
@click.option("--verbose", is_flag=True, help="Name each document.")
@click.option(
    "--wait", default=600, show_default=True, type=click.IntRange(min=1), help="Seconds for a Knowledge Base to follow."
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
    """Bring a region that was lost back into step.

    First config.json, so that the region misleads nobody: a plan of its own, asked and carried out before anything is
    compared. Then the documents that one side lacks, both ways; then the Knowledge Bases; then the journals. Nothing
    newer is overwritten, S3 keeps every version, and documents that somebody deleted stay deleted. What cannot be
    compared is left for the next run. Run again, it goes on from where it stopped.
    """
    from standby.cli.reconcile_command import reconcile as run  # noqa: PLC0415 - the help needs none of it
    from standby.cli.run_plan import Options  # noqa: PLC0415 - the same

    options = Options(dry_run=dry_run, yes=yes, force=force, reason=reason, as_json=as_json)
    run(target.connection, options, verbose=verbose, wait_seconds=wait)

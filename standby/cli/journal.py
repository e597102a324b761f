"""`standby journal`."""

import click

from standby.cli.options import json_option
from standby.target import Target


@click.command()
@click.option("-n", "--last", default=20, show_default=True, type=click.IntRange(min=1), help="How many events.")
@json_option
@click.pass_obj
def journal(target: Target, /, *, last: int, as_json: bool) -> None:
    """Show who did what, when, and how it ended.

    From the journals of both regions, by generation. What a region lacks was written while it was down; `standby
    reconcile` completes it.
    """
    from standby.cli.journal_command import show_journal  # noqa: PLC0415 - the help needs none of it

    show_journal(target.connection, last=last, as_json=as_json)

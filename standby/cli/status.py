"""`standby status`."""

import click

from standby.cli.options import json_option
from standby.errors import BadUsageError
from standby.target import Target


@click.command()
@click.option("--watch", is_flag=True, help="Look again every few seconds, until Ctrl-C. Not with --json.")
@json_option
@click.pass_obj
def status(target: Target, /, *, watch: bool, as_json: bool) -> None:
    """Tell who serves, how both regions are, and one verdict.

    \b
    ready                   all is well and a failover is possible      exit code 0
    failed over             the failover region serves and is well                0
    degraded                something is wrong, see why                           3
    not ready to fail over  a failover would be refused now                       3
    """  # noqa: D301 - click reads the control character
    if watch and as_json:
        raise BadUsageError("--json prints one document, --watch never ends: give one of them.")
    from standby.cli.status_command import show_status  # noqa: PLC0415 - the help needs none of it

    show_status(target.connection, watch=watch, as_json=as_json)

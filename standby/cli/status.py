"""`standby status`: the serving region, the health of both regions, and one verdict."""

import time
from typing import Final

import click

from standby.cli.options import examples, exit_with, json_option, print_json, print_target
from standby.console import print_progress
from standby.deployment.concurrency import TIME_OUT
from standby.deployment.connection import Connection
from standby.deployment.manifest import Manifest
from standby.deployment.manifest_reader import read_manifest
from standby.errors import BadUsageError, StandbyError
from standby.machine import describe_load
from standby.operations.facts.collect import collect_status
from standby.operations.facts.state import State
from standby.operations.views.verdict import EXIT_CODES, Verdict, assess_state
from standby.target import Target

WATCH_SECONDS: Final = 5.0


@click.command(epilog=examples("standby status", "standby status --watch", "standby status --deep --json"))
@click.option("--watch", is_flag=True, help="Repeat every few seconds, until Ctrl-C. Not with --json.")
@click.option("--deep", is_flag=True, help="Ask each API a question, compare all documents, and await every check.")
@json_option
@click.pass_obj
def status(target: Target, /, *, watch: bool, deep: bool, as_json: bool) -> None:
    """Show the serving region, the health of both regions, and one verdict.

    \b
    ready                   all is well and a failover is possible     exit code 0
    failed over             the failover region serves and is healthy            0
    degraded                something is wrong: see the reasons                  3
    not ready to fail over  a failover would be refused or serve nobody          3
    """  # noqa: D301 - click reads the control character
    if watch and as_json:
        raise BadUsageError("--json prints one document, --watch never ends: use one of them.")
    connection = target.connection
    manifest = read_manifest(connection)
    print_target(connection, manifest)
    state = collect_status(connection, manifest, deep=deep)
    verdict = assess_state(state)
    if as_json:
        from standby.operations.views.status_json import status_json  # noqa: PLC0415 - only --json needs it

        print_json(status_json(state, verdict))
    elif watch:
        verdict = _watch(connection, manifest, state, verdict, deep=deep)
    else:
        from standby.cli.output.status_view import print_status  # noqa: PLC0415 - --json does not need rich

        print_status(state, verdict)
    if state.rehearsed and any(TIME_OUT in reason for reason in verdict.reasons) and (busy := describe_load()):
        print_progress(f"An answer did not come in time. {busy}")
    exit_with(EXIT_CODES[verdict.name])


def _watch(connection: Connection, manifest: Manifest, state: State, verdict: Verdict, *, deep: bool) -> Verdict:
    """Repeat the status until Ctrl-C; return the last verdict."""
    from standby.cli.output.status_view import make_live, render_watch  # noqa: PLC0415 - --json does not need rich

    try:
        with make_live(state, verdict) as live:
            while True:
                time.sleep(WATCH_SECONDS)
                manifest = _read_manifest_again(connection, manifest)
                state = collect_status(connection, manifest, deep=deep)
                verdict = assess_state(state)
                live.update(render_watch(state, verdict), refresh=True)
    except KeyboardInterrupt:  # Ctrl-C is the way to stop watching
        return verdict


def _read_manifest_again(connection: Connection, manifest: Manifest) -> Manifest:
    """Return the current manifest, or the last one if no region answers. An apply during the watch can change it."""
    try:
        return read_manifest(connection)
    except StandbyError:
        return manifest

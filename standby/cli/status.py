"""`standby status`: the serving region, the health of both regions, and one verdict."""

import time
from typing import TYPE_CHECKING, Final

import click

from standby.cli.options import exit_with, json_option, print_json, print_target
from standby.deployment.connection import Connection
from standby.deployment.manifest import Manifest
from standby.deployment.manifest_reader import read_manifest
from standby.errors import BadUsageError, StandbyError
from standby.operations.facts.collect import collect_state
from standby.operations.facts.state import State
from standby.operations.views.verdict import EXIT_CODES, Verdict, judge_state
from standby.target import Target

if TYPE_CHECKING:
    from rich.console import Console, Group
    from rich.text import Text

WATCH_SECONDS: Final = 5.0
WIDTH_WITHOUT_TERMINAL: Final = 200
_STYLES: Final = {"ready": "bold green", "failed over": "bold yellow", "degraded": "bold yellow"}


@click.command()
@click.option("--watch", is_flag=True, help="Repeat every few seconds, until Ctrl-C. Not with --json.")
@json_option
@click.pass_obj
def status(target: Target, /, *, watch: bool, as_json: bool) -> None:
    """Show the serving region, the health of both regions, and one verdict.

    \b
    ready                   all is well and a failover is possible      exit code 0
    failed over             the failover region serves and is healthy             0
    degraded                something is wrong: see the reasons                   3
    not ready to fail over  a failover would be refused now                       3
    """  # noqa: D301 - click reads the control character
    if watch and as_json:
        raise BadUsageError("--json prints one document, --watch never ends: use one of them.")
    connection = target.connection
    manifest = read_manifest(connection)
    print_target(connection, manifest)
    state = collect_state(connection, manifest)
    verdict = judge_state(state)
    if as_json:
        from standby.operations.views.status_json import status_json  # noqa: PLC0415 - only --json needs it

        print_json(status_json(state, verdict))
    elif watch:
        verdict = _watch(connection, manifest, state, verdict)
    else:
        make_console().print(render_status(state, verdict))
    exit_with(EXIT_CODES[verdict.name])


def make_console() -> "Console":
    """Return the console for a status: the terminal, or a file or pipe with enough columns."""
    from rich.console import Console  # noqa: PLC0415 - rich takes time to load, and --json does not need it

    terminal = Console()
    return terminal if terminal.is_terminal else Console(width=WIDTH_WITHOUT_TERMINAL)


def render_status(state: State, verdict: Verdict) -> "Group":
    """Return the complete status, the table first."""
    from rich.console import Group  # noqa: PLC0415 - see `make_console`

    return Group(_table(state), _verdict(verdict), *_reasons(verdict), *_next(verdict))


def render_watch(state: State, verdict: Verdict) -> "Group":
    """Return the status for a screen that may show only its top: the verdict and the next command first."""
    from rich.console import Group  # noqa: PLC0415 - see `make_console`

    return Group(_verdict(verdict), *_next(verdict), *_reasons(verdict), _table(state))


def _table(state: State) -> "Group":
    # Text from services and users is shown as `Text`: rich reads a plain string in a table as markup.
    from rich.console import Group  # noqa: PLC0415 - see `make_console`
    from rich.table import Table  # noqa: PLC0415 - see `make_console`
    from rich.text import Text  # noqa: PLC0415 - see `make_console`

    from standby.operations.views.status_table import (  # noqa: PLC0415 - see `make_console`
        describe_last_switch,
        status_columns,
        status_rows,
    )

    table = Table(box=None, pad_edge=False)
    table.add_column("")
    for column in status_columns(state):
        table.add_column(Text(column))
    for name, cells in status_rows(state).items():
        table.add_row(name, *map(Text, cells))
    return Group(table, Text(describe_last_switch(state)))


def _verdict(verdict: Verdict) -> "Text":
    return _text(f"verdict: {verdict.name}", style=_STYLES.get(verdict.name, "bold red"))


def _reasons(verdict: Verdict) -> list["Text"]:
    return [_text(f"- {reason}") for reason in verdict.reasons] + [_text(f"note: {note}") for note in verdict.notes]


def _next(verdict: Verdict) -> list["Text"]:
    return [_text(f"next: {verdict.next}", style="bold")] if verdict.next else []


def _text(text: str, style: str = "") -> "Text":
    from rich.text import Text  # noqa: PLC0415 - see `make_console`

    return Text(text, style=style)


def _watch(connection: Connection, manifest: Manifest, state: State, verdict: Verdict) -> Verdict:
    """Repeat the status until Ctrl-C; return the last verdict."""
    from rich.live import Live  # noqa: PLC0415 - see `make_console`

    try:
        with Live(render_watch(state, verdict), console=make_console(), auto_refresh=False) as live:
            while True:
                time.sleep(WATCH_SECONDS)
                manifest = _read_manifest_again(connection, manifest)
                state = collect_state(connection, manifest)
                verdict = judge_state(state)
                live.update(render_watch(state, verdict), refresh=True)
    except KeyboardInterrupt:  # Ctrl-C is the way to stop watching
        return verdict


def _read_manifest_again(connection: Connection, manifest: Manifest) -> Manifest:
    """Return the current manifest, or the last one if no region answers. An apply during the watch can change it."""
    try:
        return read_manifest(connection)
    except StandbyError:
        return manifest

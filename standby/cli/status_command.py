"""`status`, from the options to the table and the exit code."""

import time
from typing import Final

from standby.cli.options import exit_with, print_json
from standby.cli.run_plan import print_target
from standby.deployment.connection import Connection
from standby.deployment.manifest import Manifest
from standby.deployment.manifest_reader import read_manifest
from standby.errors import StandbyError
from standby.operations.facts.collect import Status, collect_status
from standby.operations.views.status_json import status_json
from standby.operations.views.verdict import EXIT_CODES

WATCH_SECONDS: Final = 5.0


def show_status(connection: Connection, *, watch: bool, as_json: bool) -> None:
    """Print the state and the verdict once, or again and again until Ctrl-C."""
    manifest = read_manifest(connection)
    print_target(connection, manifest)
    status = collect_status(connection, manifest)
    if as_json:
        print_json(status_json(status))
    elif watch:
        status = _watch(connection, manifest, status)
    else:
        _show(status)
    exit_with(EXIT_CODES[status.verdict.name])


def _show(status: Status) -> None:
    # Imported when it is needed: a script that asks for JSON does not wait for it.
    from standby.operations.views.status_table import console, status_view  # noqa: PLC0415 - see above

    console().print(status_view(status))


def _watch(connection: Connection, manifest: Manifest, status: Status) -> Status:
    """Look again and again; return the last status that was seen."""
    from rich.live import Live  # noqa: PLC0415 - the same

    from standby.operations.views.status_table import console, watch_view  # noqa: PLC0415 - the same

    try:
        with Live(watch_view(status), console=console(), auto_refresh=False) as live:
            while True:
                time.sleep(WATCH_SECONDS)
                manifest = _manifest_now(connection, manifest)
                status = collect_status(connection, manifest)
                live.update(watch_view(status), refresh=True)
    except KeyboardInterrupt:  # how one stops watching
        return status


def _manifest_now(connection: Connection, manifest: Manifest) -> Manifest:
    """Return the manifest as it is now, for somebody may apply the stack meanwhile; the last one when none answers."""
    try:
        return read_manifest(connection)
    except StandbyError:
        return manifest

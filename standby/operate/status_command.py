"""`status`, from the options to the table and the exit code."""

import time
from typing import Final

from standby.operate.connection import connect
from standby.operate.manifest import read_manifest
from standby.operate.options import exit_with, print_json
from standby.operate.place import Place
from standby.operate.status import gather_status
from standby.operate.status_json import status_json
from standby.operate.switch_command import headline
from standby.operate.verdict import EXIT_CODES

WATCH_SECONDS: Final = 5.0


def show_status(place: Place, *, watch: bool, as_json: bool) -> None:
    """Print the state and the verdict once, or again and again until Ctrl-C."""
    connection = connect(place)
    manifest = read_manifest(connection)
    headline(connection, manifest)
    status = gather_status(connection, manifest)
    if as_json:
        print_json(status_json(status))
    else:
        # Imported when it is needed: a script that asks for JSON does not wait for it.
        from rich.console import Console  # noqa: PLC0415
        from rich.live import Live  # noqa: PLC0415

        from standby.operate.rendering import WIDE, status_view  # noqa: PLC0415

        console = Console()
        console = console if console.is_terminal else Console(width=WIDE)
        if not watch:
            console.print(status_view(status))
        else:
            try:
                with Live(status_view(status), console=console, auto_refresh=False) as live:
                    while True:
                        time.sleep(WATCH_SECONDS)
                        status = gather_status(connection, manifest)
                        live.update(status_view(status), refresh=True)
            except KeyboardInterrupt:  # how one stops watching
                pass
    exit_with(EXIT_CODES[status.verdict.name])

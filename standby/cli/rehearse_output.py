"""What `standby rehearse` prints: reports and states as text."""

from typing import Final

import click
from rich.console import Console

from standby.rehearsal.checks.report import Report
from standby.rehearsal.rehearsal import UP_HINT
from standby.rehearsal.status import Status

WIDE: Final = 160


def show_report(report: Report) -> None:
    """Print the table of checks, what changed, and where everything is."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=WIDE)
    console.print(report.table())
    changed = ", ".join(f"{count} {what}" for what, count in report.changes.items() if count) or "nothing changed"
    times = ", ".join(f"{phase} {seconds:.1f} s" for phase, seconds in report.seconds.items())
    click.echo(f"{report.resources} resources: {changed} ({times})")
    for name, url in {"emulator": report.endpoint, **report.urls}.items():
        click.echo(f"{name + ':':<14}{url}")


def status_text(status: Status) -> str:
    """Return what is up, in a few lines."""
    if status.endpoint is None:
        return f"The rehearsal is not up. {UP_HINT}"
    if not status.applied:
        return f"The emulator is up ({status.endpoint}), but the stack is not applied to it. {UP_HINT}"
    documents = ", ".join(f"{count} in {role}" for role, count in status.documents.items())
    urls = "\n".join(f"{name + ':':<14}{url}" for name, url in {"emulator": status.endpoint, **status.urls}.items())
    faults = "".join(f"\nfault:        {fault}" for fault in status.faults)
    return f"The rehearsal is up: {status.resources} resources; documents: {documents}.\n{urls}{faults}"

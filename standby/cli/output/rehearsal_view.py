"""What `standby rehearse` prints: the checks of the applied stack, and the status with its local addresses."""

from collections.abc import Mapping
from typing import Final

import click
from rich import box
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from standby.rehearsal.checks.verification import Result
from standby.rehearsal.network.network import UP_HINT, LocalUrls
from standby.rehearsal.report import Report, Status

WIDE: Final = 160
"""The width of the table of checks if stdout is not a terminal."""

FAILED_TEXT: Final = "A check failed. `standby rehearse logs` shows the emulator's log, `logs query` a function's."

_RESULT_STYLES: Final[Mapping[Result, str]] = {
    Result.PASSED: "green",
    Result.FAILED: "bold red",
}


def print_report(report: Report, commands: str) -> None:
    """Print the checks, the changes, and after checks that passed the commands to go on with."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=WIDE)
    console.print(checks_table(report))
    changes = ", ".join(f"{count} {change}" for change, count in report.changes.as_json().items() if count)
    phases = ", ".join(f"{phase} {seconds:.1f} s" for phase, seconds in report.seconds.items())
    click.echo(f"{report.resources} resources: {changes or 'no changes'}\n{phases}\n")
    click.echo(commands if report.passed else FAILED_TEXT)


def checks_table(report: Report) -> Table:
    """Return the table of checks."""
    seconds, observed = Column("seconds", justify="right"), Column("observed", overflow="fold")
    table = Table("check", "region", "result", seconds, observed, box=box.SIMPLE, pad_edge=False)
    for check in report.checks:
        result = Text(check.result.value, style=_RESULT_STYLES[check.result])
        region = f"{check.role} {check.region}" if check.role else check.region
        table.add_row(check.name, region, result, f"{check.seconds:.1f}", Text(check.detail))
    return table


def status_text(found: Status) -> str:
    """Return the status of a rehearsal as text."""
    if found.endpoint is None:
        return f"The rehearsal is not up. {UP_HINT}"
    if not found.applied:
        return f"The emulator is up ({found.endpoint}), but the stack is not applied. {UP_HINT}"
    documents = ", ".join(f"{count} in {role}" for role, count in found.documents.items())
    faults = (f"{'fault:':<14}{fault}" for fault in found.faults)
    first = f"The rehearsal is up: {found.resources} resources; documents: {documents}."
    return "\n".join((first, _urls_text(found.endpoint, found.urls), *faults))


def _urls_text(endpoint: str, urls: LocalUrls | None) -> str:
    named = {"emulator": endpoint}
    if urls is not None:
        apis = {"primary API": urls.primary_api, "failover API": urls.failover_api}
        named |= {"site": urls.site, "edge": urls.edge, **apis}
    return "\n".join(f"{name + ':':<14}{url}" for name, url in named.items())

"""What `standby rehearse` prints: the checks of the applied stack, and the status with its local addresses."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.text import Text

from standby.cli.options import print_result
from standby.named_commands import path_from
from standby.rehearsal.checks.verification import Result
from standby.rehearsal.network.network import LocalUrls
from standby.rehearsal.report import Report, Status
from standby.text import label_lines, printable

FAILED_TEXT: Final = (
    "A check failed. `standby rehearse logs` shows the emulator's log, `logs query` a function's."
    " `standby rehearse up` checks again."
)

_RESULT_STYLES: Final[Mapping[Result, str]] = {
    Result.PASSED: "green",
    Result.FAILED: "bold red",
}


def print_report(report: Report, commands: str) -> None:
    """Print the checks, the changes, and after checks that passed the commands to go on with."""
    console = Console()
    for line in check_lines(report):
        console.print(line, soft_wrap=True)
    changes = ", ".join(f"{count} {change}" for change, count in report.changes.as_json().items() if count)
    phases = ", ".join(f"{phase} {seconds:.1f} s" for phase, seconds in report.seconds.items())
    print_result(f"\n{report.resources} resources: {changes or 'no changes'}\n{phases}\n")
    print_result(commands if report.passed else FAILED_TEXT)


def check_lines(report: Report) -> Iterator[Text]:
    """Yield the lines of each check: its result, name, region and duration, and what it observed."""
    names = max((len(check.name) for check in report.checks), default=0)
    regions = max((len(check.region) for check in report.checks), default=0)
    for check in report.checks:
        result = check.result.value
        label = f"{result:<6}  {check.name:<{names}}  {check.region:<{regions}}  {check.seconds:>5.1f} s"
        for number, line in enumerate(label_lines(label, printable(check.detail), column=len(label) + 2)):
            text = Text(line)
            if number == 0:
                text.stylize(_RESULT_STYLES[check.result], 0, len(result))
            yield text


def status_text(found: Status, *, hint: str) -> str:
    """Return the status of a rehearsal as text. `hint`: how to start it."""
    directory = path_from(Path.cwd(), Path(found.directory))
    where = f"rehearsal in {directory}"
    if found.endpoint is None:
        return f"The {where} is not up. {hint}"
    if not found.applied:
        return f"The emulator of the {where} is up ({found.endpoint}), but the stack is not applied. {hint}"
    documents = ", ".join(f"{count} in {role}" for role, count in found.documents.items())
    faults = (f"{'fault:':<14}{fault}" for fault in found.faults)
    named = f"REHEARSAL in {directory}: {found.name}"
    state = f"The rehearsal is up: {found.resources} resources; documents: {documents}."
    users = (f"{'user:':<14}{name}, {user.password}: {user.note}" for name, user in found.users.items())
    return "\n".join((named, state, _urls_text(found.endpoint, found.urls), *users, *faults))


def _urls_text(endpoint: str, urls: LocalUrls | None) -> str:
    named = {"emulator": endpoint}
    if urls is not None:
        apis = {"primary API": urls.primary_api, "failover API": urls.failover_api}
        named |= {"site": urls.site, "edge": urls.edge, **apis}
    return "\n".join(f"{name + ':':<14}{url}" for name, url in named.items())

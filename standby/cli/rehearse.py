"""`standby rehearse`: the whole deployment on this machine."""

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Concatenate, Final, ParamSpec, TypeVar

import click
from rich.console import Console

from standby.cli.progress import ConsoleProgress
from standby.cli.rehearse_output import show_report, status_text
from standby.deployment.manifest import ROLES, Role
from standby.errors import FAILED, REFUSED, InterruptedRunError, RefusedError
from standby.rehearsal.deploy.synth import SETTINGS_VARIABLE
from standby.rehearsal.faults.faults import FAULT_KINDS, FaultKind
from standby.rehearsal.files.lock import no_drill
from standby.rehearsal.files.paths import find_project
from standby.rehearsal.rehearsal import UP_HINT, Rehearsal
from standby.rehearsal.tools.chromium import browse_site
from standby.rehearsal.tools.logs import file_lines, function_lines
from standby.rehearsal.tools.shell import exports, variables

AGAIN_HINT: Final = "`standby rehearse up` goes on from here; `standby rehearse down` removes everything."

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, kw_only=True)
class RehearsalOptions:
    """Which rehearsal: the options of the group, looked up only when a command runs (`--help` works everywhere)."""

    project: Path | None
    directory: Path | None

    def rehearsal(self) -> Rehearsal:
        """Return the rehearsal. Raises `BadUsageError` outside a project."""
        named = os.environ.get(SETTINGS_VARIABLE)
        return Rehearsal(
            project=self.project or find_project(Path.cwd()),
            directory=self.directory,
            settings=Path(named) if named else None,
        )


def pass_rehearsal(command: Callable[Concatenate[Rehearsal, P], R]) -> Callable[P, R]:
    """Hand the rehearsal to a command as its first argument."""

    @click.pass_obj
    @wraps(command)
    def wrapped(place: RehearsalOptions, /, *arguments: P.args, **named: P.kwargs) -> R:
        return command(place.rehearsal(), *arguments, **named)

    return wrapped


json_option = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")


@click.group()
@click.option(
    "--project",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The project's directory. Default: the nearest one, from here upwards.",
)
@click.option(
    "--directory",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where the rehearsal keeps its files. Default: .rehearsal in the project.",
)
@click.pass_context
def rehearse(context: click.Context, *, project: Path | None, directory: Path | None) -> None:
    """Rehearse the whole deployment on this machine, without an AWS account.

    Real Terraform and the real AWS provider apply the stack, unchanged, to an AWS emulator.
    """
    context.obj = RehearsalOptions(project=project, directory=directory)


@rehearse.command()
@json_option
@pass_rehearsal
def up(rehearsal: Rehearsal, *, as_json: bool) -> None:
    """Bring everything up, apply what changed, and check it by using it.

    Run it again at any time: it goes on from whatever it finds, heals what `fault` broke (and says so), and changes
    nothing when everything is up.
    """
    with no_drill(rehearsal.paths), _shown(rehearsal):
        report = rehearsal.up()
    if as_json:
        click.echo(json.dumps(report.as_json(), indent=2))
    else:
        show_report(report)
    if not report.passed:
        click.get_current_context().exit(FAILED)


@rehearse.command()
@click.option("--destroy", is_flag=True, help="Let Terraform destroy the resources first.")
@pass_rehearsal
def down(rehearsal: Rehearsal, *, destroy: bool) -> None:
    """Stop the emulator, the fronts and the edge, and remove the rehearsal's files."""
    with no_drill(rehearsal.paths), _shown(rehearsal):
        ended = rehearsal.down(destroy=destroy)
    click.echo("The rehearsal is down." if ended else "The rehearsal was not up.")


@rehearse.command()
@json_option
@pass_rehearsal
def status(rehearsal: Rehearsal, *, as_json: bool) -> None:
    """Tell what is up: exit code 0 when the stack is applied, 3 when not."""
    found = rehearsal.status()
    click.echo(json.dumps(found.as_json(), indent=2) if as_json else status_text(found))
    if not found.applied:
        click.get_current_context().exit(REFUSED)


@rehearse.command()
@click.argument("kind", type=click.Choice(FAULT_KINDS), metavar="KIND")
@click.argument("role", type=click.Choice(ROLES), metavar="ROLE")
@click.option("--milliseconds", type=click.IntRange(min=1), help="For slow: how long each answer waits.")
@click.option("--seconds", type=click.FloatRange(min=0, min_open=True), help="Heal it after so long, or on Ctrl-C.")
@pass_rehearsal
def fault(
    rehearsal: Rehearsal, *, kind: FaultKind, role: Role, milliseconds: int | None, seconds: float | None
) -> None:
    """Break the region that plays ROLE, primary or failover, on purpose, until `heal`.

    \b
    region-down            nobody listens there any more: connections are refused
    region-black-hole      connections are taken and never answered
    s3-errors, api-errors  S3 alone, or the API alone, answers 503
    slow                   every answer comes later, by --milliseconds
    pages-denied           CloudFront may not read the region's pages: its bucket answers 403
    knowledge-base-denied  query and health may not ask the Knowledge Base
    replication-paused     no new document leaves the region
    """  # noqa: D301 - click reads the control character
    with no_drill(rehearsal.paths):
        if seconds is None:
            rehearsal.faults.set(kind, role, milliseconds=milliseconds or 0)
            click.echo(f"{kind}: {role} ({_region(rehearsal, role)}). `standby rehearse heal {role}` undoes it.")
            return
        try:
            with _shown(rehearsal):
                rehearsal.faults.set(kind, role, milliseconds=milliseconds or 0)
                _wait(rehearsal, f"{kind} in {_region(rehearsal, role)}", seconds=seconds)
        finally:
            for found in rehearsal.faults.heal(role):
                click.echo(f"Healed: {found}")


@rehearse.command()
@click.argument("role", required=False, type=click.Choice(ROLES), metavar="[ROLE]")
@pass_rehearsal
def heal(rehearsal: Rehearsal, *, role: Role | None) -> None:
    """Undo the faults of ROLE, or all of them, and wait until the region answers again."""
    with no_drill(rehearsal.paths):
        healed = rehearsal.faults.heal(role)
    for found in healed:
        click.echo(f"Healed: {found}")
    if not healed:
        click.echo("No fault is set.")


@rehearse.command(context_settings={"ignore_unknown_options": True})
@click.argument("options", nargs=-1)
@pass_rehearsal
def browse(rehearsal: Rehearsal, *, options: tuple[str, ...]) -> None:
    """Open the site in Chromium, where AWS's host names lead to this machine.

    It has a profile of its own, which is thrown away. OPTIONS are handed to Chromium.
    """
    browse_site(rehearsal.network, rehearsal.deployment.site_url, options)


@rehearse.command()
@pass_rehearsal
def env(rehearsal: Rehearsal) -> None:
    """Print shell exports: eval "$(standby rehearse env)" && aws s3 ls."""
    found = variables(rehearsal.outputs, deployment=rehearsal.deployment, network=rehearsal.network)
    click.echo(exports(found))


@rehearse.command()
@click.argument("function", required=False)
@click.option("-f", "--follow", is_flag=True, help="Go on with what is added, until Ctrl-C.")
@click.option("-n", "--lines", default=100, show_default=True, type=click.IntRange(min=1), help="How many lines.")
@pass_rehearsal
def logs(rehearsal: Rehearsal, *, function: str | None, follow: bool, lines: int) -> None:
    """Print the emulator's log, or a function's of both regions.

    FUNCTION is query, upload, ingest, ingestion_status or health.
    """
    with suppress(KeyboardInterrupt):  # how one stops following
        for line in _log_lines(rehearsal, function=function, follow=follow, lines=lines):
            click.echo(line)


def _log_lines(rehearsal: Rehearsal, *, function: str | None, follow: bool, lines: int) -> Iterator[str]:
    if function is None:
        if not rehearsal.paths.emulator_log.is_file():
            raise RefusedError("The rehearsal is not up.", hint=UP_HINT)
        return file_lines(rehearsal.paths.emulator_log, last=lines, follow=follow)
    sessions = tuple(rehearsal.session(role) for role in ROLES)
    return function_lines(sessions, function=function, last=lines, follow=follow)


def _region(rehearsal: Rehearsal, role: Role) -> str:
    return rehearsal.deployment.regions[role].region


def _wait(rehearsal: Rehearsal, text: str, *, seconds: float) -> None:
    rehearsal.progress.start(text)
    deadline = time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > 0:
        rehearsal.progress.count(round(seconds - left), round(seconds))
        time.sleep(min(1.0, left))


@contextmanager
def _shown(rehearsal: Rehearsal) -> Iterator[None]:
    progress = ConsoleProgress(Console(stderr=True))
    rehearsal.progress = progress
    try:
        with progress.live():
            yield
    except KeyboardInterrupt:
        raise InterruptedRunError("Interrupted.", hint=AGAIN_HINT) from None

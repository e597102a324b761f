"""`standby rehearse`: the whole deployment on this machine."""

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import click
from rich.console import Console

from standby.cli.options import (
    SubcommandGroup,
    examples,
    exit_with,
    json_option,
    print_json,
    print_result,
    refuse_group_options,
)
from standby.cli.output.first_commands import Shell, first_commands
from standby.cli.output.progress import ConsoleProgress
from standby.cli.output.rehearsal_view import print_report, status_text
from standby.cli.rehearsal.elsewhere import GROUP, lines_of_rehearsals_up
from standby.cli.rehearsal.options import RehearsalOptions, pass_rehearsal
from standby.deadline import Deadline
from standby.deployment.manifest import ROLES, Role
from standby.errors import FAILED, REFUSED, BadUsageError, InterruptedRunError
from standby.named_commands import option, started_with
from standby.rehearsal.checks.sign_in import ASKING_USER
from standby.rehearsal.connection import NOT_UP, describe_state
from standby.rehearsal.deploy.terraform import CONTINUE_HINT, terraform_variables
from standby.rehearsal.emulator.sickness import SICK_MODES, SickMode, Sickness, known_calls
from standby.rehearsal.faults.faults import FAULT_KINDS, Fault, FaultKind
from standby.rehearsal.files.lock import exclude_drills
from standby.rehearsal.files.not_up import NotUpError, up_hint
from standby.rehearsal.identity.access import ACCESS_MODES, AccessMode
from standby.rehearsal.identity.provider import USERS
from standby.rehearsal.rehearsal import Rehearsal
from standby.rehearsal.report import Status
from standby.rehearsal.tools.chromium import browse_site
from standby.rehearsal.tools.logs import tail_file, tail_function_logs
from standby.rehearsal.tools.shell import rehearsal_environment, shell_exports, shell_removal, shell_variables
from standby.settings_file import SETTINGS_NAME, SETTINGS_VARIABLE
from standby.target import SHELL_DIRECTORY_VARIABLE, Target

_SETTINGS_HINT: Final = f"A rehearsal reads it from {SETTINGS_NAME}, or from the file in {SETTINGS_VARIABLE}."
_ACCOUNT_HINT: Final = "A rehearsal uses no AWS account."
GROUP_OPTION_HINTS: Final[Mapping[str, str]] = {
    "directory": "`standby rehearse --directory DIRECTORY COMMAND`",
    **dict.fromkeys(("name", "region"), _SETTINGS_HINT),
    **dict.fromkeys(("profile", "aws", "context"), _ACCOUNT_HINT),
}
"""Where each option of the group `standby` belongs: `standby rehearse` uses none of them."""


@click.group(
    cls=SubcommandGroup,
    epilog=examples("standby rehearse up", "standby rehearse fault region-down primary", "standby rehearse down"),
)
@click.option(
    "--project",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The directory of the project. Default: the nearest one, from the working directory upwards.",
)
@click.option(
    "--directory",
    type=click.Path(file_okay=False, path_type=Path),
    envvar=SHELL_DIRECTORY_VARIABLE,
    help="The directory for the files of the rehearsal. Default: .rehearsal in the project.",
)
@click.pass_context
def rehearse(context: click.Context, *, project: Path | None, directory: Path | None) -> None:
    """Rehearse the whole deployment on this machine, without an AWS account.

    Real Terraform and the real AWS provider apply the unchanged stack to an AWS emulator.
    """
    target: Target = context.obj
    here = " ".join(("standby rehearse", *option("--directory", target.options.directory), "COMMAND"))
    hints = {**GROUP_OPTION_HINTS, **({"directory": f"`{here}`"} if target.options.directory else {})}
    refuse_group_options(target.options, command="standby rehearse", hints=hints)
    exported = context.get_parameter_source("directory") is click.core.ParameterSource.ENVIRONMENT
    options = RehearsalOptions(project=project, directory=directory)
    # The root reports an error after this group has ended.
    context.find_root().with_resource(started_with(options.start_options(exported=exported)))
    context.obj = options


@rehearse.command(epilog=examples("standby rehearse up", "standby rehearse up --access oidc"))
@click.option(
    "--access",
    type=click.Choice(ACCESS_MODES),
    help="open: anyone may ask. oidc: users sign in, at a local provider. Default: as before, at first as in the "
    "settings.",
)
@json_option
@pass_rehearsal
def up(rehearsal: Rehearsal, *, access: AccessMode | None, as_json: bool) -> None:
    """Start everything, apply the changes, and check the result.

    The checks use the stack: they upload documents and ask questions. Run the command again at any time. It continues
    from the current state, heals all faults and reports them, and changes nothing if everything is up.

    With sign-in, the rehearsal has its own OpenID Connect provider, in place of the issuer of the settings. `standby
    rehearse status` shows its users.
    """
    with exclude_drills(rehearsal.paths), _show_progress(rehearsal):
        report = rehearsal.up(access=access)
    if as_json:
        print_json(report)
    else:
        shell, signs_in = Shell.of_this_process(), rehearsal.access is not None
        print_report(report, first_commands(rehearsal.paths, report.urls, shell, signs_in=signs_in))
    exit_with(0 if report.passed else FAILED)


@rehearse.command(epilog=examples("standby rehearse down", "standby rehearse down --destroy"))
@click.option("--destroy", is_flag=True, help="Run terraform destroy first.")
@pass_rehearsal
def down(rehearsal: Rehearsal, *, destroy: bool) -> None:
    """Stop all processes of the rehearsal and remove its files."""
    with exclude_drills(rehearsal.paths), _show_progress(rehearsal):
        stopped = rehearsal.down(destroy=destroy)
    print_result(f"The rehearsal in {rehearsal.paths.shown} {'is down' if stopped else 'was not up'}.")
    if not stopped:
        _print_rehearsals_up(rehearsal, "down")


@rehearse.command(epilog=examples("standby rehearse status", "standby rehearse status --json"))
@json_option
@pass_rehearsal
def status(rehearsal: Rehearsal, *, as_json: bool) -> None:
    """Show what is up. The exit code is 0 if the stack is applied, and 3 if not."""
    found = rehearsal.status()
    if as_json:
        print_json(found)
    else:
        print_result(_status_text(rehearsal, found))
        _print_rehearsals_up(rehearsal, "status")
    exit_with(0 if found.applied else REFUSED)


def _print_rehearsals_up(rehearsal: Rehearsal, *command: str) -> None:
    options = click.get_current_context().find_object(RehearsalOptions)
    project = options.project if options else None
    for line in lines_of_rehearsals_up([GROUP, *command], directory=rehearsal.paths.directory, project=project):
        print_result(line)


def _status_text(rehearsal: Rehearsal, found: Status) -> str:
    state, hint = NOT_UP if found.up else describe_state(rehearsal.paths), up_hint(rehearsal.paths)
    if state == NOT_UP:
        return status_text(found, hint=hint)
    return f"The rehearsal in {rehearsal.paths.shown} cannot be used: {state}. {hint}"


@rehearse.command(
    epilog=examples(
        "standby rehearse fault region-down primary",
        "standby rehearse fault slow us-west-2 --milliseconds 2000 --seconds 60",
        "standby rehearse fault sick primary --mode html --call s3:PutObject",
    )
)
@click.argument("kind", type=click.Choice(FAULT_KINDS), metavar="KIND")
@click.argument("place", required=False, metavar="[REGION]")
@click.option("--milliseconds", type=click.IntRange(min=1), help="The delay of each response, for slow.")
@click.option("--mode", type=click.Choice(SICK_MODES), help="What a sick region answers.")
@click.option(
    "--call",
    "calls",
    multiple=True,
    type=click.Choice(known_calls()),
    metavar="CALL",
    help="A call that a sick region answers in this way; can be given more than once. Default: all calls.",
)
@click.option("--seconds", type=click.FloatRange(min=0, min_open=True), help="Heal the fault after this time.")
@pass_rehearsal
def fault(
    rehearsal: Rehearsal,
    *,
    kind: FaultKind,
    place: str | None,
    milliseconds: int | None,
    mode: SickMode | None,
    calls: tuple[str, ...],
    seconds: float | None,
) -> None:
    """Set a fault in REGION: a name such as us-west-2, or primary or failover. Only identity-provider-down has none.

    The fault stays until `heal` or `up`, or with --seconds until the time is over or you press Ctrl-C.

    \b
    region-down            the region refuses all connections
    region-black-hole      the region accepts connections and never responds
    s3-errors, api-errors  only S3, or only the API, responds with 503
    slow                   every response is delayed by --milliseconds
    sick                   the region answers nonsense, as --mode says
    pages-denied           CloudFront gets 403 from the region's bucket of pages
    knowledge-base-denied  query and health may not ask the Knowledge Base
    replication-paused     the region replicates no new documents
    partition              users reach its API; the other region does not
    identity-provider-down  the provider refuses all connections

    \b
    --mode html            status 200 with a page that says "We are sorry"
    --mode empty           status 200 without a body
    --mode redirect        status 302 to a login page
    --mode cut             a body that is shorter than its Content-Length
    --mode json            JSON that is not AWS's, also where XML belongs
    --mode drip            one byte a second
    --mode wrong-type      the right answer, but its values have the wrong types

    CALL is `api` (the chatbot's API), `pages` (CloudFront's reads of the frontend bucket), a service such as s3 or ssm,
    or an IAM action such as s3:PutObject. A region is sick in one way at a time: the last one that was set.
    """  # noqa: D301 - click reads the control character
    sickness = _sickness(mode, calls)
    with exclude_drills(rehearsal.paths):
        role = _role(rehearsal, place) if place else None
        where = f" in the {role} region" if role else ""
        if seconds is None:
            rehearsal.faults.set(kind, role, milliseconds=milliseconds or 0, sickness=sickness)
            region = f" ({rehearsal.deployment.regions[role].region})" if role else ""
            heals = " ".join(filter(None, ("standby rehearse heal", role)))
            print_result(f"{kind} is set{where}{region}. `{heals}` heals it.")
            return
        try:
            with _show_progress(rehearsal):
                rehearsal.faults.set(kind, role, milliseconds=milliseconds or 0, sickness=sickness)
                _wait(rehearsal, f"{kind}{where}, elapsed seconds", seconds=seconds)
        finally:
            _print_healed(rehearsal.faults.heal(role))


def _role(rehearsal: Rehearsal, place: str) -> Role:
    regions = rehearsal.deployment.regions
    for role in ROLES:
        if place in {role, regions[role].region}:
            return role
    offered = ", ".join(f"{regions[role].region} ({role})" for role in ROLES)
    raise BadUsageError(f"{place!r} is no region of this deployment.", hint=f"Use one of {offered}.")


def _sickness(mode: SickMode | None, calls: tuple[str, ...]) -> Sickness | None:
    if calls and not mode:
        raise BadUsageError("--call needs --mode MODE.")
    return Sickness(mode=mode, calls=calls) if mode else None


@rehearse.command(epilog=examples("standby rehearse heal", "standby rehearse heal us-west-2"))
@click.argument("place", required=False, metavar="[REGION]")
@pass_rehearsal
def heal(rehearsal: Rehearsal, *, place: str | None) -> None:
    """Heal the faults in REGION (its name, or primary or failover), or all faults.

    The command waits until the regions respond again.
    """
    with exclude_drills(rehearsal.paths):
        healed = rehearsal.faults.heal(_role(rehearsal, place) if place else None)
    _print_healed(healed)
    if not healed:
        click.echo("No fault is set.")
        if rehearsal.emulator is None:
            _print_rehearsals_up(rehearsal, "heal")


@rehearse.command(
    context_settings={"ignore_unknown_options": True},
    epilog=examples("standby rehearse browse", "standby rehearse browse -- --headless --dump-dom"),
)
@click.argument("options", nargs=-1, metavar="[CHROMIUM_OPTION]...")
@pass_rehearsal
def browse(rehearsal: Rehearsal, *, options: tuple[str, ...]) -> None:
    """Open the site in Chromium, under its own AWS host name.

    Chromium resolves AWS's host names to this machine and uses a temporary profile. Chromium gets every
    CHROMIUM_OPTION.
    """
    browse_site(rehearsal.network, rehearsal.deployment.site.url, options)


@rehearse.command(
    "exec",
    context_settings={"ignore_unknown_options": True},
    epilog=examples(
        "standby rehearse exec -- aws s3 ls",
        "standby rehearse exec -- sh -c 'curl -s \"$PRIMARY_API_LOCAL_URL\"health'",
    ),
)
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED, metavar="COMMAND [ARGUMENT]...")
@pass_rehearsal
def execute(rehearsal: Rehearsal, *, command: tuple[str, ...]) -> None:
    """Run a program against the rehearsal.

    The program gets the endpoint, the credentials, and every output as a variable. Terraform finds the rehearsal's
    providers and state. This shell keeps nothing of them.
    """
    environment = rehearsal_environment(_variables(rehearsal) | terraform_variables(rehearsal.paths), os.environ)
    try:
        os.execvpe(command[0], command, environment)  # noqa: S606 - the user names the program
    except OSError as error:
        raise BadUsageError(f"{command[0]} cannot be run: {error.strerror}") from error


@rehearse.command(epilog=examples("standby rehearse token", "standby rehearse token bob"))
@click.argument("user", default=ASKING_USER, type=click.Choice(USERS), metavar="[USER]")
@pass_rehearsal
def token(rehearsal: Rehearsal, *, user: str) -> None:
    """Sign USER in (by default alice, who may ask) at the identity provider, and print an access token.

    `standby rehearse up --access oidc` starts the provider. `standby rehearse status` shows its users.
    """
    click.echo(rehearsal.sign_in(user).token())


@rehearse.command(epilog=examples('eval "$(standby rehearse env)"', 'eval "$(standby rehearse env --unset)"'))
@click.option("--unset", is_flag=True, help="Print the line that removes the exports again. It needs no rehearsal.")
@click.pass_context
def env(context: click.Context, *, unset: bool) -> None:
    """Print exports that make the programs of this shell use the rehearsal.

    `standby rehearse exec` runs one program instead, and leaves the shell as it is.
    """
    click.echo(shell_removal(os.environ) if unset else context.invoke(_exports))


@pass_rehearsal
def _exports(rehearsal: Rehearsal) -> str:
    return shell_exports(_variables(rehearsal), os.environ)


def _variables(rehearsal: Rehearsal) -> dict[str, str]:
    variables = shell_variables(rehearsal.outputs, deployment=rehearsal.deployment, network=rehearsal.network)
    return {**variables, SHELL_DIRECTORY_VARIABLE: str(rehearsal.paths.directory)}


@rehearse.command(epilog=examples("standby rehearse logs --follow", "standby rehearse logs query --lines 20"))
@click.argument("function", required=False)
@click.option("-f", "--follow", is_flag=True, help="Print new lines until you press Ctrl-C.")
@click.option("-n", "--lines", default=100, show_default=True, type=click.IntRange(min=1), help="The number of lines.")
@pass_rehearsal
def logs(rehearsal: Rehearsal, *, function: str | None, follow: bool, lines: int) -> None:
    """Print the emulator's log, or a function's logs in both regions.

    FUNCTION is query, upload, ingest, ingestion_status, health or authorizer.
    """
    with suppress(KeyboardInterrupt):  # Ctrl-C ends --follow
        for line in _log_lines(rehearsal, function=function, follow=follow, lines=lines):
            click.echo(line)


def _log_lines(rehearsal: Rehearsal, *, function: str | None, follow: bool, lines: int) -> Iterator[str]:
    if function is None:
        if not rehearsal.paths.emulator_log.is_file():
            raise NotUpError(rehearsal.paths)
        return tail_file(rehearsal.paths.emulator_log, last=lines, follow=follow)
    sessions = tuple(rehearsal.session(role) for role in ROLES)
    return tail_function_logs(sessions, function=function, last=lines, follow=follow)


def _wait(rehearsal: Rehearsal, text: str, *, seconds: float) -> None:
    rehearsal.progress.start(text)
    deadline = Deadline(seconds)
    while remaining := deadline.remaining:
        rehearsal.progress.count(round(seconds - remaining), round(seconds))
        time.sleep(min(1.0, remaining))


@contextmanager
def _show_progress(rehearsal: Rehearsal) -> Iterator[None]:
    progress = ConsoleProgress(Console(stderr=True))
    rehearsal.progress = progress
    try:
        with progress.live():
            yield
    except KeyboardInterrupt:
        raise InterruptedRunError("Interrupted.", hint=CONTINUE_HINT) from None


def _print_healed(faults: tuple[Fault, ...]) -> None:
    for healed in faults:
        print_result(f"Healed: {healed}")

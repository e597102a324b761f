"""`standby preflight`: what AWS would refuse, before anything is made."""

import json
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from standby.cli.options import examples, exit_with, json_option, print_json, print_result, refuse_group_options
from standby.console import print_progress
from standby.deployment.clients import Clients
from standby.deployment.connection import Connection
from standby.deployment.manifest import ROLES
from standby.preflight.collect import run_preflight
from standby.preflight.facts.state import OwnResources, read_state_file
from standby.preflight.report import exit_code, in_rehearsal, preflight_json, report_lines
from standby.rehearsal.files.paths import find_project
from standby.settings_file import SETTINGS_VARIABLE
from standby.stack.configuration import Stack, read_stack
from standby.stack.deployer_policy import deployer_policy
from standby.stack.synthesis import synthesize
from standby.target import Target


@click.command(
    epilog=examples(
        "standby preflight",
        "standby --profile ops preflight --json",
        "standby preflight --policy > deployer-policy.json",
    )
)
@click.option("--policy", is_flag=True, help="Print the IAM policy that the role that deploys needs; call no service.")
@json_option
@click.pass_obj
def preflight(target: Target, /, *, policy: bool, as_json: bool) -> None:
    """Check what AWS would refuse, before a deployment.

    It synthesizes the stack from the settings, and compares it with the account of the credentials, in both regions.
    It changes nothing, and calls each model once (a fraction of a cent).

    \b
    ok        this holds
    advice    the deployment would work, but look at it
    FAILS     the deployment would fail, or nobody would be served
    UNKNOWN   it could not be read, so it may fail

    Exit code 0 without FAILS and UNKNOWN, else 3.
    """  # noqa: D301 - click reads the control character
    hint = "`standby preflight` takes both from standby.toml, or from the file in STANDBY_SETTINGS."
    refuse_group_options(target.options, command="standby preflight", hints={"name": hint, "region": hint})
    if policy:
        click.echo(json.dumps(deployer_policy(_synthesize()), indent=2))
        return
    connection = target.connection
    stack, clients, local_state = _what_is_deployed(connection)
    print_progress(f"{connection.where}: {stack.name} in {' + '.join(stack.regions)}")
    result = run_preflight(clients, stack, local_state=local_state)
    if connection.rehearsed:
        result = in_rehearsal(result)
    if as_json:
        print_json(preflight_json(result))
    else:
        for line in report_lines(result):
            print_result(line)
    exit_with(exit_code(result))


def _what_is_deployed(connection: Connection) -> tuple[Stack, Clients, Callable[[], OwnResources]]:
    """Return the stack of the settings and the account's clients; of a rehearsal, its applied stack and its role."""
    if connection.rehearsed:
        from standby.rehearsal.connection import RehearsalConnection  # noqa: PLC0415 - its packages are optional
        from standby.rehearsal.deploy.applier import assume_applier  # noqa: PLC0415 - its packages are optional

        if isinstance(connection, RehearsalConnection):
            stack = read_stack(connection.applied_stack().configuration())
            return (
                stack,
                connection.clients_of(assume_applier(connection.clients)),
                _local_state(stack, connection.paths.state),
            )
    stack = _synthesize()
    return stack, connection.clients, _local_state(stack, find_project(Path.cwd()) / Path(stack.backend.path).name)


def _local_state(stack: Stack, path: Path) -> Callable[[], OwnResources]:
    return partial(read_state_file, path, dict(zip(ROLES, stack.regions, strict=True)))


def _synthesize() -> Stack:
    """Synthesize the stack of the settings into a temporary directory: an earlier output may be of other settings."""
    settings = os.environ.get(SETTINGS_VARIABLE)
    print_progress("Synthesizing the stack")
    with TemporaryDirectory(prefix="standby-preflight-") as directory:
        made = synthesize(
            project=find_project(Path.cwd()),
            output=Path(directory, "cdktf.out"),
            log=Path(directory, "synthesis.log"),
            settings=Path(settings).resolve() if settings else None,
        )
        return read_stack(made.configuration())

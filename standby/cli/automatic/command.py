"""`standby automatic`: switch the automatic failover on or off, and show what its controller sees."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Annotated, Final, Literal, TypeVar

import click
from pydantic import Field

from standby.cli.options import (
    HELP_OPTIONS,
    SubcommandGroup,
    confirm,
    examples,
    exit_with,
    json_option,
    print_json,
    print_result,
    print_target,
)
from standby.console import print_progress
from standby.deployment.concurrency import Unavailable, attempt
from standby.deployment.connection import Connection
from standby.deployment.manifest import ROLES, Manifest, Role
from standby.deployment.manifest_reader import read_manifest
from standby.errors import FAILED, REFUSED, RefusedError
from standby.json_model import JsonModel, Key
from standby.operations.execution.automatic_switch import write_switch
from standby.operations.facts.automatic import AutomaticState, read_automatic
from standby.operations.facts.journal import describe_actor
from standby.operations.facts.switch_facts import read_identity
from standby.operations.views.automatic_text import automatic_lines
from standby.target import Target
from standby.text import printable

Outcome = Literal["done", "nothing to do", "planned", "declined", "incomplete", "failed"]
_EXIT_CODES: Final[Mapping[Outcome, int]] = {"declined": FAILED, "failed": FAILED, "incomplete": REFUSED}
CANCELLED: Final = "Cancelled: nothing was changed."

Command = TypeVar("Command", bound=Callable[..., object])


class AutomaticSwitchJson(JsonModel):
    """The JSON document of `automatic on` and `automatic off`."""

    schema_version: Literal[2] = Field(default=2, description="2")
    enabled: bool = Field(description="what was to be written")
    result: Outcome = Field(
        description="`done`, `nothing to do`, `planned` (`--dry-run`), `declined`, `incomplete` (one region has it) or "
        "`failed`"
    )
    not_written: Mapping[Annotated[Role, Key("ROLE")], str] = Field(
        description="why the region does not have it; empty if both have"
    )


class AutomaticStatusJson(JsonModel):
    """The JSON document of `automatic status`."""

    schema_version: Literal[2] = Field(default=2, description="2")
    automatic: AutomaticState


def _switch_options(command: Command) -> Command:
    options = (
        click.option("--dry-run", is_flag=True, help="Show the plan and change nothing."),
        click.option("--yes", is_flag=True, help="Do not ask for confirmation."),
        click.option("--reason", default="", help="The reason.", callback=lambda _, __, value: printable(value)),
        json_option,
    )
    for option in reversed(options):
        command = option(command)
    return command


@click.group(
    cls=SubcommandGroup,
    context_settings=HELP_OPTIONS,
    epilog=examples("standby automatic status", 'standby automatic off --reason "maintenance"', "standby automatic on"),
)
def automatic() -> None:
    """Switch the automatic failover on or off.

    The controller obeys within a minute. Off in either region is off. A failover by command is possible at any time.
    """


@automatic.command(epilog=examples('standby automatic off --reason "maintenance"', "standby automatic off --yes"))
@_switch_options
@click.pass_obj
def off(target: Target, /, *, dry_run: bool, yes: bool, reason: str, as_json: bool) -> None:
    """Switch the automatic failover off, in each region that answers.

    One region is enough: the exit code is 3 if the other one could not be written.
    """
    _switch(target, enabled=False, dry_run=dry_run, yes=yes, reason=reason, as_json=as_json)


@automatic.command(epilog=examples("standby automatic on --yes"))
@_switch_options
@click.pass_obj
def on(target: Target, /, *, dry_run: bool, yes: bool, reason: str, as_json: bool) -> None:
    """Switch the automatic failover on, in both regions.

    A region that could not be written may still say off: then it stays off, and the exit code is 3.
    """
    _switch(target, enabled=True, dry_run=dry_run, yes=yes, reason=reason, as_json=as_json)


@automatic.command(epilog=examples("standby automatic status", "standby automatic status --json"))
@json_option
@click.pass_obj
def status(target: Target, /, *, as_json: bool) -> None:
    """Show the switch, the last looks, and what the controller decided."""
    connection, manifest = _read_deployment(target)
    state, now = read_automatic(connection, manifest), datetime.now(UTC)
    if as_json:
        print_json(AutomaticStatusJson(automatic=state))
    else:
        for line in automatic_lines(manifest, state, now=now):
            print_result(line)
    exit_with(REFUSED if state.is_off or state.controller is None or state.is_stale(now) else 0)


def _read_deployment(target: Target) -> tuple[Connection, Manifest]:
    connection = target.connection
    manifest = read_manifest(connection)
    print_target(connection, manifest)
    if not manifest.automatic:
        raise RefusedError(
            "This deployment has no controller.", hint="Set automatic.enabled = true and apply the stack again."
        )
    return connection, manifest


def _switch(target: Target, *, enabled: bool, dry_run: bool, yes: bool, reason: str, as_json: bool) -> None:
    connection, manifest = _read_deployment(target)
    state = read_automatic(connection, manifest)
    result, not_written = _carry_out(
        connection, manifest, state, enabled=enabled, dry_run=dry_run, yes=yes, reason=reason
    )
    document = AutomaticSwitchJson(enabled=enabled, result=result, not_written=not_written)
    if as_json:
        print_json(document)
    else:
        for line in _outcome_lines(manifest, document):
            print_result(line)
    exit_with(_EXIT_CODES.get(result, 0))


def _carry_out(
    connection: Connection,
    manifest: Manifest,
    state: AutomaticState,
    *,
    enabled: bool,
    dry_run: bool,
    yes: bool,
    reason: str,
) -> tuple[Outcome, Mapping[Role, str]]:
    word = "on" if enabled else "off"
    if all(state.switches[role] is enabled for role in ROLES):
        return "nothing to do", {}
    print_progress(f"automatic failover: switch it {word}")
    for role in ROLES:
        print_progress(f"  write the switch in {manifest.regions[role].region}, which says {_say(state, role)}")
    if dry_run:
        return "planned", {}
    if not confirm(f"Switch the automatic failover {word}?", yes=yes):
        return "declined", {}
    actor = _actor(connection, manifest)
    unwritten = {
        role: why
        for role, why in write_switch(connection, manifest, enabled=enabled, actor=actor, reason=reason).items()
        if why
    }
    if not unwritten:
        return "done", {}
    return ("failed" if len(unwritten) == len(ROLES) else "incomplete"), unwritten


def _say(state: AutomaticState, role: Role) -> str:
    value = state.switches[role]
    return "nothing that could be read" if value is None else "on" if value else "off"


def _actor(connection: Connection, manifest: Manifest) -> str:
    for role in reversed(ROLES):
        arn = attempt(lambda role=role: read_identity(connection, manifest.regions[role].region))  # type: ignore[misc]
        if not isinstance(arn, Unavailable):
            return describe_actor(arn)
    return describe_actor("unknown")


def _outcome_lines(manifest: Manifest, document: AutomaticSwitchJson) -> Iterator[str]:
    word = "on" if document.enabled else "off"
    match document.result:
        case "declined":
            yield CANCELLED
        case "planned":
            yield "Nothing was changed: this was a dry run."
        case "nothing to do":
            yield f"Nothing to do: it is {word} in both regions."
        case "done":
            yield f"It is {word} in both regions. The controller obeys within a minute."
        case "failed":
            yield f"Error: it could not be switched {word}: no region was written."
        case _:
            effect = "a region that was not written may still say off" if document.enabled else "off in one is enough"
            yield f"It is {word} in one region only: {effect}. Run the command again when both regions answer."
    for role, why in document.not_written.items():
        yield f"- not written in {manifest.regions[role].region}: it {why}"

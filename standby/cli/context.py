"""`standby context`: name deployments, and choose the one that commands work on."""

from typing import Final

import click

from standby.cli.options import (
    HELP_OPTIONS,
    SubcommandGroup,
    examples,
    json_option,
    print_json,
    print_result,
    refuse_group_options,
)
from standby.contexts import Contexts, contexts_path, make_context, read_contexts, write_contexts
from standby.errors import StandbyError
from standby.machine import describe_os_error
from standby.target import Target

_HINT: Final = "`standby context add CONTEXT --name NAME --profile PROFILE --region REGION` says what a context names."
GROUP_OPTION_HINTS: Final = dict.fromkeys(("name", "region", "profile", "aws", "directory", "context"), _HINT)


@click.group(
    cls=SubcommandGroup,
    context_settings=HELP_OPTIONS,
    epilog=examples(
        "standby context add dev --name chatbot --region us-west-2 --region us-east-1",
        "standby context use dev",
        "standby --context dev status",
    ),
)
@click.pass_obj
def context(target: Target, /) -> None:
    """Name deployments, and choose the one that commands work on.

    With a context, the tool needs no checkout of the project. The first line of each command names it.
    """
    refuse_group_options(target.options, command="standby context", hints=GROUP_OPTION_HINTS)


@context.command(
    epilog=examples(
        "standby context add dev --name chatbot --region us-west-2 --region us-east-1",
    )
)
@click.argument("key", metavar="CONTEXT")
@click.option("--name", required=True, help="The deployment's name.")
@click.option("--region", "regions", multiple=True, required=True, help="One of its regions; give both.")
@click.option("--profile", help="The AWS profile for its account. Default: AWS's default credentials.")
def add(key: str, *, name: str, regions: tuple[str, ...], profile: str | None) -> None:
    """Add a context, or change what it names."""
    contexts = read_contexts()
    made = make_context(key, name=name, regions=regions, profile=profile)
    verb = "Changed" if key in contexts.contexts else "Added"
    _write(contexts.with_context(key, made))
    print_result(f"{verb} the context {key}. `standby context use {key}` makes it the current one.")


@context.command(epilog=examples("standby context use dev", "standby context use --none"))
@click.argument("key", metavar="CONTEXT", required=False)
@click.option("--none", "forget", is_flag=True, help="Use no context: the settings file names the deployment again.")
def use(key: str | None, *, forget: bool) -> None:
    """Make a context the current one: commands work on it."""
    if forget == (key is not None):
        raise click.UsageError("Name a context, or give --none.")
    _write(read_contexts().using(key))
    print_result(f"The current context is {key}." if key else "No context is in use.")


@context.command("list", epilog=examples("standby context list", "standby context list --json"))
@json_option
def show(*, as_json: bool) -> None:
    """List the contexts. A star marks the current one."""
    contexts = read_contexts()
    if as_json:
        print_json(contexts)
        return
    if not contexts.contexts:
        print_result(f"There are no contexts in {contexts_path()}.")
    for key, found in sorted(contexts.contexts.items()):
        star = "*" if key == contexts.current else " "
        account = f"profile {found.profile}" if found.profile else "default credentials"
        print_result(f"{star} {key}: {found.name} in {' + '.join(found.regions)}, {account}")


@context.command(epilog=examples("standby context remove staging"))
@click.argument("key", metavar="CONTEXT")
def remove(key: str) -> None:
    """Remove a context. The deployment stays as it is."""
    _write(read_contexts().without(key))
    print_result(f"Removed the context {key}.")


def _write(contexts: Contexts) -> None:
    try:
        write_contexts(contexts)
    except OSError as error:
        raise describe_os_error(error) or StandbyError(f"{contexts_path()}: {error}") from error

"""The command `review`."""

from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

import click

from standby.cli.options import examples, exit_with, print_json, print_result, refuse_group_options
from standby.console import print_progress
from standby.deployment.concurrency import Unavailable, attempt
from standby.deployment.connection import Connection
from standby.deployment.manifest_reader import read_manifest
from standby.errors import BadUsageError, StandbyError
from standby.operations.facts.collect import collect_status
from standby.review.formats import FORMATS, Format
from standby.review.plan import read_plan
from standby.review.report import ReviewJson
from standby.review.report import review as review_plan
from standby.review.rules.catalog import RULES
from standby.review.rules.rule import Surroundings
from standby.review.terraform import Workspace, read_plan_file
from standby.review.waivers import read_waivers
from standby.settings_file import named_settings, read_settings
from standby.stack.synthesis import configuration_path, own_stack
from standby.target import Target, exported_directory

if TYPE_CHECKING:
    from standby.rehearsal.connection import RehearsalConnection

OFFLINE_HINTS: Final = dict.fromkeys(
    ("name", "region", "profile", "context"),
    "`--offline` asks no deployment: leave one of both out. `--directory` may name the rehearsal that plans.",
)
EXIT_CODES: Final = {"clean": 0, "warned": 0, "blocked": 1}
STRICT_EXIT_CODE: Final = 3


@click.command(
    short_help="Review a Terraform plan: what it does to the recovery of the deployment.",
    epilog=examples(
        "standby review",
        "standby review plan.tfplan --format markdown",
        "standby review plan.json --offline --strict",
    ),
)
@click.argument("plan", required=False, type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--format",
    "format_",
    type=click.Choice([*FORMATS, "json"]),
    default="table",
    show_default=True,
    help="How the review is printed; `github`: annotations of GitHub Actions.",
)
@click.option("--strict", is_flag=True, help="Exit with 3 if a finding is only warned.")
@click.option(
    "--offline",
    is_flag=True,
    help="Do not ask which region serves. Terraform plans for the account, or for the rehearsal of --directory.",
)
@click.option(
    "--stack",
    "directory",
    type=click.Path(path_type=Path),
    help="The directory of the synthesized stack, in which Terraform plans. Default: that of `make synth`. A rehearsal"
    " plans its own.",
)
@click.pass_obj
def review(
    target: Target, plan: Path | None, format_: Format, directory: Path | None, *, strict: bool, offline: bool
) -> None:
    """Review a Terraform plan: what it does to the recovery of the deployment.

    PLAN is a plan file, or its JSON (`terraform show -json`). Without it, Terraform plans now, in the directory of the
    synthesized stack. For a rehearsal, the present settings are synthesized first. It changes nothing that is deployed.
    docs/review.md lists the rules, and how standby.toml accepts a finding.

    Exit code 0 for a clean or a warned plan, 1 for a blocked one, 3 with --strict for a warned one.
    """
    made = _review(target, plan, directory, offline=offline)
    if format_ == "json":
        print_json(made)
    else:
        for line in FORMATS[format_](made):
            print_result(line)
    exit_with(STRICT_EXIT_CODE if strict and made.result == "warned" else EXIT_CODES[made.result])


def _review(target: Target, path: Path | None, directory: Path | None, *, offline: bool) -> ReviewJson:
    waivers = read_waivers(read_settings().path, [rule.name for rule in RULES])
    notes: list[str] = []
    connection = _connection(target, offline=offline)
    workspace = _workspace(connection, directory, plans=path is None)
    plan = read_plan(_document(path, workspace))
    serving, unavailable = (
        _ask_status(connection, notes) if connection is not None and not plan.is_first and not offline else (None, {})
    )
    surroundings = Surroundings(
        stack=workspace.configuration(),
        initialized_backend=workspace.initialized_backend(),
        state_written_at=workspace.state_written_at() or _state_in_s3_written_at(connection, workspace, notes),
        serving=serving,
        unavailable=unavailable,
    )
    today = datetime.now(tz=UTC).date()
    return review_plan(plan, surroundings=surroundings, waivers=waivers, today=today, notes=notes)


def _connection(target: Target, *, offline: bool) -> Connection | None:
    """Return the deployment that the plan is for; with `offline` only a rehearsal, if one is named."""
    if not offline:
        return target.connection
    refuse_group_options(target.options, command="standby review", hints=OFFLINE_HINTS)
    named = target.options.directory or (exported_directory() if not target.options.aws else None)
    return target.connection if named else None


def _document(path: Path | None, workspace: Workspace) -> object:
    if path is not None:
        return read_plan_file(path, workspace)
    workspace.require_terraform()
    print_progress(f"Terraform plans in {workspace.directory}")
    with TemporaryDirectory(prefix="standby-review-") as temporary:
        made = Path(temporary, "plan")
        workspace.make_plan(made)
        return workspace.show_plan(made)


def _state_in_s3_written_at(connection: Connection | None, workspace: Workspace, notes: list[str]) -> datetime | None:
    """Return when a state in S3 was last written; None if it is elsewhere, or cannot be read, which is noted."""
    bucket, key, region = workspace.state_in_s3() or ("", "", "")
    if not bucket:
        return None
    if connection is None:
        notes.append("The age of the state in S3 was not compared: --offline.")
        return None
    written = attempt(lambda: connection.clients.s3(region).head_object(Bucket=bucket, Key=key)["LastModified"])
    if isinstance(written, Unavailable):
        notes.append(f"The age of the state s3://{bucket}/{key} was not compared: {written}.")
        return None
    return written


def _workspace(connection: Connection | None, directory: Path | None, *, plans: bool) -> Workspace:
    """Return where Terraform plans: for a rehearsal, its own stack, so that no plan mixes both.

    With `plans`, a rehearsal's stack is synthesized from the present settings first, as `standby rehearse up` does.
    """
    if connection is not None and connection.rehearsed:
        from standby.rehearsal.connection import RehearsalConnection  # noqa: PLC0415 - its packages are optional

        if isinstance(connection, RehearsalConnection):
            if directory is not None:
                raise BadUsageError(
                    f"--stack names a stack in an account, but the rehearsal in {connection.paths.shown} is up.",
                    hint="A rehearsal plans its own stack: leave --stack out, or add --aws.",
                )
            return _rehearsed_workspace(connection, plans=plans)
    return Workspace(directory=configuration_path(directory or own_stack()).parent)


def _rehearsed_workspace(connection: "RehearsalConnection", *, plans: bool) -> Workspace:
    from standby.rehearsal.deploy.terraform import terraform_environment  # noqa: PLC0415 - its packages are optional
    from standby.rehearsal.files.paths import find_project  # noqa: PLC0415 - its packages are optional
    from standby.rehearsal.rehearsal import Rehearsal  # noqa: PLC0415 - its packages are optional

    paths = connection.paths
    if plans:
        settings = named_settings()
        print_progress("Synthesizing the stack")
        Rehearsal(project=find_project(Path.cwd()), directory=paths.directory, settings=settings).start()
    return Workspace(
        directory=connection.applied_stack().directory,
        environment=terraform_environment(paths),
        state=paths.state,
    )


def _ask_status(connection: Connection, notes: list[str]) -> tuple[str | None, dict[str, str]]:
    """Return which role serves, and the regions that do not answer."""
    try:
        state = collect_status(connection, read_manifest(connection))
    except StandbyError as error:
        notes.append(f"The deployment was not asked which region serves: {error.message}")
        return None, {}
    if state.serving is None:
        notes.append("Which region serves is not known: see `standby status`.")
    return state.serving, {region.region: region.down for region in state.regions.values() if region.down}

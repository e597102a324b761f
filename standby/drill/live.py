"""Drill a real deployment: only what harms nobody, each confirmed by its owner, each undone at the end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Final

import click

from standby.console import Progress
from standby.deployment.connection import Connection
from standby.deployment.manifest import Manifest
from standby.deployment.manifest_reader import read_manifest
from standby.drill.context import ScenarioContext
from standby.drill.drill import rehearsal_target, run
from standby.drill.live_faults import PageDenial, require_other_bucket
from standby.drill.measure.objectives import (
    API_RPO,
    EXECUTED,
    EXECUTION,
    PAGE_RPO,
    PAGE_RTO,
    PAGES_FAILED,
    QUESTIONS_FAILED,
    Objective,
    read_bounds,
)
from standby.drill.measure.records import Kind
from standby.drill.observe.observer import Observer
from standby.drill.observe.steady_state import Canary, ready
from standby.drill.report.limitations import LIVE_LIMITS
from standby.drill.report.report import DrillReport
from standby.drill.scenario import Scenario
from standby.drill.scenario_runner import DrillEnvironment
from standby.errors import BadUsageError, StandbyError
from standby.target import Target, TargetOptions

GENTLE_LOAD: Final[Mapping[Kind, float]] = {"page": 2.0, "question": 1.0}
"""Requests per second: a real deployment has users of its own, and answers cost money. Nothing is uploaded."""

DENIED_SECONDS: Final = 60.0
WATCHED_SECONDS: Final = 5.0
SERVED_ELSEWHERE: Final = Objective(
    name="pages of the other region seen", measure="pages_never_from_standby", bound=lambda _: 0.0
)


def _pages(context: ScenarioContext) -> None:
    """Deny CloudFront the primary's pages, let the edges forget theirs, and see pages of the other region."""
    standby = context.deployment.regions["failover"].region
    context.break_("s3-errors", "primary")
    deadline = context.clock.now() + DENIED_SECONDS
    context.progress.start(f"Waiting until pages come from {standby}")
    while not _from(context, standby) and context.clock.now() < deadline:
        context.wait(0.5)
    context.wait(WATCHED_SECONDS)
    context.measured["pages_never_from_standby"] = 0 if _from(context, standby) else 1


def _from(context: ScenarioContext, region: str) -> bool:
    pages = (request for request in context.load_process.requests() if request.kind in {"page", "cold-page"})
    return any(page.region == region for page in pages)


def _api(context: ScenarioContext) -> None:
    """Move the API, watch, and (as everything is put back) move it home."""
    context.failover()
    context.until_answered("failover")
    context.wait(WATCHED_SECONDS)


LIVE_SCENARIOS: Final = {
    scenario.name: scenario
    for scenario in (
        Scenario(
            name="live-pages",
            summary="CloudFront is denied the primary region's pages for a minute; it serves the other region's.",
            play=_pages,
            objectives=(PAGES_FAILED, PAGE_RTO, PAGE_RPO, SERVED_ELSEWHERE, QUESTIONS_FAILED),
            load=GENTLE_LOAD,
            required=require_other_bucket,
        ),
        Scenario(
            name="live-api",
            summary="The API is moved to the standby region and home again while both are well; no question fails.",
            play=_api,
            objectives=(EXECUTED, EXECUTION, QUESTIONS_FAILED, API_RPO, PAGES_FAILED),
            load=GENTLE_LOAD,
        ),
    )
}


@dataclass(frozen=True, kw_only=True)
class ConfirmedTarget:
    """A deployment whose owner has said yes to every scenario."""

    options: TargetOptions
    connection: Connection
    deployment: Manifest
    scenarios: tuple[Scenario, ...]


def confirm_scenarios(target: Target, scenarios: Sequence[Scenario]) -> ConfirmedTarget:
    """Find the deployment that the command line names, and ask for each scenario.

    Raises `BadUsageError` where a rehearsal is meant by accident, `RefusedError` where a scenario would harm this
    deployment's users, `StandbyError` where the owner does not confirm.
    """
    options, connection = target.options, target.connection
    if options.directory is None and connection.rehearsed:
        raise BadUsageError(
            "A rehearsal is up here, and --live is for a real deployment.",
            hint="Name that with --profile or --aws; or the rehearsal with --directory, to practise.",
        )
    deployment = read_manifest(connection)
    for scenario in scenarios:
        scenario.required(connection.clients, deployment)
    for scenario in scenarios:
        confirm_scenario(scenario, connection, deployment)
    return ConfirmedTarget(options=options, connection=connection, deployment=deployment, scenarios=tuple(scenarios))


def live_drill(to: ConfirmedTarget, *, progress: Progress) -> DrillReport:
    """Play the scenarios that were confirmed."""
    environment = live_environment(to.connection, to.deployment, to.options, progress=progress)
    environment.faults.heal()  # a drill that was killed may have left its denial
    scenarios = to.scenarios
    if to.options.directory is not None:  # a rehearsal's edge honours no invalidation, but can be asked past its cache
        scenarios = tuple(replace(scenario, load={**scenario.load, "cold-page": 2.0}) for scenario in scenarios)
    where = f"{to.connection.where}, account {to.deployment.account}"
    return run(environment, scenarios, where=where, limits=LIVE_LIMITS)


def confirm_scenario(scenario: Scenario, connection: Connection, deployment: Manifest) -> None:
    """Ask for the account and both regions to be typed. Raises `StandbyError` for anything else."""
    regions = " ".join(region.region for region in deployment.regions.values())
    wanted = f"{deployment.account} {regions}"
    click.echo(f"{scenario.name} on {connection.where}: {deployment.name}.\n  {scenario.summary}", err=True)
    typed = click.prompt(f"To go on, type `{wanted}`", default="", show_default=False, err=True)
    if typed.split() != wanted.split():
        raise StandbyError("Not confirmed; nothing was done.")


def live_environment(
    connection: Connection, deployment: Manifest, options: TargetOptions, *, progress: Progress
) -> DrillEnvironment:
    """Return the ground of the deployment behind a connection."""
    rehearsed = rehearsal_target(options)
    observer = Observer(deployment=deployment, clients=connection.clients, client=rehearsed.client())
    command_options = _options(options, connection)
    return DrillEnvironment(
        deployment=deployment,
        place=rehearsed,
        faults=PageDenial(deployment=deployment, clients=connection.clients),
        observer=observer,
        options=command_options,
        steady=partial(_steady, command_options, progress=progress),
        bounds=read_bounds(Path.cwd()),
        progress=progress,
        live=True,
    )


def _steady(options: Sequence[str], *, progress: Progress) -> Canary:
    progress.start("Seeing that all is well: standby status")
    ready(options)
    return Canary(question="Which documents are there?")


def _options(options: TargetOptions, connection: Connection) -> tuple[str, ...]:
    if options.directory:
        return ("--directory", str(options.directory))
    named = ("--profile", options.profile) if options.profile else ("--aws",)
    regions = [part for region in connection.regions for part in ("--region", region)]
    return (*named, "--name", connection.name, *regions)

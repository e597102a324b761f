"""Drill a real deployment: harmless scenarios only. The owner confirms each one, and each one is undone at the end."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Final

from standby.console import Progress
from standby.deadline import poll
from standby.deployment.connection import AwsConnection, Connection
from standby.deployment.manifest import Manifest
from standby.deployment.manifest_reader import read_manifest
from standby.drill.context import ScenarioContext
from standby.drill.drill import run_scenarios
from standby.drill.live_faults import PageDenial, require_origin_failover
from standby.drill.load.target import LoadTarget
from standby.drill.measure.objectives import (
    API_RPO,
    COMMAND,
    LIVE_API_RTO,
    PAGE_RPO,
    PAGE_RTO,
    PAGES_FAILED,
    QUESTIONS_FAILED,
    read_objectives,
    zero,
)
from standby.drill.measure.records import RequestKind
from standby.drill.observe.observer import Observer
from standby.drill.observe.steady_state import Canary, check_ready
from standby.drill.report.limitations import LIVE_LIMITATIONS
from standby.drill.report.report import DrillReport
from standby.drill.scenario import Scenario
from standby.drill.scenario_runner import DrillEnvironment
from standby.errors import BadUsageError, RefusedError, StandbyError
from standby.target import Target

LOW_LOAD: Final[Mapping[RequestKind, float]] = {"page": 2.0, "question": 1.0}
"""Requests per second. It is low because the deployment has its own users and answers cost money. No uploads."""

REHEARSED_COLD_PAGES: Final[Mapping[RequestKind, float]] = {"cold-page": 2.0}
"""Added on a rehearsal, whose edge ignores invalidations, but can be asked for pages that it has not cached."""

DENIAL_SECONDS: Final = 60.0
DENIAL_PAUSE_SECONDS: Final = 0.5
OBSERVED_SECONDS: Final = 5.0
STANDBY_PAGES: Final = zero("no page of the other region seen", "standby_pages_not_seen")


def _run_pages(context: ScenarioContext) -> None:
    """Deny CloudFront the primary region's pages and invalidate them. Pages of the other region should follow."""
    standby = context.deployment.regions["failover"].region
    context.inject("pages-denied", "primary")
    context.progress.start(f"Waiting for pages from {standby}")
    poll(lambda: _has_page_from(context, standby), seconds=DENIAL_SECONDS, pause=DENIAL_PAUSE_SECONDS)
    context.wait(OBSERVED_SECONDS)
    context.measures["standby_pages_not_seen"] = 0 if _has_page_from(context, standby) else 1


def _has_page_from(context: ScenarioContext, region: str) -> bool:
    pages = (request for request in context.load.requests() if request.kind in {"page", "cold-page"})
    return any(page.region == region for page in pages)


def _run_api(context: ScenarioContext) -> None:
    """Fail over and observe. The failback is part of the clean-up."""
    context.failover()
    context.wait_until_answered("failover")
    context.wait(OBSERVED_SECONDS)


LIVE_SCENARIOS: Final = {
    scenario.name: scenario
    for scenario in (
        Scenario(
            name="live-pages",
            summary="CloudFront is denied the primary region's pages for a minute. It serves the other region's pages.",
            run=_run_pages,
            objectives=(PAGES_FAILED, PAGE_RTO, PAGE_RPO, STANDBY_PAGES, QUESTIONS_FAILED),
            load=LOW_LOAD,
            require=require_origin_failover,
        ),
        Scenario(
            name="live-api",
            summary="While both regions are healthy, users are moved to the other region and back. No question fails.",
            run=_run_api,
            objectives=(LIVE_API_RTO, COMMAND, QUESTIONS_FAILED, API_RPO, PAGES_FAILED),
            load=LOW_LOAD,
        ),
    )
}


@dataclass(frozen=True, kw_only=True)
class ConfirmedDrill:
    """The scenarios that the owner of a deployment has confirmed."""

    target: Target
    deployment: Manifest
    scenarios: tuple[Scenario, ...]


def confirm_drill(target: Target, scenarios: Sequence[Scenario], *, ask: Callable[[str], str]) -> ConfirmedDrill:
    """Find the deployment that the command line names, and let its owner confirm each scenario.

    `ask` shows a question and returns what the owner typed. Raises `BadUsageError` for a rehearsal that the command
    line does not name, `RefusedError` if a scenario would harm users, `StandbyError` if the owner does not confirm.
    """
    connection = target.connection
    if target.options.directory is None and connection.rehearsed:
        raise BadUsageError(
            "A rehearsal is up here, and --live is for a real deployment.",
            hint="Name the deployment with --profile or --aws; or, to practice, the rehearsal with --directory.",
        )
    deployment = read_manifest(connection)
    if any(region.signs_in for region in deployment.regions.values()) and not connection.rehearsed:
        raise RefusedError(
            "Users of this deployment sign in, and a live drill has no token to ask with.",
            hint="A rehearsal can play it: `standby rehearse up --access oidc`, then `standby drill`.",
        )
    for scenario in scenarios:
        scenario.require(connection.clients, deployment)
    for scenario in scenarios:
        confirm_scenario(scenario, connection, deployment, ask=ask)
    return ConfirmedDrill(target=target, deployment=deployment, scenarios=tuple(scenarios))


def confirm_scenario(
    scenario: Scenario, connection: Connection, deployment: Manifest, *, ask: Callable[[str], str]
) -> None:
    """Let the owner type the account and both regions. Raises `StandbyError` for anything else."""
    regions = " ".join(region.region for region in deployment.regions.values())
    expected = f"{deployment.account} {regions}"
    where = f"{scenario.name} on {connection.where}: {deployment.name}."
    typed = ask(f"{where}\n  {scenario.summary}\nTo continue, type `{expected}`")
    if typed.split() != expected.split():
        raise StandbyError("Not confirmed. Nothing was done.")


def run_live_drill(confirmed: ConfirmedDrill, *, progress: Progress) -> DrillReport:
    """Run the scenarios that were confirmed."""
    environment = _live_environment(confirmed, progress=progress)
    environment.faults.heal()  # a drill that was killed may have left its denial
    scenarios = confirmed.scenarios
    if confirmed.target.options.directory is not None:
        scenarios = tuple(replace(scenario, load={**scenario.load, **REHEARSED_COLD_PAGES}) for scenario in scenarios)
    target = f"{confirmed.target.connection.where}, account {confirmed.deployment.account}"
    return run_scenarios(environment, scenarios, target=target, limitations=LIVE_LIMITATIONS)


def _live_environment(confirmed: ConfirmedDrill, *, progress: Progress) -> DrillEnvironment:
    deployment, clients = confirmed.deployment, confirmed.target.connection.clients
    target = LoadTarget.of_directory(confirmed.target.options.directory)
    options = _command_options(confirmed.target)
    return DrillEnvironment(
        deployment=deployment,
        target=target,
        faults=PageDenial(deployment=deployment, clients=clients),
        observer=Observer(deployment=deployment, clients=clients, client=target.client(site_url=deployment.site.url)),
        options=options,
        check_steady_state=partial(_check_steady_state, options, progress=progress),
        objectives=read_objectives(Path.cwd()),
        progress=progress,
        force_failback=True,  # both regions were healthy when users were moved
    )


def _check_steady_state(options: Sequence[str], *, progress: Progress) -> Canary:
    progress.start("Checking the steady state: standby status")
    check_ready(options)
    return Canary(question="Which documents are there?")


def _command_options(target: Target) -> tuple[str, ...]:
    options, connection = target.options, target.connection
    if options.directory:
        return ("--directory", str(options.directory))
    profile = connection.profile if isinstance(connection, AwsConnection) else None
    account = ("--profile", profile) if profile else ("--aws",)
    regions = [part for region in connection.regions for part in ("--region", region)]
    return (*account, "--name", connection.name, *regions)

"""A whole drill: its ground, one scenario after the other, the report."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Final

from standby.console import Progress
from standby.deployment.clients import Clients
from standby.deployment.manifest import ROLES
from standby.deployment.manifest_reader import read_manifest
from standby.deployment.sessions import EmulatorSession
from standby.drill.load.target import LoadTarget
from standby.drill.measure.objectives import read_bounds, read_failover_codes
from standby.drill.measure.records import Outcome, ScenarioReport
from standby.drill.observe.observer import Observer
from standby.drill.observe.steady_state import steady
from standby.drill.report.limitations import REHEARSAL_LIMITS
from standby.drill.report.report import DrillReport
from standby.drill.scenario import Scenario
from standby.drill.scenario_runner import DrillEnvironment, play
from standby.drill.teardown import end_programs, restore_primary
from standby.rehearsal.connection import open_rehearsal_connection
from standby.rehearsal.faults.faults import Faults
from standby.rehearsal.files.lock import drill_lock
from standby.rehearsal.rehearsal import Rehearsal
from standby.target import TargetOptions

WHERE: Final = "REHEARSAL on this machine"
NOT_PLAYED: Final = "not played: the deployment was not put back to its steady state before"


def drill(rehearsal: Rehearsal, scenarios: Sequence[Scenario], *, progress: Progress) -> DrillReport:
    """Play the scenarios on a rehearsal that is up.

    What a drill that was killed has left is put back first, and the edge reads the distribution anew. Raises
    `RefusedError` when none is up, when another drill is at work on it, or when what was left cannot be put back.
    """
    environment = rehearsal_environment(rehearsal, progress=progress)
    with drill_lock(rehearsal.paths, command="standby drill") as killed:
        if killed:
            end_programs(rehearsal.paths.directory)
        environment.faults.heal()
        rehearsal.refresh_edge()
        restore_primary(environment.observer, options=environment.options, progress=progress, killed=killed)
        return run(environment, scenarios, where=WHERE, limits=REHEARSAL_LIMITS)


def run(
    environment: DrillEnvironment, scenarios: Sequence[Scenario], *, where: str, limits: tuple[str, ...]
) -> DrillReport:
    """Play the scenarios one after the other."""
    started, began = datetime.now(tz=UTC), time.monotonic()
    played: list[ScenarioReport] = []
    for number, scenario in enumerate(scenarios, start=1):
        report = play(scenario, environment)
        played.append(report)
        why = f": {report.reason}" if report.reason else ""
        text = f"{number} of {len(scenarios)}  {scenario.name}: {report.result.value} ({report.seconds:.0f} s){why}"
        environment.progress.note(text)
        if report.extra.get("unsteady"):
            played += [_not_played(rest) for rest in scenarios[number:]]
            break
    return DrillReport(
        started_at=f"{started:%Y-%m-%dT%H:%M:%SZ}",
        place=where,
        regions={role: environment.deployment.regions[role].region for role in ROLES},
        scenarios=tuple(played),
        limits=limits,
        seconds=round(time.monotonic() - began, 1),
    )


def rehearsal_environment(rehearsal: Rehearsal, *, progress: Progress) -> DrillEnvironment:
    """Return the ground of a rehearsal that is up. Raises `RefusedError` when it is not."""
    network, paths = rehearsal.network, rehearsal.paths
    deployment = read_manifest(open_rehearsal_connection(paths.directory))
    place = LoadTarget(project=str(paths.project), directory=str(paths.directory))
    past_faults = {region.region: network.emulator_url for region in deployment.regions.values()}
    clients = Clients(
        lambda region: EmulatorSession(region=region, endpoint=network.emulator_url),
        endpoints=past_faults,
        elsewhere=network.emulator_url,
    )
    codes = read_failover_codes(paths.project)
    observer = Observer(deployment=deployment, clients=clients, client=place.client(), failover_codes=codes)
    options = ("--directory", str(paths.directory))
    return DrillEnvironment(
        deployment=deployment,
        place=place,
        faults=Faults(rehearsal),
        observer=observer,
        options=options,
        steady=partial(steady, observer, options=options, progress=progress),
        bounds=read_bounds(paths.project),
        progress=progress,
    )


def rehearsal_target(options: TargetOptions) -> LoadTarget:
    """Return where users reach what the command line names: a rehearsal by its directory, AWS without one."""
    if options.directory is None:
        return LoadTarget()
    return LoadTarget(project=str(options.directory.resolve().parent), directory=str(options.directory.resolve()))


def _not_played(scenario: Scenario) -> ScenarioReport:
    return ScenarioReport(name=scenario.name, summary=scenario.summary, result=Outcome.SKIPPED, reason=NOT_PLAYED)

"""A whole drill: one scenario after the other, and the report."""

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
from standby.drill.measure.objectives import read_failover_codes, read_objectives
from standby.drill.measure.records import Clock, Outcome
from standby.drill.observe.dns_client import DnsClient
from standby.drill.observe.observer import Observer
from standby.drill.observe.steady_state import check_steady_state
from standby.drill.report.limitations import rehearsal_limitations
from standby.drill.report.report import DrillReport, ScenarioReport
from standby.drill.scenario import Scenario
from standby.drill.scenario_runner import DrillEnvironment, run_scenario
from standby.drill.sign_ins import SignIns
from standby.drill.teardown import end_programs, restore_primary
from standby.rehearsal.connection import open_rehearsal_connection
from standby.rehearsal.emulator.emulator import recorded_emulator
from standby.rehearsal.emulator.fast_minutes import MINUTE_SECONDS
from standby.rehearsal.faults.faults import Faults
from standby.rehearsal.files.lock import drill_lock
from standby.rehearsal.network.network import ApiName, Client, Network
from standby.rehearsal.rehearsal import Rehearsal

REHEARSAL_TARGET: Final = "REHEARSAL on this machine"
NOT_RUN: Final = "not run: an earlier scenario found no steady state"


def run_drill(rehearsal: Rehearsal, scenarios: Sequence[Scenario], *, progress: Progress) -> DrillReport:
    """Run the scenarios on a rehearsal that is up.

    First restore the deployment if a killed drill did not, and read the distribution again. Raises `RefusedError` when
    no rehearsal is up, when another drill is running on it, and when it cannot be restored.
    """
    environment = _rehearsal_environment(rehearsal, progress=progress)
    with drill_lock(rehearsal.paths, command="standby drill") as killed:
        if killed:
            end_programs(rehearsal.paths.directory)
        environment.faults.heal()
        rehearsal.refresh_edge()
        restore_primary(environment.observer, options=environment.options, progress=progress, killed=killed)
        limitations = rehearsal_limitations(
            minute_seconds=environment.minute_seconds if environment.deployment.automatic else MINUTE_SECONDS
        )
        return run_scenarios(environment, scenarios, target=REHEARSAL_TARGET, limitations=limitations)


def run_scenarios(
    environment: DrillEnvironment, scenarios: Sequence[Scenario], *, target: str, limitations: tuple[str, ...]
) -> DrillReport:
    """Run the scenarios one after the other, until one finds no steady state."""
    started_at, started = datetime.now(tz=UTC), time.monotonic()
    reports: list[ScenarioReport] = []
    for number, scenario in enumerate(scenarios, start=1):
        report = run_scenario(scenario, environment)
        reports.append(report)
        reason = f": {report.reason}" if report.reason else ""
        result = f"{report.result.value} ({report.seconds:.0f} s){reason}"
        environment.progress.note(f"{number} of {len(scenarios)}  {scenario.name}: {result}")
        if report.no_steady_state:
            reports += [
                ScenarioReport(name=skipped.name, summary=skipped.summary, result=Outcome.SKIPPED, reason=NOT_RUN)
                for skipped in scenarios[number:]
            ]
            break
    return DrillReport(
        started_at=f"{started_at:%Y-%m-%dT%H:%M:%SZ}",
        target=target,
        regions={role: environment.deployment.regions[role].region for role in ROLES},
        scenarios=tuple(reports),
        limitations=limitations,
        seconds=round(time.monotonic() - started, 1),
    )


def _dns_client(network: Network, api_name: ApiName, clock: Clock) -> DnsClient:
    return DnsClient(name=api_name.name, client=Client(network), look_up=api_name.resolve, now=clock.now)


def _rehearsal_environment(rehearsal: Rehearsal, *, progress: Progress) -> DrillEnvironment:
    """Return the environment of a rehearsal. Raises `RefusedError` when it is not up."""
    network, paths = rehearsal.network, rehearsal.paths
    deployment = read_manifest(open_rehearsal_connection(paths.directory))
    settings = str(rehearsal.settings or "")
    target = LoadTarget(project=str(paths.project), directory=str(paths.directory), settings=settings)
    clients = Clients(  # to the emulator itself, which no fault affects
        lambda region: EmulatorSession(region=region, endpoint=network.emulator_url),
        endpoints={region.region: network.emulator_url for region in deployment.regions.values()},
        elsewhere=network.emulator_url,
    )
    client = target.client(site_url=deployment.site.url)
    codes = read_failover_codes(paths.project)
    observer = Observer(deployment=deployment, clients=clients, client=client, failover_codes=codes)
    options, emulator = ("--directory", str(paths.directory)), recorded_emulator(paths)
    return DrillEnvironment(
        deployment=deployment,
        target=target,
        faults=Faults(rehearsal),
        observer=observer,
        options=options,
        check_steady_state=partial(check_steady_state, observer, options=options, progress=progress),
        objectives=read_objectives(paths.project),
        progress=progress,
        sign_ins=SignIns(rehearsal) if rehearsal.access is not None else None,
        dns_client=partial(_dns_client, network, network.api_name) if network.api_name else None,
        minute_seconds=emulator.minute_seconds if emulator else MINUTE_SECONDS,
    )

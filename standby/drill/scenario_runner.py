"""Run one scenario: check the steady state, start the load, inject the fault, restore everything, report."""

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from standby.console import Progress
from standby.deployment.manifest import Manifest
from standby.drill.context import FaultInjector, ScenarioContext
from standby.drill.drill_mark import mark_drill
from standby.drill.errors import EXPECTED_ERRORS, NotRestoredError, describe_error
from standby.drill.load.generator import LoadSpec
from standby.drill.load.process import LoadProcess
from standby.drill.load.target import LoadTarget
from standby.drill.measure.documents import document_measures
from standby.drill.measure.measures import Measures, api_measures, first_failures, page_measures, requests_per_second
from standby.drill.measure.objectives import compare_objectives
from standby.drill.measure.records import Clock, Outcome
from standby.drill.observe.dns_client import DnsClient
from standby.drill.observe.observer import Observer
from standby.drill.observe.steady_state import Canary, NoSteadyStateError
from standby.drill.report.report import ScenarioReport
from standby.drill.scenario import Scenario
from standby.drill.sign_ins import SignIns, tokens_live
from standby.drill.signals import delay_signals
from standby.drill.teardown import restore
from standby.errors import InterruptedRunError
from standby.rehearsal.emulator.fast_minutes import MINUTE_SECONDS
from warm_standby.settings import Objectives

WARM_UP_SECONDS: Final = 2.0
"""Load before the fault, so that the edge caches the pages and the timeline shows the steady state."""

NO_SIGN_IN: Final = "users do not sign in here: `standby rehearse up --access oidc` lets them"
NO_AUTOMATIC: Final = "there is no controller here: automatic.enabled = true adds one"
NO_DNS: Final = "the API has no name in DNS here: [dns] of the settings gives it one"
LAST_ANSWERS_SECONDS: Final = 8.0
"""How long requests may take after everything is restored; longer than an answer of the API."""


@dataclass(frozen=True, kw_only=True)
class DrillEnvironment:
    """The deployment under test, and every way to reach it.

    `check_steady_state` raises `NoSteadyStateError`. `force_failback`, `sign_ins`, `dns_client` and
    `minute_seconds`: see `ScenarioContext`.
    """

    deployment: Manifest
    target: LoadTarget
    faults: FaultInjector
    observer: Observer
    options: tuple[str, ...]
    check_steady_state: Callable[[], Canary]
    objectives: Objectives
    progress: Progress
    force_failback: bool = False
    sign_ins: SignIns | None = None
    dns_client: Callable[[Clock], DnsClient] | None = None
    minute_seconds: float = MINUTE_SECONDS


def run_scenario(scenario: Scenario, environment: DrillEnvironment) -> ScenarioReport:
    """Run the scenario and report. An error that a drill expects is in the report.

    Raises `InterruptedRunError` on Ctrl-C, after the attempt to restore everything.
    """
    started = time.monotonic()
    describe = partial(ScenarioReport, name=scenario.name, summary=scenario.summary)
    if scenario.needs_sign_in and environment.sign_ins is None:
        return describe(result=Outcome.SKIPPED, reason=NO_SIGN_IN)
    if scenario.needs_automatic and not environment.deployment.automatic:
        return describe(result=Outcome.SKIPPED, reason=NO_AUTOMATIC)
    if scenario.needs_dns and environment.dns_client is None:
        return describe(result=Outcome.SKIPPED, reason=NO_DNS)
    if reason := scenario.skip_reason():
        return describe(result=Outcome.SKIPPED, reason=reason)
    try:
        noticed = environment.deployment.automatic or environment.deployment.notifications
        marked = noticed and not scenario.needs_automatic
        with (
            mark_drill(environment.observer, marked=marked, scenario=scenario.name),
            tokens_live(environment.sign_ins, scenario.access_token_seconds),
        ):
            report = _run_under_load(scenario, environment)
    except NoSteadyStateError as error:
        report = describe(result=Outcome.FAILED, reason=error.message, no_steady_state=True)
    except InterruptedRunError:
        raise
    except EXPECTED_ERRORS as error:
        report = describe(result=Outcome.FAILED, reason=describe_error(error))
    return report.model_copy(update={"seconds": round(time.monotonic() - started, 1)})


def _run_under_load(scenario: Scenario, environment: DrillEnvironment) -> ScenarioReport:
    canary = environment.check_steady_state()
    with tempfile.TemporaryDirectory(prefix="standby-drill-") as directory:
        clock = Clock()
        records_file = Path(directory) / "requests.jsonl"
        spec = _load_spec(scenario, environment, canary=canary, clock=clock, records_file=records_file)
        with LoadProcess(spec) as load:
            context = ScenarioContext(
                deployment=environment.deployment,
                faults=environment.faults,
                observer=environment.observer,
                load=load,
                clock=clock,
                progress=environment.progress,
                options=environment.options,
                force_failback=environment.force_failback,
                sign_ins=environment.sign_ins,
                dns_client=partial(environment.dns_client, clock) if environment.dns_client else None,
                minute_seconds=environment.minute_seconds,
            )
            reason = _run_and_restore(scenario, context)
            load_ended = clock.now()
            load.stop(seconds=LAST_ANSWERS_SECONDS)
            return _report(scenario, context, environment, load_ended=load_ended, reason=reason)


def _run_and_restore(scenario: Scenario, context: ScenarioContext) -> str:
    """Run the scenario and restore everything. Return what failed, "" if nothing did.

    Raises `InterruptedRunError` on Ctrl-C. Its message says whether everything is restored.
    """
    errors: list[str] = []
    not_restored: list[NotRestoredError] = []
    try:
        try:
            context.progress.start(f"{scenario.name}: load before the fault")
            context.wait(WARM_UP_SECONDS)
            scenario.run(context)
        except EXPECTED_ERRORS as error:
            errors.append(describe_error(error))
        finally:
            with delay_signals(context.progress):
                not_restored += _restore(context)
    except KeyboardInterrupt:
        if not_restored:
            raise InterruptedRunError(f"Interrupted. {not_restored[0].message}", hint=not_restored[0].hint) from None
        raise InterruptedRunError("Interrupted. Everything was restored.") from None
    return "; ".join([*errors, *(error.message for error in not_restored)])


def _restore(context: ScenarioContext) -> tuple[NotRestoredError, ...]:
    try:
        restore(context)
    except NotRestoredError as error:
        return (error,)
    return ()


def _report(
    scenario: Scenario, context: ScenarioContext, environment: DrillEnvironment, *, load_ended: float, reason: str
) -> ScenarioReport:
    requests = context.load.requests()
    times = context.times(load_ended=load_ended)
    measures = Measures(
        **page_measures(requests, load_ended=load_ended, injections=context.injections),
        differing_site_files=context.observer.count_differing_site_files(),
        **api_measures(requests, times),
        **document_measures(requests, context.document_facts(requests), times),
        **context.measures,
    )
    objectives = compare_objectives(scenario.objectives, measures, environment.objectives)
    missed = not all(objective.met for objective in objectives)
    return ScenarioReport(
        name=scenario.name,
        summary=scenario.summary,
        result=Outcome.FAILED if reason else Outcome.MISSED if missed else Outcome.PASSED,
        reason=reason,
        measures=measures,
        objectives=objectives,
        events=tuple(sorted(context.events, key=lambda event: event.at)),
        fault_periods=tuple(context.fault_periods),
        requests_per_second=requests_per_second(requests, load_ended=load_ended),
        failed_requests=first_failures(requests),
        browser_questions=tuple(context.browser_questions),
    )


def _load_spec(
    scenario: Scenario, environment: DrillEnvironment, *, canary: Canary, clock: Clock, records_file: Path
) -> LoadSpec:
    return LoadSpec(
        clock_origin=clock.origin,
        target=environment.target,
        records_file=str(records_file),
        site_url=environment.deployment.site.url,
        paths=("/", *(f"/{key}" for key in sorted(environment.observer.site_files("primary")))),
        question=canary.question,
        canary_key=canary.key,
        page_versions=environment.observer.page_versions(),
        rates=scenario.load,
    )

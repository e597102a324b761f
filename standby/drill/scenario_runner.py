"""Play one scenario: the steady state, the load, the fault, everything put back, and what that came to."""

import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from standby.console import Progress
from standby.deployment.manifest import Manifest
from standby.drill.context import FaultInjector, ScenarioContext
from standby.drill.errors import WENT_WRONG, NotPutBackError, words
from standby.drill.load.generator import LoadSpec
from standby.drill.load.process import LoadProcess
from standby.drill.load.target import LoadTarget
from standby.drill.measure.documents import document_measures
from standby.drill.measure.measures import api_measures, page_measures, series
from standby.drill.measure.objectives import hold
from standby.drill.measure.records import Clock, Number, Outcome, Request, ScenarioReport
from standby.drill.observe.observer import Observer
from standby.drill.observe.steady_state import Canary, NotSteadyError
from standby.drill.scenario import Scenario
from standby.drill.signals import undisturbed
from standby.drill.teardown import restore
from standby.errors import InterruptedRunError
from warm_standby.settings import Objectives

BEFORE_SECONDS: Final = 2.0
"""Users before the fault: so that the edge has the pages, and the timeline shows what it is like when all is well."""

LAST_ANSWERS_SECONDS: Final = 8.0
"""How long requests that are under way at the end may take; longer than an API's answer, after everything is healed."""


@dataclass(frozen=True, kw_only=True)
class DrillEnvironment:
    """What a drill stands on: the deployment, and every way to it. `steady` raises `NotSteadyError`.

    `live`: real users are on it, who are taken home by force where nothing else does it.
    """

    deployment: Manifest
    place: LoadTarget
    faults: FaultInjector
    observer: Observer
    options: tuple[str, ...]
    steady: Callable[[], Canary]
    bounds: Objectives
    progress: Progress
    live: bool = False


def play(scenario: Scenario, environment: DrillEnvironment) -> ScenarioReport:
    """Play the scenario and report. What goes wrong is in the report.

    Raises `InterruptedRunError` on Ctrl-C, once everything is put back as far as that was possible.
    """
    began = time.monotonic()
    reason = scenario.skipped()
    if reason:
        return ScenarioReport(name=scenario.name, summary=scenario.summary, result=Outcome.SKIPPED, reason=reason)
    try:
        report = _play(scenario, environment)
    except NotSteadyError as error:
        report = _failed(scenario, error.message, unsteady=True)
    except InterruptedRunError:
        raise
    except WENT_WRONG as error:
        report = _failed(scenario, words(error), unsteady=False)
    return replace(report, seconds=round(time.monotonic() - began, 1))


def _play(scenario: Scenario, environment: DrillEnvironment) -> ScenarioReport:
    canary = environment.steady()
    with tempfile.TemporaryDirectory(prefix="standby-drill-") as directory:
        clock = Clock()
        order = _order(scenario, environment, canary=canary, clock=clock, out=Path(directory) / "requests.jsonl")
        with LoadProcess(order) as load_process:
            context = _stage(environment, clock=clock, load_process=load_process)
            reason = _act(scenario, context)
            until = clock.now()
            load_process.stop(seconds=LAST_ANSWERS_SECONDS)
            return _report(
                scenario, context, requests=load_process.requests(), until=until, reason=reason, environment=environment
            )


def _act(scenario: Scenario, context: ScenarioContext) -> str:
    """Do the fault and put everything back; return what went wrong, "" when nothing did.

    Raises `InterruptedRunError` on Ctrl-C, which says whether everything is put back.
    """
    wrong: list[str] = []
    left: list[NotPutBackError] = []
    try:
        try:
            context.progress.start(f"{scenario.name}: users before anything happens")
            context.wait(BEFORE_SECONDS)
            scenario.play(context)
        except WENT_WRONG as error:
            wrong.append(words(error))
        finally:
            with undisturbed(context.progress):
                left += _put_back(context)
    except KeyboardInterrupt:
        told, hint = (left[0].message, left[0].hint) if left else ("everything was put back.", "")
        raise InterruptedRunError(f"Interrupted; {told}", hint=hint) from None
    return "; ".join([*wrong, *(error.message for error in left)])


def _put_back(context: ScenarioContext) -> tuple[NotPutBackError, ...]:
    try:
        restore(context)
    except NotPutBackError as error:
        return (error,)
    return ()


def _report(
    scenario: Scenario,
    context: ScenarioContext,
    *,
    requests: list[Request],
    until: float,
    reason: str,
    environment: DrillEnvironment,
) -> ScenarioReport:
    moments = context.moments(until=until)
    documents = context.documents(requests)
    measures: Mapping[str, Number] = {
        **page_measures(requests, until=until),
        "site_files_different": environment.observer.site_files_different(),
        **api_measures(requests, moments),
        **document_measures(requests, documents, moments),
        **context.measured,
    }
    objectives = hold(scenario.objectives, measures, environment.bounds)
    missed = any(not held.met for held in objectives)
    return ScenarioReport(
        name=scenario.name,
        summary=scenario.summary,
        result=Outcome.FAILED if reason else Outcome.MISSED if missed else Outcome.PASSED,
        reason=reason,
        measures=measures,
        objectives=objectives,
        events=tuple(sorted(context.events, key=lambda event: event.at)),
        regions=tuple(context.spans),
        series=series(requests, until=until),
        extra=context.extra,
    )


def _failed(scenario: Scenario, reason: str, *, unsteady: bool) -> ScenarioReport:
    extra = {"unsteady": True} if unsteady else {}
    return ScenarioReport(
        name=scenario.name, summary=scenario.summary, result=Outcome.FAILED, reason=reason, extra=extra
    )


def _order(scenario: Scenario, environment: DrillEnvironment, *, canary: Canary, clock: Clock, out: Path) -> LoadSpec:
    return LoadSpec(
        origin=clock.origin,
        place=environment.place,
        out=str(out),
        site_url=environment.deployment.site_url,
        paths=("/", *(f"/{key}" for key in sorted(environment.observer.site_files("primary")))),
        question=canary.question,
        canary_key=canary.key,
        page_versions=environment.observer.page_versions(),
        rates=scenario.load,
    )


def _stage(environment: DrillEnvironment, *, clock: Clock, load_process: LoadProcess) -> ScenarioContext:
    return ScenarioContext(
        deployment=environment.deployment,
        faults=environment.faults,
        observer=environment.observer,
        client=environment.observer.client,
        load_process=load_process,
        clock=clock,
        progress=environment.progress,
        options=environment.options,
        by_force=environment.live,
    )

"""Play one scenario: the steady state, the load, the fault, everything put back, and what that came to."""

import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from standby.console import Progress
from standby.deployment.manifest import Manifest
from standby.drill.context import Breaks, Stage
from standby.drill.errors import WENT_WRONG, NotPutBackError, words
from standby.drill.load.generator import Order
from standby.drill.load.process import Pressure
from standby.drill.load.target import Place
from standby.drill.measure.measures import api_measures, document_measures, page_measures, series
from standby.drill.measure.objectives import hold
from standby.drill.measure.records import Clock, Number, Outcome, Request, ScenarioReport
from standby.drill.observe.observer import Eyes
from standby.drill.observe.steady_state import Canary, NotSteadyError
from standby.drill.restore import restore
from standby.drill.scenario import Scenario
from standby.drill.signals import undisturbed
from standby.errors import InterruptedRunError
from warm_standby.settings import Objectives

BEFORE_SECONDS: Final = 2.0
"""Users before the fault: so that the edge has the pages, and the timeline shows what it is like when all is well."""

LAST_ANSWERS_SECONDS: Final = 8.0
"""How long requests that are under way at the end may take; longer than an API's answer, after everything is healed."""


@dataclass(frozen=True, kw_only=True)
class Ground:
    """What a drill stands on: the deployment, and every way to it. `steady` raises `NotSteadyError`.

    `live`: real users are on it, who are taken home by force where nothing else does it.
    """

    deployment: Manifest
    place: Place
    faults: Breaks
    eyes: Eyes
    options: tuple[str, ...]
    steady: Callable[[], Canary]
    bounds: Objectives
    progress: Progress
    live: bool = False


def play(scenario: Scenario, ground: Ground) -> ScenarioReport:
    """Play the scenario and report. What goes wrong is in the report.

    Raises `InterruptedRunError` on Ctrl-C, once everything is put back as far as that was possible.
    """
    began = time.monotonic()
    reason = scenario.skipped()
    if reason:
        return ScenarioReport(name=scenario.name, summary=scenario.summary, result=Outcome.SKIPPED, reason=reason)
    try:
        report = _play(scenario, ground)
    except NotSteadyError as error:
        report = _failed(scenario, error.message, unsteady=True)
    except InterruptedRunError:
        raise
    except WENT_WRONG as error:
        report = _failed(scenario, words(error), unsteady=False)
    return replace(report, seconds=round(time.monotonic() - began, 1))


def _play(scenario: Scenario, ground: Ground) -> ScenarioReport:
    canary = ground.steady()
    with tempfile.TemporaryDirectory(prefix="standby-drill-") as directory:
        clock = Clock()
        order = _order(scenario, ground, canary=canary, clock=clock, out=Path(directory) / "requests.jsonl")
        with Pressure(order) as pressure:
            stage = _stage(ground, clock=clock, pressure=pressure)
            reason = _act(scenario, stage)
            until = clock.now()
            pressure.stop(seconds=LAST_ANSWERS_SECONDS)
            return _report(scenario, stage, requests=pressure.requests(), until=until, reason=reason, ground=ground)


def _act(scenario: Scenario, stage: Stage) -> str:
    """Do the fault and put everything back; return what went wrong, "" when nothing did.

    Raises `InterruptedRunError` on Ctrl-C, which says whether everything is put back.
    """
    wrong: list[str] = []
    left: list[NotPutBackError] = []
    try:
        try:
            stage.progress.start(f"{scenario.name}: users before anything happens")
            stage.wait(BEFORE_SECONDS)
            scenario.play(stage)
        except WENT_WRONG as error:
            wrong.append(words(error))
        finally:
            with undisturbed(stage.progress):
                left += _put_back(stage)
    except KeyboardInterrupt:
        told, hint = (left[0].message, left[0].hint) if left else ("everything was put back.", "")
        raise InterruptedRunError(f"Interrupted; {told}", hint=hint) from None
    return "; ".join([*wrong, *(error.message for error in left)])


def _put_back(stage: Stage) -> tuple[NotPutBackError, ...]:
    try:
        restore(stage)
    except NotPutBackError as error:
        return (error,)
    return ()


def _report(
    scenario: Scenario, stage: Stage, *, requests: list[Request], until: float, reason: str, ground: Ground
) -> ScenarioReport:
    moments = stage.moments(until=until)
    documents = stage.documents(requests)
    measures: Mapping[str, Number] = {
        **page_measures(requests, until=until),
        "site_files_different": ground.eyes.site_files_different(),
        **api_measures(requests, moments),
        **document_measures(requests, documents, moments),
        **stage.measured,
    }
    objectives = hold(scenario.objectives, measures, ground.bounds)
    missed = any(not held.met for held in objectives)
    return ScenarioReport(
        name=scenario.name,
        summary=scenario.summary,
        result=Outcome.FAILED if reason else Outcome.MISSED if missed else Outcome.PASSED,
        reason=reason,
        measures=measures,
        objectives=objectives,
        events=tuple(sorted(stage.events, key=lambda event: event.at)),
        regions=tuple(stage.spans),
        series=series(requests, until=until),
        extra=stage.extra,
    )


def _failed(scenario: Scenario, reason: str, *, unsteady: bool) -> ScenarioReport:
    extra = {"unsteady": True} if unsteady else {}
    return ScenarioReport(
        name=scenario.name, summary=scenario.summary, result=Outcome.FAILED, reason=reason, extra=extra
    )


def _order(scenario: Scenario, ground: Ground, *, canary: Canary, clock: Clock, out: Path) -> Order:
    return Order(
        origin=clock.origin,
        place=ground.place,
        out=str(out),
        site_url=ground.deployment.site_url,
        paths=("/", *(f"/{key}" for key in sorted(ground.eyes.site_files("primary")))),
        question=canary.question,
        canary_key=canary.key,
        page_versions=ground.eyes.page_versions(),
        rates=scenario.load,
    )


def _stage(ground: Ground, *, clock: Clock, pressure: Pressure) -> Stage:
    return Stage(
        deployment=ground.deployment,
        faults=ground.faults,
        eyes=ground.eyes,
        client=ground.eyes.client,
        pressure=pressure,
        clock=clock,
        progress=ground.progress,
        options=ground.options,
        by_force=ground.live,
    )

"""An interrupted scenario says whether everything was restored, and ends the drill. The report has what failed."""

from collections.abc import Mapping
from dataclasses import replace
from unittest.mock import create_autospec

import pytest

from standby.drill import operator_process, scenario_runner
from standby.drill.context import ScenarioContext
from standby.drill.live import LIVE_SCENARIOS
from standby.drill.load.process import LoadProcess
from standby.drill.measure.measures import Injection
from standby.drill.measure.records import Result
from standby.drill.observe.observer import Observer
from standby.drill.scenario_runner import DrillEnvironment, run_scenario
from standby.errors import InterruptedRunError
from tests.standby.drill.helpers import FakeDeployment, fake_context, request
from warm_standby.settings import Objectives

REFUSED = "(`standby failback` ended with exit code 3: its error): run `standby failback`"


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operator_process, "RETRY_PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(scenario_runner, "WARM_UP_SECONDS", 0.0)
    monkeypatch.setattr(ScenarioContext, "wait_until_answered", lambda *_, **__: True)


def interrupt(_: ScenarioContext) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    "codes,message",
    [
        ({}, "Interrupted. Everything was restored."),
        (
            {"failback": 3, "failback --force": 3},
            f"Interrupted. NOT restored: users in the primary region {REFUSED}",
        ),
    ],
)
def test_an_interruption_says_whether_everything_was_restored(codes: Mapping[str, int], message: str) -> None:
    scenario = replace(LIVE_SCENARIOS["live-api"], run=interrupt)
    context = fake_context(FakeDeployment(codes), force_failback=True)
    with pytest.raises(InterruptedRunError) as raised:
        scenario_runner._run_and_restore(scenario, context)  # noqa: SLF001 - the rest needs a deployment
    assert raised.value.message == message


def test_an_interruption_ends_the_drill_and_is_not_a_failed_scenario(monkeypatch: pytest.MonkeyPatch) -> None:
    def raise_interruption(*_: object) -> None:
        raise InterruptedRunError("Interrupted. Everything was restored.")

    monkeypatch.setattr(scenario_runner, "_run_under_load", raise_interruption)
    with pytest.raises(InterruptedRunError):
        run_scenario(LIVE_SCENARIOS["live-api"], fake_context(FakeDeployment({})))  # type: ignore[arg-type]  # not used


def test_the_report_lists_the_failed_requests_and_counts_a_page_that_the_fault_cut_off() -> None:
    load, observer = create_autospec(LoadProcess, instance=True), create_autospec(Observer, instance=True)
    load.requests.return_value = [request(at, result=Result.NO_ANSWER) for at in (4.0, 6.0)]
    observer.count_differing_site_files.return_value = 0
    environment = create_autospec(DrillEnvironment, instance=True, objectives=Objectives())
    context = replace(fake_context(FakeDeployment({})), load=load, observer=observer, injections=[Injection(3.9, 4.2)])
    report = scenario_runner._report(LIVE_SCENARIOS["live-pages"], context, environment, load_ended=9, reason="")  # noqa: SLF001 - the rest needs a deployment
    assert (report.measures.pages_cut, report.measures.pages_failed) == (1, 1)
    assert [failed.at for failed in report.failed_requests] == [4.0, 6.0]

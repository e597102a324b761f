"""An interrupted scenario says whether everything was restored, and ends the drill."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from standby.drill import operator_process, scenario_runner
from standby.drill.context import ScenarioContext
from standby.drill.live import LIVE_SCENARIOS
from standby.drill.scenario_runner import run_scenario
from standby.errors import InterruptedRunError
from tests.standby.drill.helpers import FakeDeployment, fake_context

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

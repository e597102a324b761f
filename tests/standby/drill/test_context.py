"""A scenario's context: the words of the timeline, the drill's monitor, and the periods of the faults."""

import threading
from collections.abc import Callable
from io import BytesIO
from types import SimpleNamespace
from typing import Any
from unittest.mock import call, create_autospec

import pytest
import urllib3

from standby.console import NullProgress
from standby.drill import context as context_module
from standby.drill.context import FAULT_STATES, ScenarioContext
from standby.drill.measure.records import Clock
from standby.errors import StandbyError
from standby.rehearsal.emulator.sickness import SickMode, Sickness
from standby.rehearsal.faults.faults import FAULT_KINDS

HEALTHY = b'{"status": "healthy"}'


def context_with(answer: Callable[[], urllib3.BaseHTTPResponse]) -> ScenarioContext:
    """Return the context of a deployment whose health endpoint answers in this way."""
    region = SimpleNamespace(region="us-west-2", health_url="https://west.example/prod/health")
    client = SimpleNamespace(request=lambda *_, **__: answer())
    faults = SimpleNamespace(set=lambda *_, **__: None, heal=lambda: None)
    parts: Any = {
        "deployment": SimpleNamespace(regions={"primary": region}),
        "faults": faults,
        "observer": SimpleNamespace(client=client),
        "load": None,
    }
    return ScenarioContext(**parts, clock=Clock(), progress=NullProgress(), options=())


def answer_of(status: int, body: bytes) -> Callable[[], urllib3.BaseHTTPResponse]:
    return lambda: urllib3.HTTPResponse(body=BytesIO(body), status=status)


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(context_module, "HEALTH_PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(context_module, "HEALTH_TIMEOUT_SECONDS", 0.1)
    monkeypatch.setattr(context_module, "DETECTION_SECONDS", 0.5)


def test_the_loss_of_the_identity_provider_is_a_step_and_an_event() -> None:
    context = context_with(answer_of(200, HEALTHY))
    progress = create_autospec(NullProgress, instance=True)
    context.progress = progress
    context.lose_identity_provider()
    assert progress.start.mock_calls == [call("Taking the identity provider off the network")]
    assert [(event.kind, event.text) for event in context.events] == [
        ("fault", "the identity provider refuses connections")
    ]


def test_the_timeline_has_words_for_every_fault() -> None:
    assert set(FAULT_STATES) == set(FAULT_KINDS)
    assert len(set(FAULT_STATES.values())) == len(FAULT_KINDS)


@pytest.mark.parametrize(
    "status,body",
    [(503, HEALTHY), (200, b"<html>We are sorry</html>"), (200, b""), (302, b""), (200, b'{"status": ["healthy"]}')],
)
def test_an_answer_that_is_not_one_of_health_is_an_outage(status: int, body: bytes) -> None:
    context = context_with(answer_of(status, body))
    context.detect_outage("primary")
    assert [event.kind for event in context.events] == ["detected"]


def test_an_answer_that_does_not_end_is_an_outage() -> None:
    ended = threading.Event()

    def hang() -> urllib3.BaseHTTPResponse:
        ended.wait(10)
        raise urllib3.exceptions.TimeoutError

    context = context_with(hang)
    context.detect_outage("primary")
    ended.set()


def test_a_healthy_region_has_no_outage() -> None:
    with pytest.raises(StandbyError, match="the fault had no effect"):
        context_with(answer_of(200, HEALTHY)).detect_outage("primary")


def test_a_region_that_is_sick_in_another_way_begins_another_period() -> None:
    context = context_with(answer_of(200, HEALTHY))
    modes: tuple[SickMode, ...] = ("html", "drip")
    for mode in modes:
        context.inject("sick", "primary", sickness=Sickness(mode=mode))
    context.inject("slow", "primary")
    context.heal()
    first, *others = context.fault_periods
    assert first.state == "answers nonsense (html)"
    assert [period.state for period in others] == ["answers nonsense (drip)", "slow"]
    assert first.ended == others[0].started
    assert [injection.started for injection in context.injections] == [event.at for event in context.events[:3]]
    assert all(injection.started <= injection.ended for injection in context.injections)
    assert [event.text for event in context.events][:2] == ["sick (html) in us-west-2", "sick (drip) in us-west-2"]

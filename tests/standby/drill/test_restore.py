"""After a scenario everything is put back as far as it can be, and what could not be is told, however it ended."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from standby.console import NullProgress
from standby.drill import context
from standby.drill import scenario_runner as runner
from standby.drill.context import ScenarioContext
from standby.drill.errors import NotPutBackError
from standby.drill.live import LIVE_SCENARIOS
from standby.drill.measure.records import Clock
from standby.drill.operator_process import LONGER, CommandProcess, CommandResult
from standby.drill.scenario_runner import play
from standby.drill.signals import hanging_up, undisturbed
from standby.drill.teardown import restore
from standby.errors import InterruptedRunError
from standby.operations.facts.collect import WHOLE_LISTING_SECONDS
from tests.constructs.plan import ROOT

pytestmark = pytest.mark.alone

PATIENCE = 600.0
"""How long `reconcile` waits for each Knowledge Base."""
DENIED = ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "PutBucketPolicy")


class Deployment:
    """Users are in the failover region; each command ends with the exit code that is given, else well."""

    def __init__(self, codes: Mapping[str, int], heals: Exception | None = None) -> None:
        self.codes, self.heals, self.asked = codes, heals, list[str]()

    def heal(self) -> None:
        if self.heals:
            raise self.heals

    def serving(self) -> str:
        return "failover"

    def rate(self, *_: object) -> None:
        raise BrokenPipeError  # the load has died

    def requests(self) -> list[object]:
        return []

    def command(self, *arguments: str) -> CommandResult:
        asked = " ".join(arguments)
        self.asked.append(asked)
        code = self.codes.get(asked, 0)
        return CommandResult(arguments=arguments, code=code, answer={}, stderr="it says why", began=0, ended=1)


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(context, "AGAIN_SECONDS", 0.0)
    monkeypatch.setattr(runner, "BEFORE_SECONDS", 0.0)
    monkeypatch.setattr(ScenarioContext, "until_answered", lambda *_, **__: True)


def staged(to: Deployment, *, by_force: bool = False) -> ScenarioContext:
    parts: Any = to
    made = ScenarioContext(
        deployment=parts,
        faults=parts,
        observer=parts,
        client=parts,
        load_process=parts,
        clock=Clock(),
        progress=NullProgress(),
        options=(),
        by_force=by_force,
    )
    object.__setattr__(made, "command", to.command)
    return made


def test_each_part_is_tried_whatever_became_of_the_one_before() -> None:
    to = Deployment({"reconcile": 1}, heals=DENIED)
    with pytest.raises(NotPutBackError) as raised:
        restore(staged(to))
    assert to.asked == ["reconcile"] * 4 + ["failback"]
    assert raised.value.message.startswith("NOT put back: the fault (ClientError: ")
    assert "both regions in step (`standby reconcile` ended with exit code 1: it says why)" in raised.value.message
    assert "users in" not in raised.value.message


def test_how_often_a_command_had_to_be_run_again_is_measured() -> None:
    well, ill = staged(Deployment({})), staged(Deployment({"reconcile": 1}))
    restore(well)
    with pytest.raises(NotPutBackError):
        restore(ill)
    assert (well.measured["commands_repeated"], ill.measured["commands_repeated"]) == (0, 3)


def test_what_could_not_be_put_back_comes_with_the_command_that_does() -> None:
    with pytest.raises(NotPutBackError, match=r"users in the primary region .*: run `standby failback`"):
        restore(staged(Deployment({"failback": 3})))


def test_real_users_are_taken_home_by_force_where_failing_back_is_refused() -> None:
    to = Deployment({"failback": 3})
    restore(staged(to, by_force=True))
    assert to.asked == ["reconcile", "failback", "failback --force"]
    assert not any("--force" in asked for asked in _asked_of_a_rehearsal())


def _asked_of_a_rehearsal() -> list[str]:
    to = Deployment({"failback": 3})
    with pytest.raises(NotPutBackError):
        restore(staged(to))
    return to.asked


def test_a_command_that_waits_itself_is_given_the_time_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[float | None] = []

    class Process:
        stdout = stderr = None

        def __init__(self, *_: object, **__: object) -> None:
            pass

        def wait(self, timeout: float | None = None) -> int:
            given.append(timeout)
            return 0

    monkeypatch.setattr(subprocess, "Popen", Process)
    for command in ("failover", "reconcile", "failback"):
        CommandProcess((command,), options=(), clock=Clock()).listen().wait()
    assert [seconds for seconds in given if seconds] == [90.0, LONGER["reconcile"], LONGER["failback"]]
    assert LONGER["reconcile"] >= WHOLE_LISTING_SECONDS + 2 * PATIENCE
    assert LONGER["failback"] > WHOLE_LISTING_SECONDS


REFUSED = "(`standby failback` ended with exit code 3: it says why): run `standby failback`"


def interrupted(_: ScenarioContext) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    "codes,told",
    [
        ({}, "Interrupted; everything was put back."),
        (
            {"failback": 3, "failback --force": 3},
            f"Interrupted; NOT put back: users in the primary region {REFUSED}",
        ),
    ],
)
def test_an_interruption_says_whether_everything_was_put_back(codes: Mapping[str, int], told: str) -> None:
    scenario = replace(LIVE_SCENARIOS["live-api"], play=interrupted)
    with pytest.raises(InterruptedRunError) as raised:
        runner._act(scenario, staged(Deployment(codes), by_force=True))  # noqa: SLF001 - the rest needs a deployment
    assert raised.value.message == told


def test_an_interruption_ends_the_drill_and_is_no_scenario_that_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    def playing(*_: object) -> None:
        raise InterruptedRunError("Interrupted; everything was put back.")

    monkeypatch.setattr(runner, "_play", playing)
    with pytest.raises(InterruptedRunError):
        play(LIVE_SCENARIOS["live-api"], staged(Deployment({})))  # type: ignore[arg-type]  # it is not looked at


LOST = """
import os, sys, time
from pathlib import Path
from rich.console import Console
from standby.drill.signals import hanging_up, undisturbed
from standby.cli.progress import ConsoleProgress

os.open(os.ttyname(0), os.O_RDWR)  # a session's first terminal is the one whose loss it is told
progress = ConsoleProgress(Console(stderr=True))
said, late = Path(sys.argv[1]), sys.argv[2] == "while putting back"

def go_on(seconds):
    said.write_text("ready")
    for _ in range(seconds * 100):
        progress.note("users go on")
        time.sleep(0.01)

with hanging_up(), progress.live():
    try:
        if not late:
            go_on(60)
    finally:
        with undisturbed(progress):
            progress.start("Putting everything back")
            if late:
                go_on(2)
            progress.note("almost")
            said.write_text("put back")
"""


@pytest.mark.parametrize("moment", ["while drilling", "while putting back"])
def test_a_terminal_that_is_lost_puts_everything_back(tmp_path: Path, moment: str) -> None:
    said = tmp_path / "said"
    ours, theirs = os.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", LOST, str(said), moment],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        cwd=ROOT,
    )
    os.close(theirs)
    try:
        deadline = time.monotonic() + 60
        while not said.exists():
            assert time.monotonic() < deadline
            time.sleep(0.05)
        os.close(ours)
        process.wait(timeout=60)
    finally:
        process.kill()
        process.wait()
    assert said.read_text() == "put back"


@contextmanager
def handled(number: signal.Signals, handler: signal.Handlers) -> Any:  # noqa: ANN401 - a generator
    before = signal.signal(number, handler)
    try:
        yield
    finally:
        signal.signal(number, before)


def test_under_nohup_a_terminal_that_is_lost_ends_nothing() -> None:
    with handled(signal.SIGHUP, signal.SIG_IGN), hanging_up(), undisturbed(NullProgress()):
        os.kill(os.getpid(), signal.SIGHUP)
        time.sleep(0.05)

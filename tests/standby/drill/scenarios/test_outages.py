"""Scenarios that need a claim of the commands: a command that crashed proves nothing."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from standby.drill.operator_process import CommandResult
from standby.errors import StandbyError
from standby.rehearsal.emulator.sickness import SICK_MODES, Sickness
from tests.standby.drill.scenarios.helpers import CRASHED, HEALTHY, PLANNED, FakeContext, run_scenario

NOT_READY = replace(CRASHED, code=3, document={"verdict": "not ready to fail over"})
REFUSED = replace(CRASHED, code=3, document={"result": "refused"})


@pytest.mark.parametrize(
    "status,failover,message",
    [
        (CRASHED, REFUSED, "`standby status` says None"),
        (HEALTHY, REFUSED, "`standby status` says 'ready'"),
        (NOT_READY, CRASHED, "was not refused: exit code 1: Traceback"),
        (NOT_READY, PLANNED, "was not refused: exit code 0"),
    ],
    ids=["status crashed", "status says ready", "failover crashed", "failover would run"],
)
def test_both_commands_report_a_lost_standby_or_the_scenario_fails(
    status: CommandResult, failover: CommandResult, message: str
) -> None:
    with pytest.raises(StandbyError) as raised:
        run_scenario("standby-lost", FakeContext({"status": status, "failover": failover}))
    assert message in raised.value.message


def test_a_lost_standby_that_both_commands_report_passes() -> None:
    run_scenario("standby-lost", FakeContext({"status": NOT_READY, "failover": REFUSED}))


class HalfDeadContext(FakeContext):
    """A context that records the modes of the sick region and the options of the failover."""

    def __init__(self, results: dict[str, CommandResult]) -> None:
        super().__init__(results)
        self.modes: list[str] = []
        self.failovers: list[tuple[str, ...]] = []

    def start_command(self, name: str, *_: str) -> Callable[[], CommandResult]:
        return lambda: self.results[name]

    def inject(self, _kind: str, _role: str, *, sickness: Sickness) -> None:
        self.modes.append(sickness.mode)

    def failover(self, *options: str) -> None:
        self.failovers.append(options)


DEGRADED = replace(CRASHED, code=3, document={"verdict": "degraded", "reasons": ["us-west-2 answers nonsense"]})


@pytest.mark.parametrize(
    "status,failover,message",
    [
        (CRASHED, PLANNED, "html: `standby status` does not report us-west-2; it says None"),
        (HEALTHY, PLANNED, "it says 'ready'"),
        (replace(DEGRADED, document={"verdict": "degraded", "reasons": ["a cold"]}), PLANNED, "['a cold']"),
        (DEGRADED, CRASHED, "html: `standby failover --dry-run` shows no plan: exit code 1: Traceback"),
        (DEGRADED, REFUSED, "shows no plan: exit code 3"),
    ],
    ids=["status crashed", "status says ready", "region not named", "failover crashed", "failover refused"],
)
def test_a_half_dead_region_is_reported_in_each_mode_or_the_scenario_fails(
    status: CommandResult, failover: CommandResult, message: str
) -> None:
    with pytest.raises(StandbyError) as raised:
        run_scenario("region-half-dead", HalfDeadContext({"status": status, "failover": failover}))
    assert message in raised.value.message


def test_a_half_dead_region_is_left_by_force_while_it_drips() -> None:
    context = HalfDeadContext({"status": DEGRADED, "failover": PLANNED})
    run_scenario("region-half-dead", context)
    assert sorted(context.modes) == sorted(SICK_MODES)
    assert context.modes[-1] == "drip"
    assert context.failovers == [("--force",)]

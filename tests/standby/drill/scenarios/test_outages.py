"""The scenario of a lost standby proves its claim: a command that crashed proves nothing."""

from dataclasses import replace

import pytest

from standby.drill.operator_process import CommandResult
from standby.errors import StandbyError
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

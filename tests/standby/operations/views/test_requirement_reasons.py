"""Every requirement that does not hold is a reason, names its region, and has a next command."""

import pytest

from standby.deployment.concurrency import Unavailable
from standby.operations.facts.readiness import REQUIREMENTS, Requirement
from standby.operations.views.verdict import assess_state
from tests.standby.helpers import EAST
from tests.standby.states import region, state

FAULT = "is wrong"
REFUSED = Unavailable("answers AccessDenied")
SILENT = Unavailable("does not answer (time-out after 2 s)", unreachable=True)
RUNNING = Unavailable("is still running after 2 s", is_running=True)
BLOCKING = ("manifest", "configWrite", "journalRead", "journalWrite", "siteOrigin", "siteFiles", "functions")


def test_a_region_whose_requirements_all_hold_is_ready() -> None:
    assert (
        assess_state(state(failover=region("failover", requirements=dict.fromkeys(REQUIREMENTS, "")))).name == "ready"
    )


@pytest.mark.parametrize("result", [FAULT, REFUSED, RUNNING], ids=["wrong", "refused", "running"])
@pytest.mark.parametrize("name", REQUIREMENTS)
def test_a_requirement_that_does_not_hold_is_named_with_its_region_and_a_next_command(
    name: Requirement, result: str | Unavailable
) -> None:
    verdict = assess_state(state(failover=region("failover", requirements={name: result})))
    assert verdict.name != "ready"
    assert any(EAST in reason and str(result) in reason for reason in verdict.reasons)
    assert verdict.next


@pytest.mark.parametrize("name", BLOCKING)
def test_without_what_serves_users_a_failover_is_not_possible(name: Requirement) -> None:
    for result in (FAULT, REFUSED):
        verdict = assess_state(state(failover=region("failover", requirements={name: result})))
        assert verdict.name == "not ready to fail over"
    late = assess_state(state(failover=region("failover", requirements={name: RUNNING})))
    assert late.name == "degraded"


def test_requirements_that_a_silent_service_left_unknown_share_one_reason() -> None:
    unknown = dict.fromkeys(REQUIREMENTS, SILENT)
    reasons = assess_state(state(failover=region("failover", requirements=unknown))).reasons
    (shared,) = [reason for reason in reasons if str(SILENT) in reason]
    assert all(name in shared for name in REQUIREMENTS)

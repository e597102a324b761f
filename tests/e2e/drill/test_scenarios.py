"""Every scenario of the drill on the rehearsal, except for the long one (`test_browser_scenario.py`)."""

import pytest

from standby.drill.measure.records import Outcome
from standby.drill.scenario_runner import NO_AUTOMATIC, NO_DNS, NO_SIGN_IN
from standby.drill.scenarios.catalog import SCENARIOS
from standby.rehearsal.rehearsal import Rehearsal
from tests.e2e.drill.helpers import LONG, missed, run_one

SIGN_IN = tuple(name for name, scenario in SCENARIOS.items() if scenario.needs_sign_in)
AUTOMATIC = tuple(name for name, scenario in SCENARIOS.items() if scenario.needs_automatic)
NAMED = tuple(name for name, scenario in SCENARIOS.items() if scenario.needs_dns)


def require_objectives(rehearsal: Rehearsal, name: str) -> None:
    report = run_one(rehearsal, name)
    failed = "\n".join(map(str, report.failed_requests))
    assert (report.result, report.reason, missed(report)) == (Outcome.PASSED, "", {}), failed


@pytest.mark.parametrize("name", [name for name in SCENARIOS if name not in {LONG, *SIGN_IN, *AUTOMATIC, *NAMED}])
def test_a_scenario_meets_every_objective(rehearsal: Rehearsal, name: str) -> None:
    require_objectives(rehearsal, name)


@pytest.mark.parametrize("name", SIGN_IN)
def test_a_scenario_with_sign_in_meets_every_objective(signed_in_rehearsal: Rehearsal, name: str) -> None:
    require_objectives(signed_in_rehearsal, name)


@pytest.mark.parametrize("name", NAMED)
def test_a_scenario_of_a_name_in_dns_is_skipped_with_its_reason_where_there_is_none(
    rehearsal: Rehearsal, name: str
) -> None:
    report = run_one(rehearsal, name)
    assert (report.result, report.reason) == (Outcome.SKIPPED, NO_DNS)


@pytest.mark.parametrize("name", AUTOMATIC)
def test_a_scenario_of_the_controller_is_skipped_with_its_reason_where_there_is_none(
    rehearsal: Rehearsal, name: str
) -> None:
    report = run_one(rehearsal, name)
    assert (report.result, report.reason) == (Outcome.SKIPPED, NO_AUTOMATIC)


@pytest.mark.parametrize("name", SIGN_IN)
def test_a_scenario_with_sign_in_is_skipped_with_its_reason_where_users_do_not_sign_in(
    rehearsal: Rehearsal, name: str
) -> None:
    report = run_one(rehearsal, name)
    assert (report.result, report.reason) == (Outcome.SKIPPED, NO_SIGN_IN)

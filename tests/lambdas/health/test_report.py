import pytest

from health.report import CachedReport, Report, make_report
from shared.api import Response
from tests.lambdas.health.helpers import raising
from tests.lambdas.helpers import client_error


def test_one_failed_check_makes_the_region_degraded() -> None:
    checks = {"good": lambda: None, "bad": raising(client_error("NoSuchBucket"))}
    report = make_report(checks, region="us-west-2", deadline_seconds=1)
    assert report.response.status == 503
    assert report.response.body["status"] == "degraded"
    assert report.healthy_percent == 50
    assert report.failed == ("bad",)


@pytest.mark.parametrize("status", [200, 503])
def test_a_report_is_cached_for_five_seconds_healthy_or_not(status: int) -> None:
    clock = [100.0]
    made: list[Report] = []

    def make() -> Report:
        response = Response(status=status, body={"n": len(made)})
        made.append(Report(response=response, failed=(), healthy_percent=100, checked_at=clock[0]))
        return made[-1]

    cached = CachedReport(make, clock=lambda: clock[0])
    assert cached.get() == (made[0], True)
    clock[0] = 104.9
    assert cached.get() == (made[0], False)
    clock[0] = 105.0
    assert cached.get() == (made[1], True)

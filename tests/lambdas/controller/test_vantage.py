"""What the controller's own requests say of the primary region."""

from unittest.mock import call, create_autospec

import pytest

from controller import vantage
from controller.settings import ControlledDeployment, ControlledRegion, ControlledSite
from controller.vantage import Answer, see_from_here
from standby_protocol.deployment import ROLES

REGIONS = {
    role: ControlledRegion(role=role, region=f"{role}-region", api_url=f"https://{role}/prod/", frontend_bucket="b")
    for role in ROLES
}
DEPLOYMENT = ControlledDeployment(regions=REGIONS, site=ControlledSite(url="https://site", api_fallback=True))
WELL = Answer(status=200, document={"status": "healthy", "region": "primary-region"})
NONE = Answer(status=0)


def test_the_second_request_waits_longer_so_a_slow_region_is_not_a_lost_one(monkeypatch: pytest.MonkeyPatch) -> None:
    get = create_autospec(vantage.get, side_effect=[NONE, WELL])
    monkeypatch.setattr(vantage, "get", get)
    assert see_from_here(DEPLOYMENT) == "healthy"
    assert get.call_args_list == [call("https://primary/prod/health", seconds=seconds) for seconds in (5.0, 15.0)]


@pytest.mark.parametrize(
    "answer",
    [
        NONE,
        Answer(status=429),
        Answer(status=503, document={"status": "degraded", "region": "primary-region"}),
        Answer(status=200, document={"status": "healthy", "region": "failover-region"}),
    ],
)
def test_two_other_answers_are_a_failure(monkeypatch: pytest.MonkeyPatch, answer: Answer) -> None:
    monkeypatch.setattr(vantage, "get", create_autospec(vantage.get, return_value=answer))
    assert see_from_here(DEPLOYMENT) == "failed"

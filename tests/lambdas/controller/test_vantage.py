"""What the controller's own requests say of the primary region."""

import io
import urllib.error
from email.message import Message
from unittest.mock import call, create_autospec

import pytest

from controller import vantage
from controller.settings import ControlledDeployment, ControlledRegion, ControlledSite
from controller.vantage import Answer, see_from_here, see_from_the_edge
from standby_protocol.automatic import Verdict
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


PRIMARY_PAGE = Answer(status=200, document={"role": "primary"})
FAILOVER_PAGE = Answer(status=200, document={"role": "failover"})


@pytest.mark.parametrize(
    "primary,failover,verdict",
    [
        (PRIMARY_PAGE, FAILOVER_PAGE, "healthy"),
        (PRIMARY_PAGE, NONE, "healthy"),
        (FAILOVER_PAGE, FAILOVER_PAGE, "unknown"),
        (Answer(status=200), FAILOVER_PAGE, "unknown"),
        (Answer(status=403), FAILOVER_PAGE, "unknown"),
        (Answer(status=503), FAILOVER_PAGE, "failed"),
        (NONE, FAILOVER_PAGE, "failed"),
        (NONE, PRIMARY_PAGE, "unknown"),
        (NONE, NONE, "unknown"),
    ],
)
def test_the_edge_says_failed_only_if_it_works_for_the_other_region(
    monkeypatch: pytest.MonkeyPatch, primary: Answer, failover: Answer, verdict: Verdict
) -> None:
    asked: list[tuple[str, float]] = []

    def get(url: str, *, seconds: float) -> Answer:
        asked.append((url, seconds))
        return primary if url.endswith("/origin-check/primary.json") else failover

    monkeypatch.setattr(vantage, "get", get)
    assert see_from_the_edge(DEPLOYMENT) == verdict
    once = {(f"https://site/origin-check/{role}.json", vantage.EDGE_SECONDS) for role in ROLES}
    assert set(asked) == once
    assert len(asked) == 2 if verdict == "healthy" else 2 * vantage.EDGE_ATTEMPTS


@pytest.mark.parametrize(
    "opened,answer",
    [
        (b'{"a": 1}', Answer(status=200, document={"a": 1})),
        (b"<html>", Answer(status=200)),
        (b"[" * 100_000, Answer(status=200)),
        (urllib.error.HTTPError("u", 503, "no", Message(), None), Answer(status=503)),
        (urllib.error.URLError("no"), NONE),
        (TimeoutError(), NONE),
    ],
)
def test_a_request_never_raises(monkeypatch: pytest.MonkeyPatch, opened: bytes | Exception, answer: Answer) -> None:
    class Response(io.BytesIO):
        status = 200

    def urlopen(url: str, *, timeout: float) -> Response:
        assert (url, timeout) == ("https://a", 3.0)
        if isinstance(opened, Exception):
            raise opened
        return Response(opened)

    monkeypatch.setattr("urllib.request.urlopen", urlopen)
    assert vantage.get("https://a", seconds=3.0) == answer

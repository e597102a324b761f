"""The page tells a slow answer, or a saturated uplink, from a dead region, and sends few requests to find out."""

import re
from collections.abc import Callable
from itertools import pairwise
from typing import Final

import pytest

from standby.rehearsal.faults.faults import Faults
from standby.rehearsal.rehearsal import Rehearsal
from tests.browser.conftest import Visit
from tests.browser.helpers import Visitor, hold_requests, text_file
from tests.e2e.helpers import Document

MAX_WAIT: Final = 5.0
QUESTION: Final = "What about annual leave?"
OWN_REQUESTS: Final = ("/health", "/config.json")


def answer_health(visitor: Visitor, pattern: str, *, status: int) -> None:
    """Answer the pattern with this status."""
    headers = {"Access-Control-Allow-Origin": visitor.url}
    body = {"status": "degraded", "region": "somewhere", "error": {"code": "x", "message": "Not now."}}
    visitor.page.route(pattern, lambda route: route.fulfill(status=status, json=body, headers=headers))


@pytest.mark.parametrize("status", [503, 429, 403])
def test_an_api_that_responds_is_not_dead_whatever_its_health_is(
    visit: Visit, rehearsal: Rehearsal, status: int
) -> None:
    visitor = visit()
    answer_health(visitor, "**/prod/health", status=status)
    _, release = hold_requests(visitor, "**/prod/docs")
    article = visitor.submit(QUESTION)
    visitor.page.wait_for_timeout(3000)
    release()
    article.locator(".answer").wait_for()
    assert visitor.region == rehearsal.deployment.regions["primary"].region
    assert len(visitor.requests_to("/docs")) == 1
    assert len(visitor.requests_to("/health")) == 1


@pytest.mark.alone
def test_an_unhealthy_api_that_responds_is_used_instead_of_a_dead_one(visit: Visit, rehearsal: Rehearsal) -> None:
    visitor = visit()
    answer_health(visitor, "**/prod/health", status=503)
    Faults(rehearsal).set("region-down", "primary")
    assert visitor.ask(QUESTION).seconds <= MAX_WAIT
    assert visitor.region == rehearsal.deployment.regions["failover"].region


def test_a_question_that_fails_in_every_region_is_offered_again(visit: Visit) -> None:
    visitor = visit(clock=True)
    answer_health(visitor, "**/prod/*", status=503)
    again = visitor.submit(QUESTION).get_by_role("button", name="Ask again")

    def is_offered() -> bool:
        visitor.page.clock.fast_forward(1000)
        return again.is_visible()

    visitor.wait_until(is_offered, what="the question is offered again")
    assert len(visitor.requests_to("/docs")) == 4


@pytest.mark.alone
def test_uploads_do_not_delay_the_answer_to_a_question_when_the_region_hangs(
    visit: Visit, rehearsal: Rehearsal, record_property: Callable[[str, object], None]
) -> None:
    visitor = visit()
    documents = [Document() for _ in range(3)]
    visitor.limit_upload(100_000)
    visitor.upload(*(text_file(document.name, b"x " * 200_000) for document in documents))
    bars = visitor.page.locator("progress")
    visitor.wait_until(
        lambda: bars.evaluate_all("bars => bars.length === 3 && bars.every(bar => bar.value > 0)"),
        what="all files are being sent",
    )
    Faults(rehearsal).set("region-black-hole", "primary")
    before = len(visitor.requests)
    wait = visitor.ask(QUESTION).seconds
    extra = [request.url for _, request in visitor.requests[before:] if request.url.endswith(OWN_REQUESTS)]
    record_property("longest wait in seconds", round(wait, 2))
    assert wait <= MAX_WAIT
    assert len(extra) <= 3, extra


def test_an_upload_to_a_region_that_hangs_goes_to_the_other_one(visit: Visit, rehearsal: Rehearsal) -> None:
    visitor, document = visit(clock=True), Document()
    hold_requests(visitor, f"https://{rehearsal.deployment.regions['primary'].documents_bucket}.*/**")
    visitor.upload(text_file(document.name, document.content))
    visitor.wait_for_state(document.name, "Uploading")
    Faults(rehearsal).set("region-black-hole", "primary")
    sent = visitor.document(document.name).locator(".state").filter(has_text=re.compile("Uploaded|Processing|Ready"))

    def is_sent() -> bool:
        visitor.page.clock.fast_forward(1000)
        return sent.is_visible()

    visitor.wait_until(is_sent, what="the upload")
    assert visitor.region == rehearsal.deployment.regions["failover"].region


def test_a_file_that_saturates_the_uplink_does_not_make_the_region_count_as_dead(visit: Visit) -> None:
    visitor, document = visit(), Document()
    hold_requests(visitor, "**/prod/health")
    _, release = hold_requests(visitor, "**/*-docs-*/**")
    visitor.upload(text_file(document.name, document.content))
    visitor.wait_for_state(document.name, "Uploading")
    visitor.page.wait_for_timeout(3500)
    release()
    visitor.wait_for_state(document.name, "Ready")
    assert len(visitor.requests_to("/upload")) == 1


def test_during_a_slow_answer_health_is_requested_once_in_five_seconds(visit: Visit) -> None:
    visitor = visit()
    _, release = hold_requests(visitor, "**/prod/docs")
    before = len(visitor.requests)
    article = visitor.submit(QUESTION)
    visitor.page.wait_for_timeout(7000)
    release()
    article.locator(".answer").wait_for()
    extra = [at for at, request in visitor.requests[before:] if request.url.endswith(OWN_REQUESTS)]
    assert 1 <= len(extra) <= 2
    assert all(later - earlier > 4.5 for earlier, later in pairwise(extra))

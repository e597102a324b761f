"""How the page tells a slow answer, or a full line, from a dead region, and what it asks for meanwhile."""

import re
from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import pytest

from standby.rehearsal.core import Rehearsal
from standby.rehearsal.faults import Faults
from tests.browser.conftest import Visit
from tests.browser.helpers import Visitor, text_file
from tests.e2e.e2e_support import Document

if TYPE_CHECKING:
    from playwright.sync_api import Route

LONGEST_WAIT: Final = 5.0
QUESTION: Final = "What about annual leave?"
EXTRA: Final = ("/health", "/config.json")


def hold(visitor: Visitor, pattern: str) -> Callable[[], None]:
    """Hold up the requests of a pattern; return what lets them go on, and those that come later."""
    held: list[Route] = []
    visitor.page.route(pattern, lambda route: held.append(route))  # noqa: PLW0108 - Playwright takes no built-in

    def release() -> None:
        for route in held:
            route.continue_()
        visitor.page.unroute(pattern)

    return release


def say_of_health(visitor: Visitor, pattern: str, *, status: int) -> None:
    """Have /health answer so."""
    headers = {"Access-Control-Allow-Origin": visitor.url}
    body = {"status": "degraded", "region": "somewhere", "error": {"code": "x", "message": "Not now."}}
    visitor.page.route(pattern, lambda route: route.fulfill(status=status, json=body, headers=headers))


@pytest.mark.parametrize("status", [503, 429, 403])
def test_an_api_that_answers_is_not_dead_whatever_its_health_says(
    visit: Visit, rehearsal: Rehearsal, status: int
) -> None:
    visitor = visit()
    say_of_health(visitor, "**/prod/health", status=status)
    release = hold(visitor, "**/prod/docs")
    article = visitor.begin(QUESTION)
    visitor.page.wait_for_timeout(3000)
    release()
    article.locator(".answer").wait_for()
    assert visitor.region == rehearsal.deployment.regions["primary"].region
    assert len(visitor.asked_for("/docs")) == 1
    assert len(visitor.asked_for("/health")) == 1


@pytest.mark.alone
def test_an_api_that_is_not_well_and_answers_is_better_than_none(visit: Visit, rehearsal: Rehearsal) -> None:
    visitor = visit()
    say_of_health(visitor, "**/prod/health", status=503)
    Faults(rehearsal).set("region-down", "primary")
    assert visitor.ask(QUESTION).seconds <= LONGEST_WAIT
    assert visitor.region == rehearsal.deployment.regions["failover"].region


def test_a_question_that_every_region_answers_with_an_error_is_given_back(visit: Visit) -> None:
    visitor = visit(clock=True)
    say_of_health(visitor, "**/prod/*", status=503)
    again = visitor.begin(QUESTION).get_by_role("button", name="Ask again")

    def given_back() -> bool:
        visitor.page.clock.fast_forward(1000)
        return again.is_visible()

    visitor.until(given_back, what="the question")
    assert len(visitor.asked_for("/docs")) == 4


@pytest.mark.alone
def test_uploads_beside_a_question_do_not_hold_up_its_answer_when_the_region_hangs(
    visit: Visit, rehearsal: Rehearsal, record_property: Callable[[str, object], None]
) -> None:
    visitor = visit()
    documents = [Document() for _ in range(3)]
    visitor.upload_at(100_000)
    visitor.upload(*(text_file(document.name, b"x " * 200_000) for document in documents))
    bars = visitor.page.locator("progress")
    visitor.until(
        lambda: bars.evaluate_all("bars => bars.length === 3 && bars.every(bar => bar.value > 0)"), what="sent"
    )
    Faults(rehearsal).set("region-black-hole", "primary")
    before = len(visitor.requests)
    waited = visitor.ask(QUESTION).seconds
    extra = [request.url for _, request in visitor.requests[before:] if request.url.endswith(EXTRA)]
    record_property("longest wait in seconds", round(waited, 2))
    assert waited <= LONGEST_WAIT
    assert len(extra) <= 3, extra


def test_an_upload_that_the_region_keeps_waiting_goes_to_the_other_one(visit: Visit, rehearsal: Rehearsal) -> None:
    visitor, document = visit(clock=True), Document()
    hold(visitor, f"https://{rehearsal.deployment.regions['primary'].documents_bucket}.*/**")
    visitor.upload(text_file(document.name, document.content))
    visitor.wait_until(document.name, "Uploading")
    Faults(rehearsal).set("region-black-hole", "primary")
    sent = visitor.document(document.name).locator(".state").filter(has_text=re.compile("Uploaded|ingested|Ready"))

    def forwarded() -> bool:
        visitor.page.clock.fast_forward(1000)
        return sent.is_visible()

    visitor.until(forwarded, what="the upload")
    assert visitor.region == rehearsal.deployment.regions["failover"].region


def test_a_line_that_a_file_fills_is_not_taken_for_a_dead_region(visit: Visit) -> None:
    visitor, document = visit(), Document()
    hold(visitor, "**/prod/health")
    release = hold(visitor, "**/*-docs-*/**")
    visitor.upload(text_file(document.name, document.content))
    visitor.wait_until(document.name, "Uploading")
    visitor.page.wait_for_timeout(3500)
    release()
    visitor.wait_until(document.name, "Ready")
    assert len(visitor.asked_for("/upload")) == 1


def test_beside_a_slow_answer_health_is_asked_for_once_in_five_seconds(visit: Visit) -> None:
    visitor = visit()
    release = hold(visitor, "**/prod/docs")
    before = len(visitor.requests)
    article = visitor.begin(QUESTION)
    visitor.page.wait_for_timeout(7000)
    release()
    article.locator(".answer").wait_for()
    extra = [at for at, request in visitor.requests[before:] if request.url.endswith(EXTRA)]
    assert 1 <= len(extra) <= 2
    assert all(later - earlier > 4.5 for earlier, later in pairwise(extra))

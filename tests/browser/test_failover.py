"""The effect of a region's failure on a user, with and without an operator."""

import subprocess
import sys
import time
from collections.abc import Callable
from itertools import pairwise
from typing import Final
from urllib.parse import urlsplit

import pytest

from standby.deployment.manifest import Role
from standby.rehearsal.faults.faults import FaultKind, Faults
from standby.rehearsal.rehearsal import Rehearsal
from tests.browser.conftest import Visit
from tests.browser.helpers import (
    Config,
    Visitor,
    answer_with,
    hold_requests,
    stored_documents,
    text_file,
    wait_for,
    write_config,
)
from tests.e2e.helpers import ROOT, Document, cites

MAX_WAIT: Final = 5.0
STANDBY_LINE: Final = "A backup location answers. New documents may be missing."
OUTAGE_LINE: Final = "The service is not responding"


def region(rehearsal: Rehearsal, role: Role) -> str:
    return rehearsal.deployment.regions[role].region


def waiting_times(visitor: Visitor, count: int) -> list[float]:
    return [visitor.ask(f"What about annual leave, year {number}?").seconds for number in range(count)]


def operate(rehearsal: Rehearsal, command: str) -> None:
    """Run an operator's command as its own process."""
    arguments = ["--directory", str(rehearsal.paths.directory), command, "--yes", "--reason", "browser test"]
    result = subprocess.run(
        [sys.executable, "-m", "standby", *arguments], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.alone
@pytest.mark.parametrize("kind", ["region-down", "region-black-hole", "api-errors", "knowledge-base-denied"])
def test_when_the_primary_fails_every_question_is_answered_within_five_seconds(
    visit: Visit, rehearsal: Rehearsal, kind: FaultKind, record_property: Callable[[str, object], None]
) -> None:
    visitor = visit()
    waiting_times(visitor, 2)
    Faults(rehearsal).set(kind, "primary")
    longest = max(waiting_times(visitor, 5))
    record_property("longest wait in seconds", round(longest, 2))
    assert longest <= MAX_WAIT
    assert visitor.region == region(rehearsal, "failover")
    assert visitor.status_line == STANDBY_LINE


@pytest.mark.alone
def test_a_question_in_flight_when_the_region_fails_is_asked_again_and_answered(
    visit: Visit, rehearsal: Rehearsal
) -> None:
    visitor = visit()
    Faults(rehearsal).set("slow", "primary", milliseconds=700)
    started = time.monotonic()
    article = visitor.submit("What about annual leave?")
    visitor.page.wait_for_timeout(300)
    Faults(rehearsal).set("region-down", "primary")
    article.locator(".answer").wait_for()
    assert time.monotonic() - started <= MAX_WAIT
    assert len(visitor.page.locator("article").all()) == 1


def test_after_a_failover_a_follow_up_question_keeps_its_context(visit: Visit, rehearsal: Rehearsal) -> None:
    visitor = visit()
    document = Document()
    visitor.upload(text_file(document.name, document.content))
    visitor.wait_for_state(document.name, "Ready")
    visitor.ask(document.question)
    key = stored_documents(visitor)[0]["key"]
    wait_for(lambda: cites(rehearsal, "failover", document, key), what="the replica is ingested", seconds=60)
    Faults(rehearsal).set("region-down", "primary")
    follow_up = visitor.ask("And how long does it take?")
    assert follow_up.region == region(rehearsal, "failover")
    assert document.name in follow_up.sources


def test_after_a_failover_and_a_failback_no_question_of_an_open_page_goes_to_the_region_that_was_left(
    visit: Visit, rehearsal: Rehearsal
) -> None:
    visitor = visit(clock=True)
    # Each region answers at once: after a few seconds without an answer, the page would ask the other one.
    answer_with(visitor, "Thirty days.")
    visitor.ask("What about annual leave?")
    left = region(rehearsal, "primary")
    moves: tuple[tuple[str, Role], ...] = (("failover", "failover"), ("failback", "primary"))
    for command, role in moves:
        operate(rehearsal, command)
        visitor.page.clock.run_for(5_100)
        before = len(visitor.requests)
        assert visitor.ask("What about annual leave?").region == region(rehearsal, role)
        urls = [request.url for _, request in visitor.requests[before:]]
        assert not any(urlsplit(url).hostname == api_host(rehearsal, left) for url in urls)
        left = region(rehearsal, role)
        assert visitor.region == left


def api_host(rehearsal: Rehearsal, name: str) -> str | None:
    regions = rehearsal.deployment.regions.values()
    return next(urlsplit(found.api_url).hostname for found in regions if found.region == name)


def test_two_questions_within_five_seconds_look_at_config_json_once(visit: Visit) -> None:
    visitor = visit()
    visitor.page.wait_for_timeout(5_100)
    before = len(visitor.requests)
    waiting_times(visitor, 2)
    looks = [request for _, request in visitor.requests[before:] if request.url.endswith("/config.json")]
    assert len(looks) == 1


def test_a_config_json_that_hangs_delays_a_question_by_a_second_at_most(visit: Visit) -> None:
    visitor = visit()
    visitor.ask("What about annual leave?")
    visitor.page.wait_for_timeout(5_100)
    _, release = hold_requests(visitor, "**/config.json")
    assert visitor.ask("What about annual leave?").seconds < MAX_WAIT
    release()


def test_every_open_page_follows_a_failover_and_a_failback_without_a_reload_within_75_seconds(
    visit: Visit, rehearsal: Rehearsal
) -> None:
    visitors = [visit(clock=True) for _ in range(2)]
    for visitor in visitors:
        visitor.page.evaluate("window.neverReloaded = true")
        answer_with(visitor, "Thirty days.")
    moves: tuple[tuple[str, Role], ...] = (("failover", "failover"), ("failback", "primary"))
    for command, role in moves:
        operate(rehearsal, command)
        for visitor in visitors:
            visitor.page.clock.fast_forward(70_000)
            visitor.wait_for_region(region(rehearsal, role), seconds=5)
            assert visitor.page.evaluate("window.neverReloaded")
            assert visitor.status_line == (STANDBY_LINE if role == "failover" else "")
            assert visitor.ask("What about annual leave?").region == region(rehearsal, role)


def test_in_an_outage_the_page_keeps_the_question_retries_slowly_and_answers_it_after_recovery(
    visit: Visit, rehearsal: Rehearsal
) -> None:
    visitor = visit()
    for role in rehearsal.deployment.regions:
        Faults(rehearsal).set("region-down", role)
    article = visitor.submit("What about annual leave?")
    visitor.wait_for_status(OUTAGE_LINE)
    before = len(visitor.requests)
    visitor.page.wait_for_timeout(11_000)
    times = [at for at, _ in visitor.requests[before:]]
    assert 1 <= len(times) <= 3
    assert all(later - earlier > 4.5 for earlier, later in pairwise(times))
    Faults(rehearsal).heal()
    article.get_by_role("button", name="Try now").click()
    article.locator(".answer").wait_for()
    assert visitor.page.locator("article").count() == 1


def test_without_a_network_the_page_says_that_it_is_offline_and_asks_when_it_is_back(visit: Visit) -> None:
    visitor = visit()
    visitor.page.context.set_offline(True)
    article = visitor.submit("What about annual leave?")
    article.get_by_text("You are offline. Your question is kept").wait_for()
    visitor.wait_for_status("You are offline")
    visitor.page.context.set_offline(False)
    article.locator(".answer").wait_for()
    assert visitor.status_line == ""


def test_a_hidden_page_sends_no_requests(visit: Visit, rehearsal: Rehearsal) -> None:
    visitor = visit(clock=True)
    visitor.page.evaluate(
        """Object.defineProperty(document, "visibilityState", {get: () => window.isVisible ? "visible" : "hidden"});
        document.dispatchEvent(new Event("visibilitychange"))"""
    )
    before = len(visitor.requests)
    visitor.page.clock.fast_forward(600_000)
    visitor.page.wait_for_timeout(300)
    assert len(visitor.requests) == before
    visitor.page.evaluate("window.isVisible = true; document.dispatchEvent(new Event('visibilitychange'))")
    visitor.wait_until(lambda: len(visitor.requests) > before, what="config.json is read again")


def test_a_page_that_failed_over_fails_back_once_the_configured_region_is_healthy(
    visit: Visit, rehearsal: Rehearsal
) -> None:
    visitor = visit(clock=True)
    Faults(rehearsal).set("region-down", "primary")
    visitor.ask("What about annual leave?")
    visitor.wait_for_status(STANDBY_LINE)
    Faults(rehearsal).heal()

    def is_back() -> bool:
        visitor.page.clock.fast_forward(20_000)
        visitor.page.wait_for_timeout(200)
        return visitor.status_line == ""

    visitor.wait_until(is_back, what="the page uses the configured region")
    answer_with(visitor, "Thirty days.")
    assert visitor.ask("What about annual leave?").region == region(rehearsal, "primary")


def test_without_a_fallback_api_the_question_waits_for_the_operator(visit: Visit, rehearsal: Rehearsal) -> None:
    primary, failover = (rehearsal.deployment.regions[role] for role in ("primary", "failover"))
    write_config(rehearsal, {"apiUrl": primary.api_url, "region": primary.region, "generation": 1_000_000})
    visitor = visit()
    Faults(rehearsal).set("region-down", "primary")
    article = visitor.submit("What about annual leave?")
    visitor.wait_for_status(OUTAGE_LINE)
    failed_over: Config = {
        "apiUrl": failover.api_url,
        "region": failover.region,
        "role": "failover",
        "generation": 1_000_001,
    }
    write_config(rehearsal, failed_over)
    article.locator(".answer").wait_for()
    assert visitor.region == failover.region

"""What a person notices while a region dies, with nobody at the controls and with an operator."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import pairwise
from typing import Final

import pytest

from standby.manifest import Role
from standby.rehearsal.core import Rehearsal
from standby.rehearsal.faults import FaultKind, Faults
from tests.browser.conftest import Visit
from tests.browser.helpers import Config, Visitor, text_file, wait_for, write_config
from tests.e2e.e2e_support import ROOT, Document, cites

LONGEST_WAIT: Final = 5.0
STANDBY_LINE: Final = "Answering from the standby region"
NOBODY_LINE: Final = "No region answers"


def region(rehearsal: Rehearsal, role: Role) -> str:
    return rehearsal.deployment.regions[role].region


def waits(visitor: Visitor, count: int) -> list[float]:
    return [visitor.ask(f"What about annual leave, year {number}?").seconds for number in range(count)]


def operate(rehearsal: Rehearsal, command: str) -> None:
    """Run the operator's command, as an operator does."""
    arguments = ["--directory", str(rehearsal.layout.directory), command, "--yes", "--reason", "browser test"]
    done = subprocess.run(
        [sys.executable, "-m", "standby", *arguments], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.alone
@pytest.mark.parametrize("kind", ["region-down", "region-black-hole", "api-errors", "knowledge-base-denied"])
def test_when_the_primary_fails_no_question_fails_and_none_waits_longer_than_five_seconds(
    visit: Visit, rehearsal: Rehearsal, kind: FaultKind, record_property: Callable[[str, object], None]
) -> None:
    visitor = visit()
    waits(visitor, 2)
    Faults(rehearsal).set(kind, "primary")
    longest = max(waits(visitor, 5))
    record_property("longest wait in seconds", round(longest, 2))
    assert longest <= LONGEST_WAIT
    assert visitor.region == region(rehearsal, "failover")
    assert visitor.line == STANDBY_LINE


@pytest.mark.alone
def test_a_question_in_flight_when_the_region_dies_is_asked_again_and_answered(
    visit: Visit, rehearsal: Rehearsal
) -> None:
    visitor = visit()
    Faults(rehearsal).set("slow", "primary", milliseconds=700)
    started = time.monotonic()
    article = visitor.begin("What about annual leave?")
    visitor.page.wait_for_timeout(300)
    Faults(rehearsal).set("region-down", "primary")
    article.locator(".answer").wait_for()
    assert time.monotonic() - started <= LONGEST_WAIT
    assert len(visitor.page.locator("article").all()) == 1


def test_after_the_switch_a_follow_up_still_finds_its_subject(visit: Visit, rehearsal: Rehearsal) -> None:
    visitor = visit()
    document = Document()
    visitor.upload(text_file(document.name, document.content))
    visitor.wait_until(document.name, "Ready")
    visitor.ask(document.question)
    key = visitor.page.evaluate("JSON.parse(localStorage['ask.documents'])[0].key")
    wait_for(lambda: _found_in_standby(rehearsal, document, key), what="the standby has read the replica", seconds=60)
    Faults(rehearsal).set("region-down", "primary")
    follow_up = visitor.ask("And how long does it take?")
    assert follow_up.region == region(rehearsal, "failover")
    assert document.name in follow_up.sources


def _found_in_standby(rehearsal: Rehearsal, document: Document, key: str) -> object:
    client = rehearsal.session("failover").client("lambda")
    event = {"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}}
    client.invoke(FunctionName=f"{rehearsal.deployment.name}-ingest", Payload=json.dumps(event).encode())
    return cites(rehearsal, "failover", document, key)


def test_every_open_page_follows_a_failover_and_a_failback_without_a_reload_within_75_seconds(
    visit: Visit, rehearsal: Rehearsal
) -> None:
    visitors = [visit(clock=True) for _ in range(2)]
    for visitor in visitors:
        visitor.page.evaluate("window.neverReloaded = true")
    moves: tuple[tuple[str, Role], ...] = (("failover", "failover"), ("failback", "primary"))
    for command, role in moves:
        operate(rehearsal, command)
        for visitor in visitors:
            visitor.page.clock.fast_forward(70_000)
            visitor.see_region(region(rehearsal, role), seconds=5)
            assert visitor.page.evaluate("window.neverReloaded")
            assert visitor.line == (STANDBY_LINE if role == "failover" else "")
            assert visitor.ask("What about annual leave?").region == region(rehearsal, role)


def test_when_no_region_answers_the_page_asks_sparingly_keeps_the_question_and_answers_it_once_one_does(
    visit: Visit, rehearsal: Rehearsal
) -> None:
    visitor = visit()
    for role in rehearsal.deployment.regions:
        Faults(rehearsal).set("region-down", role)
    article = visitor.begin("What about annual leave?")
    visitor.see(NOBODY_LINE)
    before = len(visitor.requests)
    visitor.page.wait_for_timeout(11_000)
    times = [at for at, _ in visitor.requests[before:]]
    assert 1 <= len(times) <= 3
    assert all(later - earlier > 4.5 for earlier, later in pairwise(times))
    Faults(rehearsal).heal()
    article.get_by_role("button", name="Try now").click()
    article.locator(".answer").wait_for()
    assert visitor.page.locator("article").count() == 1


def test_a_hidden_page_asks_for_nothing(visit: Visit, rehearsal: Rehearsal) -> None:
    visitor = visit(clock=True)
    visitor.page.evaluate(
        """Object.defineProperty(document, "visibilityState", {get: () => window.seen ? "visible" : "hidden"});
        document.dispatchEvent(new Event("visibilitychange"))"""
    )
    before = len(visitor.requests)
    visitor.page.clock.fast_forward(600_000)
    visitor.page.wait_for_timeout(300)
    assert len(visitor.requests) == before
    visitor.page.evaluate("window.seen = true; document.dispatchEvent(new Event('visibilitychange'))")
    visitor.until(lambda: len(visitor.requests) > before, what="config.json again")


def test_a_page_that_left_by_itself_goes_back_once_the_named_region_is_well_again(
    visit: Visit, rehearsal: Rehearsal
) -> None:
    visitor = visit(clock=True)
    Faults(rehearsal).set("region-down", "primary")
    visitor.ask("What about annual leave?")
    visitor.see(STANDBY_LINE)
    Faults(rehearsal).heal()
    for _ in range(6):
        visitor.page.clock.fast_forward(20_000)
        visitor.page.wait_for_timeout(200)
    assert visitor.line == ""
    assert visitor.ask("What about annual leave?").region == region(rehearsal, "primary")


def test_without_a_fallback_the_question_waits_for_the_operator(visit: Visit, rehearsal: Rehearsal) -> None:
    primary, failover = (rehearsal.deployment.regions[role] for role in ("primary", "failover"))
    write_config(rehearsal, {"apiUrl": primary.api_url, "region": primary.region, "generation": 1_000_000})
    visitor = visit()
    Faults(rehearsal).set("region-down", "primary")
    article = visitor.begin("What about annual leave?")
    visitor.see(NOBODY_LINE)
    moved: Config = {"apiUrl": failover.api_url, "region": failover.region, "role": "failover", "generation": 1_000_001}
    write_config(rehearsal, moved)
    article.locator(".answer").wait_for()
    assert visitor.region == failover.region

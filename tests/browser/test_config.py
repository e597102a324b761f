"""config.json absent, malformed, unreachable, old, or written by hand: each has its own calm message and way on."""

from typing import TYPE_CHECKING

import pytest

from standby.manifest import Role
from standby.rehearsal.core import Rehearsal
from standby.rehearsal.faults import Faults
from tests.browser.conftest import Visit
from tests.browser.helpers import CONFIG, Config, Visitor, write_config

if TYPE_CHECKING:
    from playwright.sync_api import Route

QUESTION = "What about annual leave?"


def config_for(rehearsal: Rehearsal, role: Role, *, generation: int) -> Config:
    here, other = rehearsal.deployment.regions[role], rehearsal.deployment.other(role)
    return {
        "apiUrl": here.api_url,
        "fallbackApiUrl": other.api_url,
        "region": here.region,
        "role": role,
        "generation": generation,
    }


def answering(visitor: Visitor) -> str:
    return visitor.ask(QUESTION).region


MALFORMED = [
    "",
    "{",
    "[]",
    "null",
    '"https://example.com"',
    "{}",
    '{"apiUrl": 7}',
    '{"apiUrl": "javascript:alert(1)"}',
    '{"apiUrl": "http://example.com/prod/"}',
    "<!doctype html><title>No</title>",
]


def test_what_is_no_configuration_is_not_taken_for_one(visit: Visit) -> None:
    taken = "texts => import('/config.js').then(config => texts.filter(text => config.parseConfig(text)))"
    assert visit().page.evaluate(taken, MALFORMED) == []


def test_a_malformed_configuration_is_explained_to_a_newcomer(visit: Visit, rehearsal: Rehearsal) -> None:
    write_config(rehearsal, '{"apiUrl": ')
    visitor = visit()
    assert "cannot be read" in visitor.line
    article = visitor.begin(QUESTION)
    article.get_by_text("does not know yet where to ask").wait_for()
    write_config(rehearsal, config_for(rehearsal, "primary", generation=9))
    article.get_by_role("button", name="Ask again").click()
    article.locator(".answer").wait_for()
    assert visitor.line == ""


def test_a_missing_configuration_is_explained_and_found_as_soon_as_it_is_there(
    visit: Visit, rehearsal: Rehearsal
) -> None:
    write_config(rehearsal, None)
    visitor = visit()
    assert "missing" in visitor.line
    write_config(rehearsal, config_for(rehearsal, "primary", generation=9))
    visitor.page.get_by_role("button", name="Try again").click()
    visitor.see_region(rehearsal.deployment.regions["primary"].region)
    assert visitor.line == ""
    assert answering(visitor) == rehearsal.deployment.regions["primary"].region


def test_a_newcomer_waits_for_a_configuration_that_a_hung_bucket_holds_up_and_is_told_meanwhile(
    visit: Visit, rehearsal: Rehearsal
) -> None:
    held: list[Route] = []
    visitor = visit(opened=False)
    visitor.page.route("**/config.json", lambda route: held.append(route))  # noqa: PLW0108 - Playwright takes no built-in
    visitor.page.goto(visitor.url)
    visitor.see("cannot be reached")
    for route in held:
        route.continue_()
    visitor.see_region(rehearsal.deployment.regions["primary"].region)
    assert visitor.line == ""


@pytest.mark.parametrize("content,remark", [(None, "missing"), ("{", "cannot be read")])
def test_with_a_configuration_gone_bad_the_page_goes_on_with_the_last_one_it_knew(
    visit: Visit, rehearsal: Rehearsal, content: str | None, remark: str
) -> None:
    visitor = visit()
    write_config(rehearsal, content)
    visitor.page.reload()
    visitor.see(remark)
    assert "goes on with the last one" in visitor.line
    assert answering(visitor) == rehearsal.deployment.regions["primary"].region


def test_with_an_unreachable_configuration_the_page_goes_on_with_the_last_one_it_knew(visit: Visit) -> None:
    visitor = visit()
    visitor.page.route(f"**/{CONFIG}", lambda route: route.abort())
    visitor.page.reload()
    visitor.see("cannot be reached")
    assert visitor.ask(QUESTION).text


def test_an_unreachable_configuration_is_explained_to_a_newcomer(visit: Visit) -> None:
    visitor = visit(opened=False)
    visitor.page.route(f"**/{CONFIG}", lambda route: route.fulfill(status=503, body="no"))
    assert "tries again by itself" in visitor.open().line


def test_the_highest_generation_wins_over_an_older_one_that_comes_back(visit: Visit, rehearsal: Rehearsal) -> None:
    write_config(rehearsal, config_for(rehearsal, "failover", generation=800))
    visitor = visit()
    write_config(rehearsal, config_for(rehearsal, "primary", generation=799))
    visitor.page.reload()
    visitor.see_region(rehearsal.deployment.regions["failover"].region)
    assert answering(visitor) == rehearsal.deployment.regions["failover"].region
    write_config(rehearsal, config_for(rehearsal, "primary", generation=801))
    visitor.page.reload()
    visitor.see_region(rehearsal.deployment.regions["primary"].region)


def test_an_older_configuration_is_better_than_none_when_the_newer_one_is_dead(
    visit: Visit, rehearsal: Rehearsal
) -> None:
    newer = config_for(rehearsal, "primary", generation=800)
    del newer["fallbackApiUrl"]
    write_config(rehearsal, newer)
    visitor = visit()
    write_config(rehearsal, config_for(rehearsal, "failover", generation=7))
    Faults(rehearsal).set("region-down", "primary")
    assert answering(visitor) == rehearsal.deployment.regions["failover"].region


def test_a_configuration_written_by_hand_is_obeyed_as_it_stands(visit: Visit, rehearsal: Rehearsal) -> None:
    write_config(rehearsal, config_for(rehearsal, "primary", generation=800))
    visitor = visit()
    write_config(rehearsal, {"apiUrl": rehearsal.deployment.regions["failover"].api_url.rstrip("/")})
    visitor.page.reload()
    assert answering(visitor) == rehearsal.deployment.regions["failover"].region
    write_config(rehearsal, config_for(rehearsal, "primary", generation=799))
    visitor.page.reload()
    assert answering(visitor) == rehearsal.deployment.regions["failover"].region
    write_config(rehearsal, config_for(rehearsal, "primary", generation=801))
    visitor.page.reload()
    assert answering(visitor) == rehearsal.deployment.regions["primary"].region


def test_what_a_browser_kept_may_be_nonsense(visit: Visit) -> None:
    visitor = visit()
    keep = """kept => ['config', 'conversation', 'documents'].forEach(
        key => localStorage['ask.' + key] = sessionStorage['ask.' + key] = kept)"""
    for kept in ("nonsense", "[]", '[{"id": 1}]', '{"apiUrl": 5, "id": "x", "exchanges": [7]}', "null", "-1"):
        visitor.page.evaluate(keep, kept)
        visitor.open()
        assert visitor.page.locator("article").count() == 0
    assert visitor.ask(QUESTION).text


def test_a_generation_that_was_kept_without_its_configuration_keeps_nobody_from_an_older_one(
    visit: Visit, rehearsal: Rehearsal
) -> None:
    write_config(rehearsal, config_for(rehearsal, "primary", generation=800))
    visitor = visit()
    visitor.page.evaluate("localStorage['ask.config'] = localStorage['ask.config'].replace('https:', 'what:')")
    write_config(rehearsal, config_for(rehearsal, "primary", generation=7))
    visitor.page.reload()
    visitor.see_region(rehearsal.deployment.regions["primary"].region)
    assert visitor.ask(QUESTION).text


def test_an_answer_that_was_kept_with_a_time_that_is_none_is_shown_without(visit: Visit) -> None:
    visitor = visit()
    kept = {"id": "x", "exchanges": [{"question": QUESTION, "answer": {"text": "Thirty days.", "at": 1e17}}]}
    visitor.page.evaluate("kept => sessionStorage['ask.conversation'] = JSON.stringify(kept)", kept)
    visitor.page.reload()
    visitor.page.locator(".answer").get_by_text("Thirty days.").wait_for()


def test_a_browser_that_keeps_nothing_can_still_ask(visit: Visit) -> None:
    visitor = visit(opened=False)
    visitor.page.add_init_script("Storage.prototype.setItem = Storage.prototype.getItem = () => { throw new Error(); }")
    assert visitor.open().ask(QUESTION).text

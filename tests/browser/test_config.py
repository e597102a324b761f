"""config.json may be missing, invalid, unreachable, older or manually edited: the page says so and works on."""

import pytest

from standby.rehearsal.faults.faults import Faults
from standby.rehearsal.rehearsal import Rehearsal
from tests.browser.conftest import Visit
from tests.browser.helpers import CONFIG, Visitor, config_for, hold_requests, write_config
from tests.contracts.helpers import ROUTING_CONFIG_CASES, ROUTING_CONFIG_JUDGE, expected_answer

QUESTION = "What about annual leave?"


def answering_region(visitor: Visitor) -> str:
    return visitor.ask(QUESTION).region


INVALID = [
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


def test_an_invalid_configuration_is_not_accepted(visit: Visit) -> None:
    accepted = "texts => import('/routing-config.js').then(rule => texts.filter(text => rule.parseConfig(text)))"
    assert visit().page.evaluate(accepted, INVALID) == []


def test_the_page_reads_each_case_as_the_tool_does(visit: Visit) -> None:
    judge = f"""async cases => {{
        const rule = await import("/routing-config.js");
        const judge = {ROUTING_CONFIG_JUDGE}
        return cases.map(testCase => judge(testCase, rule));
    }}"""
    answers = visit().page.evaluate(judge, ROUTING_CONFIG_CASES)
    assert answers == [expected_answer(case) for case in ROUTING_CONFIG_CASES]


def test_on_a_first_visit_an_invalid_configuration_is_explained(visit: Visit, rehearsal: Rehearsal) -> None:
    write_config(rehearsal, '{"apiUrl": ')
    visitor = visit()
    assert visitor.status_line.startswith("This page is not set up yet.")
    visitor.page.get_by_text("For the operator").click()
    assert "cannot be read" in visitor.status_line
    assert "standby reconcile" in visitor.status_line
    article = visitor.submit(QUESTION)
    article.get_by_text("is not set up yet").wait_for()
    write_config(rehearsal, config_for(rehearsal, "primary", generation=9))
    article.get_by_role("button", name="Ask again").click()
    article.locator(".answer").wait_for()
    assert visitor.status_line == ""


def test_a_missing_configuration_is_explained_and_read_once_it_exists(visit: Visit, rehearsal: Rehearsal) -> None:
    write_config(rehearsal, None)
    visitor = visit()
    assert "missing" not in visitor.status_line
    visitor.page.get_by_text("For the operator").click()
    assert "missing" in visitor.status_line
    write_config(rehearsal, config_for(rehearsal, "primary", generation=9))
    visitor.page.get_by_role("button", name="Try again").click()
    visitor.wait_for_region(rehearsal.deployment.regions["primary"].region)
    assert visitor.status_line == ""
    assert answering_region(visitor) == rehearsal.deployment.regions["primary"].region


def test_on_a_first_visit_the_page_waits_for_a_bucket_that_hangs_and_says_so(
    visit: Visit, rehearsal: Rehearsal
) -> None:
    visitor = visit(opened=False)
    _, release = hold_requests(visitor, "**/config.json")
    visitor.page.goto(visitor.url)
    visitor.wait_for_status("cannot be reached")
    release()
    visitor.wait_for_region(rehearsal.deployment.regions["primary"].region)
    assert visitor.status_line == ""


@pytest.mark.parametrize("content,warning", [(None, "missing"), ("{", "cannot be read")])
def test_without_a_valid_configuration_the_page_uses_the_last_known_one(
    visit: Visit, rehearsal: Rehearsal, content: str | None, warning: str
) -> None:
    visitor = visit()
    write_config(rehearsal, content)
    visitor.page.reload()
    visitor.wait_for_status(warning)
    assert "is using the last known one" in visitor.status_line
    assert answering_region(visitor) == rehearsal.deployment.regions["primary"].region


def test_without_a_reachable_configuration_the_page_uses_the_last_known_one(visit: Visit) -> None:
    visitor = visit()
    visitor.page.route(f"**/{CONFIG}", lambda route: route.abort())
    visitor.page.reload()
    visitor.wait_for_status("cannot be reached")
    assert visitor.ask(QUESTION).text


def test_on_a_first_visit_an_unreachable_configuration_is_explained(visit: Visit) -> None:
    visitor = visit(opened=False)
    visitor.page.route(f"**/{CONFIG}", lambda route: route.fulfill(status=503, body="no"))
    assert "will try again automatically" in visitor.open().status_line


def test_the_highest_generation_wins_over_an_older_one_that_returns(visit: Visit, rehearsal: Rehearsal) -> None:
    write_config(rehearsal, config_for(rehearsal, "failover", generation=800))
    visitor = visit()
    write_config(rehearsal, config_for(rehearsal, "primary", generation=799))
    visitor.page.reload()
    visitor.wait_for_region(rehearsal.deployment.regions["failover"].region)
    assert answering_region(visitor) == rehearsal.deployment.regions["failover"].region
    write_config(rehearsal, config_for(rehearsal, "primary", generation=801))
    visitor.page.reload()
    visitor.wait_for_region(rehearsal.deployment.regions["primary"].region)


def test_the_api_of_an_older_configuration_is_used_when_that_of_the_newer_one_is_dead(
    visit: Visit, rehearsal: Rehearsal
) -> None:
    newer = config_for(rehearsal, "primary", generation=800)
    del newer["fallbackApiUrl"]
    write_config(rehearsal, newer)
    visitor = visit()
    write_config(rehearsal, config_for(rehearsal, "failover", generation=7))
    Faults(rehearsal).set("region-down", "primary")
    assert answering_region(visitor) == rehearsal.deployment.regions["failover"].region


def test_a_manually_edited_configuration_takes_effect_as_it_is(visit: Visit, rehearsal: Rehearsal) -> None:
    write_config(rehearsal, config_for(rehearsal, "primary", generation=800))
    visitor = visit()
    write_config(rehearsal, {"apiUrl": rehearsal.deployment.regions["failover"].api_url.rstrip("/")})
    visitor.page.reload()
    assert answering_region(visitor) == rehearsal.deployment.regions["failover"].region
    write_config(rehearsal, config_for(rehearsal, "primary", generation=799))
    visitor.page.reload()
    assert answering_region(visitor) == rehearsal.deployment.regions["failover"].region
    write_config(rehearsal, config_for(rehearsal, "primary", generation=801))
    visitor.page.reload()
    assert answering_region(visitor) == rehearsal.deployment.regions["primary"].region


def test_the_page_works_with_invalid_stored_values(visit: Visit) -> None:
    visitor = visit()
    store = """value => ['config', 'config.7', 'conversation', 'documents', 'document.1', 'document-removed.2'].forEach(
        key => localStorage['ask.' + key] = sessionStorage['ask.' + key] = value)"""
    for value in ("nonsense", "[]", '[{"id": 1}]', '{"apiUrl": 5, "id": "x", "exchanges": [7]}', "null", "-1"):
        visitor.page.evaluate(store, value)
        visitor.open()
        assert visitor.page.locator("article").count() == 0
    assert visitor.ask(QUESTION).text


def test_a_stored_generation_without_a_valid_configuration_does_not_prevent_an_older_one(
    visit: Visit, rehearsal: Rehearsal
) -> None:
    write_config(rehearsal, config_for(rehearsal, "primary", generation=800))
    visitor = visit()
    visitor.page.evaluate("localStorage['ask.config.800'] = localStorage['ask.config.800'].replace('https:', 'what:')")
    write_config(rehearsal, config_for(rehearsal, "primary", generation=7))
    visitor.page.reload()
    visitor.wait_for_region(rehearsal.deployment.regions["primary"].region)
    assert visitor.ask(QUESTION).text


def test_a_stored_answer_with_an_invalid_time_is_shown_without_it(visit: Visit) -> None:
    visitor = visit()
    stored = {"id": "x", "exchanges": [{"question": QUESTION, "answer": {"text": "Thirty days.", "at": 1e17}}]}
    visitor.page.evaluate("stored => sessionStorage['ask.conversation'] = JSON.stringify(stored)", stored)
    visitor.page.reload()
    visitor.page.locator(".answer").get_by_text("Thirty days.").wait_for()


def test_a_browser_without_storage_can_ask(visit: Visit) -> None:
    visitor = visit(opened=False)
    visitor.page.add_init_script("Storage.prototype.setItem = Storage.prototype.getItem = () => { throw new Error(); }")
    assert visitor.open().ask(QUESTION).text

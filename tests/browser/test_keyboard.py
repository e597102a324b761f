"""Every action works with a keyboard alone, the focus is visible, and a screen reader hears what happens."""

import pytest
from playwright.sync_api import Page

from standby.deployment.manifest import ROLES
from standby.rehearsal.faults.faults import Faults
from standby.rehearsal.rehearsal import Rehearsal
from tests.browser.conftest import Visit
from tests.browser.helpers import ANSWER, CITATIONS, answer_with, hold_requests, text_file

FOCUSED = "document.activeElement.id || document.activeElement.className || document.activeElement.tagName"


def tab_to(page: Page, selector: str, *, key: str = "Tab") -> None:
    """Press Tab until the element has the focus, which must then be visible."""
    for _ in range(40):
        page.keyboard.press(key)
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            shown = "getComputedStyle(document.activeElement).outlineStyle"
            inside_field = page.evaluate("document.activeElement.id === 'question'")
            assert inside_field or page.evaluate(shown) != "none"
            return
    raise AssertionError(f"no Tab leads to {selector}; the last was {page.evaluate(FOCUSED)}")


def test_a_question_is_asked_and_its_passage_opened_and_the_answer_copied_without_a_mouse(visit: Visit) -> None:
    visitor = visit(permissions=["clipboard-read", "clipboard-write"])
    page = visitor.page
    answer_with(visitor, ANSWER, CITATIONS)
    tab_to(page, ".skip")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "question"
    page.keyboard.type("Who is called first?")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("At night?")
    page.keyboard.press("Enter")
    page.locator(".answer").wait_for()
    assert page.locator(".question").inner_text() == "Who is called first?\nAt night?"
    assert page.evaluate("document.activeElement.id") == "question"
    tab_to(page, ".citation-mark", key="Shift+Tab")
    page.keyboard.press("Enter")
    opened = page.evaluate("document.activeElement.closest('details').querySelector('.name').textContent")
    assert opened == "expense-policy.md"
    assert page.locator(".passage[open]").count() == 1
    tab_to(page, "footer button")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == ANSWER


def test_documents_are_chosen_canceled_and_removed_without_a_mouse(visit: Visit) -> None:
    visitor = visit(viewport={"width": 320, "height": 640})
    page = visitor.page
    tab_to(page, "#show-documents")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "documents"
    with page.expect_file_chooser() as chooser:
        tab_to(page, "#choose")
        page.keyboard.press("Enter")
    visitor.limit_upload(10)
    chooser.value.set_files([text_file("slow.txt", b"x" * 100_000)])
    visitor.wait_for_state("slow.txt", "Uploading")
    tab_to(page, "#list button")
    page.keyboard.press("Enter")
    visitor.wait_for_state("slow.txt", "Canceled")
    tab_to(page, "#list button[aria-label^=Hide]")
    page.keyboard.press("Enter")
    page.locator("#list li").wait_for(state="detached")
    assert page.evaluate("document.activeElement !== document.body")


def test_the_focus_stays_in_the_reply_during_an_outage_and_after_it(visit: Visit, rehearsal: Rehearsal) -> None:
    visitor = visit()
    page = visitor.page
    for role in ROLES:
        Faults(rehearsal).set("region-down", role)
    article = visitor.submit("Who is called first?")
    button = article.get_by_role("button", name="Try now")
    button.focus()
    for _ in range(2):
        page.keyboard.press("Enter")
        page.wait_for_timeout(400)
        assert button.evaluate("one => one === document.activeElement")
    hold_requests(visitor, "**/prod/docs")
    Faults(rehearsal).heal()
    page.keyboard.press("Enter")
    article.get_by_text("Looking through the documents").wait_for()
    assert not article.get_by_text("The service is not responding").is_visible()
    assert article.evaluate("one => one.contains(document.activeElement)")
    page.keyboard.press("Shift+Tab")
    tab_to(page, "#stop")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "question"
    assert page.locator("#question").input_value() == "Who is called first?"
    assert page.locator("article").count() == 0


@pytest.mark.parametrize("height", [256, 700])
def test_the_focused_element_is_visible_on_a_short_screen_too(visit: Visit, rehearsal: Rehearsal, height: int) -> None:
    visitor = visit(viewport={"width": 320, "height": height}, reduced_motion="reduce")
    Faults(rehearsal).set("region-down", "primary")
    answer_with(visitor, ANSWER, CITATIONS, api_url=rehearsal.deployment.regions["failover"].api_url)
    visitor.ask("Who is called first?")
    visitor.wait_for_status("A backup location answers")
    hidden = """() => [...document.querySelectorAll("article button, article summary, .question")].filter(one => {
        one.tabIndex = one.tabIndex < 0 ? -1 : one.tabIndex;
        one.focus({preventScroll: true});
        one.scrollIntoView({block: one.matches(".question") ? "start" : "nearest"});
        const {left, top, bottom} = one.getBoundingClientRect();
        return ![top + 2, bottom - 2].every(y => one.contains(document.elementFromPoint(left + 5, y)));
    }).map(one => one.textContent)"""
    assert visitor.page.evaluate(hidden) == []


def test_a_screen_reader_hears_every_announcement_in_order(visit: Visit) -> None:
    visitor = visit(clock=True)
    answer_with(visitor, ANSWER, CITATIONS)
    visitor.ask("Who is called first?")
    announcements = visitor.page.locator("#announcer p")
    assert announcements.all_inner_texts() == ["Answered, with 2 sources."]
    visitor.upload(text_file("program.exe", b"x"), text_file("empty.txt", b""))
    announcements.nth(2).wait_for(state="attached")
    assert [text.partition(". ")[0] for text in announcements.all_inner_texts()[1:]] == [
        "program.exe: Not accepted",
        "empty.txt: Not accepted",
    ]
    visitor.page.clock.fast_forward(20_000)
    assert announcements.count() == 0
    assert visitor.page.locator("[role=log]").get_attribute("aria-label") == "Conversation"


def test_a_key_that_an_input_method_has_taken_sends_nothing(visit: Visit) -> None:
    visitor = visit()
    visitor.page.locator("#question").fill("half-typed")
    press = """field => field.dispatchEvent(
        new KeyboardEvent("keydown", {key: "Enter", keyCode: 229, bubbles: true, cancelable: true}))"""
    visitor.page.locator("#question").evaluate(press)
    assert visitor.page.locator("#question").input_value() == "half-typed"
    assert visitor.page.locator("article").count() == 0


def test_a_question_that_is_too_long_is_kept_and_not_sent(visit: Visit) -> None:
    visitor = visit()
    field = visitor.page.locator("#question")
    field.focus()
    visitor.page.keyboard.insert_text("x" * 1_003)
    field.press("Enter")
    assert len(field.input_value()) == 1_003
    assert visitor.page.locator("#characters-left").inner_text() == "3 characters too many"
    assert visitor.page.locator("article").count() == 0

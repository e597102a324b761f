"""Everything can be done with a keyboard alone, and where the focus is can be seen."""

from playwright.sync_api import Page

from tests.browser.browser_states import ANSWER, CITATIONS
from tests.browser.browser_support import answer_with, text_file
from tests.browser.conftest import Visit

FOCUSED = "document.activeElement.id || document.activeElement.className || document.activeElement.tagName"


def tab_to(page: Page, selector: str, *, key: str = "Tab") -> None:
    """Press Tab until the element has the focus; it must then be seen that it has."""
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
    tab_to(page, ".mark", key="Shift+Tab")
    page.keyboard.press("Enter")
    opened = page.evaluate("document.activeElement.closest('details').querySelector('.name').textContent")
    assert opened == "expense-policy.md"
    assert page.locator(".passage[open]").count() == 1
    tab_to(page, "footer button")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == ANSWER


def test_documents_are_chosen_cancelled_and_removed_without_a_mouse(visit: Visit) -> None:
    visitor = visit(viewport={"width": 320, "height": 640})
    page = visitor.page
    tab_to(page, "#show-documents")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "documents"
    with page.expect_file_chooser() as chooser:
        tab_to(page, "#choose")
        page.keyboard.press("Enter")
    visitor.upload_at(10)
    chooser.value.set_files([text_file("slow.txt", b"x" * 100_000)])
    visitor.wait_until("slow.txt", "Uploading")
    tab_to(page, "#list button")
    page.keyboard.press("Enter")
    visitor.wait_until("slow.txt", "Cancelled")
    tab_to(page, "#list button[aria-label^=Remove]")
    page.keyboard.press("Enter")
    page.locator("#list li").wait_for(state="detached")
    assert page.evaluate("document.activeElement !== document.body")


def test_what_happens_is_said_to_a_screen_reader(visit: Visit) -> None:
    visitor = visit()
    answer_with(visitor, ANSWER, CITATIONS)
    visitor.ask("Who is called first?")
    assert visitor.page.locator("#announcer").inner_text() == "Answered, with 2 sources."
    visitor.upload(text_file("program.exe", b"x"))
    visitor.page.locator("#announcer").filter(has_text="program.exe: Not taken").wait_for(state="attached")
    assert visitor.page.locator("[role=log]").get_attribute("aria-label") == "Conversation"

"""Every failure has a sentence of its own, in words of people who ask, and a way on."""

from collections.abc import Mapping
from typing import Any, Final

import pytest
from playwright.sync_api import Route

from tests.browser.conftest import Visit
from tests.browser.helpers import Visitor, hold_requests, text_file

QUESTION: Final = "Who answers a page?"
FOR_OPERATORS: Final = ("region", "us-west-2", "us-east-1", "API", "Knowledge Base", "standby", "reconcile", "score")
FAILURES: Final[Mapping[str, tuple[int, str, str, str]]] = {
    # The status, the code and the API's message; what the page says; and the first button.
    "refused input": (400, "invalid_request", "It did not accept the question: Too odd.", "Edit"),
    "forbidden": (403, "refused", "refused the request. Try another network", "Ask again"),
    "moved": (404, "not_found", "no longer where this page looks for it", "Reload the page"),
    "too long": (413, "too_large", "conversation is too long to send", "New conversation"),
    "throttled": (429, "throttled", "Too many requests arrive at the moment. Wait 2 seconds", "Ask again"),
    "mistake": (500, "internal", "made a mistake", "Ask again"),
    "denied": (502, "upstream_denied", "not set up right. Its operator has to repair it", "Ask again"),
    "no answer from the model": (502, "upstream_rejected", "Please ask again, or use other words", "Ask again"),
    "bad gateway": (502, "unavailable", "does not work at the moment. Wait a minute", "Ask again"),
    "overloaded": (503, "upstream_unavailable", "too much to do", "Ask again"),
    "starting": (503, "model_not_ready", "still starting", "Ask again"),
    "timeout": (504, "unavailable", "took too long", "Ask again"),
}


def fail(visitor: Visitor, path: str, status: int, code: str) -> None:
    """Answer every request to the path with this error."""
    headers = {
        "Access-Control-Allow-Origin": visitor.url,
        "Access-Control-Expose-Headers": "Retry-After",
        "Retry-After": "2",
    }
    body = {"error": {"code": code, "message": "Too odd."}}
    visitor.page.route(f"**/prod/{path}", lambda route: route.fulfill(status=status, json=body, headers=headers))


def wait_for_failure(visitor: Visitor) -> str:
    """Return the sentence about the failed question, once the page shows it."""
    shown = visitor.page.locator("article .error")

    def is_shown() -> bool:
        visitor.page.clock.fast_forward(1000)
        return shown.is_visible()

    visitor.wait_until(is_shown, what="the failure")
    return shown.inner_text()


@pytest.mark.parametrize("failure", FAILURES)
def test_every_failure_of_a_question_has_its_own_sentence_and_way_on(visit: Visit, failure: str) -> None:
    status, code, sentence, way = FAILURES[failure]
    visitor = visit(clock=True)
    fail(visitor, "*", status, code)
    visitor.submit(QUESTION)
    text = wait_for_failure(visitor)
    assert sentence.replace("It did", "The service did") in text
    assert not [word for word in FOR_OPERATORS if word in text]
    assert visitor.page.locator("article footer button").first.inner_text() == way
    assert visitor.page.locator("article footer button").all_inner_texts()[-2:] == ["Edit", "Remove"]


def test_an_answer_that_is_not_of_the_service_is_called_so(visit: Visit) -> None:
    visitor = visit(clock=True)
    headers = {"Access-Control-Allow-Origin": visitor.url}
    visitor.page.route("**/prod/*", lambda route: route.fulfill(body="<h1>Please sign in</h1>", headers=headers))
    visitor.submit(QUESTION)
    assert "could not be read. If your network has a sign-in page" in wait_for_failure(visitor)


def test_a_failed_question_can_be_edited_and_removed(visit: Visit) -> None:
    visitor = visit()
    fail(visitor, "docs", 400, "invalid_request")
    article = visitor.submit(QUESTION)
    field = visitor.page.locator("#question")
    article.get_by_role("button", name="Edit").wait_for()
    field.fill("And at night?")
    article.get_by_role("button", name="Edit").click()
    assert field.input_value() == f"{QUESTION}\nAnd at night?"
    assert visitor.page.locator("article").count() == 0
    field.press("Enter")
    visitor.page.get_by_role("button", name="Remove").click()
    assert field.input_value() == ""
    assert visitor.page.locator("#welcome").is_visible()


def test_a_conversation_that_is_too_long_goes_on_in_a_new_one_with_the_question(visit: Visit) -> None:
    visitor = visit()
    fail(visitor, "docs", 413, "too_large")
    visitor.submit(QUESTION).get_by_role("button", name="New conversation").click()
    assert visitor.page.locator("article").count() == 0
    assert visitor.page.locator("#question").input_value() == QUESTION


def test_a_stopped_question_comes_back_into_the_box(visit: Visit) -> None:
    visitor = visit()
    hold_requests(visitor, "**/prod/docs")
    visitor.submit(QUESTION)
    stop, field = visitor.page.get_by_role("button", name="Stop"), visitor.page.locator("#question")
    assert not visitor.page.locator("#send").is_visible()
    box, place = field.bounding_box(), stop.bounding_box()
    assert box
    assert place
    assert abs(place["x"] - (box["x"] + box["width"])) < 24
    stop.click()
    assert field.input_value() == QUESTION
    assert visitor.page.evaluate("document.activeElement.id") == "question"
    assert visitor.page.locator("article").count() == 0
    assert visitor.page.locator("#send").is_visible()
    assert not stop.is_visible()


def test_a_stopped_question_replaces_none_that_is_written_already(visit: Visit) -> None:
    visitor = visit()
    hold_requests(visitor, "**/prod/docs")
    article = visitor.submit(QUESTION)
    field = visitor.page.locator("#question")
    field.fill("Another one")
    field.press("Enter")
    assert field.input_value() == "Another one"
    visitor.page.get_by_role("button", name="Stop").click()
    article.get_by_text("Stopped.").wait_for()
    assert field.input_value() == "Another one"
    article.get_by_role("button", name="Ask again").click()
    assert visitor.page.get_by_role("button", name="Stop").is_visible()


@pytest.mark.parametrize(
    "status,code,state,sentence",
    [
        (400, "unusable_name", "Not accepted", "Too odd."),
        (403, "refused", "Interrupted", "Try another network"),
        (413, "too_large", "Not accepted", "Too odd."),
        (429, "throttled", "Interrupted", "Wait 2 seconds, then upload it again."),
        (500, "internal", "Interrupted", "Please upload it again."),
    ],
)
def test_every_failure_of_an_upload_has_its_own_sentence_and_way_on(
    visit: Visit, status: int, code: str, state: str, sentence: str
) -> None:
    visitor = visit(clock=True)
    fail(visitor, "*", status, code)
    visitor.upload(text_file("notes.txt", b"x"))
    shown = visitor.document("notes.txt").locator(".state").get_by_text(state, exact=True)

    def is_shown() -> bool:
        visitor.page.clock.fast_forward(1000)
        return shown.is_visible()

    visitor.wait_until(is_shown, what=state)
    assert sentence in visitor.document("notes.txt").inner_text()
    again = visitor.document("notes.txt").get_by_role("button", name="Upload again")
    assert again.count() == (state == "Interrupted")


def test_a_state_of_documents_that_cannot_be_read_is_said_with_the_way_on(visit: Visit) -> None:
    visitor = visit()

    def refuse(route: Route) -> None:
        headers: dict[str, Any] = {"Access-Control-Allow-Origin": visitor.url}
        route.fulfill(status=403, json={"error": {"code": "refused", "message": "No."}}, headers=headers)

    visitor.page.route("**/prod/ingestion-status", refuse)
    visitor.upload(text_file("notes.txt", b"x"))
    visitor.page.get_by_text("states are not known.").wait_for()
    assert visitor.page.get_by_role("button", name="Check again").is_visible()

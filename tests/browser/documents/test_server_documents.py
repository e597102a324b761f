"""The page lists what the service has, opens and deletes documents, and suggests first questions."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Final

import pytest
from playwright.sync_api import Locator, Route

from standby.deployment.manifest import ROLES, Role
from standby.rehearsal.rehearsal import Rehearsal
from tests.browser.conftest import Visit
from tests.browser.helpers import Visitor, answer_with, documents_named, text_file, wait_for
from tests.e2e.helpers import Document, cites, upload
from tests.e2e.helpers import wait_for as wait_for_service

IDS: Final = tuple(f"{number}1111111-2222-5333-8444-555555555555" for number in range(9))

INGESTION_SECONDS = 90.0
"""For a real ingestion job, on a machine that applies other stacks at the same time."""


def row(visitor: Visitor, name: str) -> Locator:
    return visitor.page.locator("#all li").filter(has=visitor.page.locator(".name", has_text=name))


def is_gone(rehearsal: Rehearsal, role: Role, written: Document) -> bool:
    return documents_named(rehearsal, role, written.name) == []


def document(number: int, name: str, state: str = "ready", **more: object) -> dict[str, Any]:
    at = f"2026-11-24T12:00:{number:02}.000Z"
    return {"id": IDS[number], "name": name, "size": 2048, "uploadedAt": at, "state": state, **more}


def list_documents(visitor: Visitor, *pages: Sequence[Mapping[str, object]]) -> None:
    """Answer GET /documents with these pages."""

    def fulfill(route: Route) -> None:
        number = int(route.request.url.partition("next=")[2] or 0)
        more = {"next": str(number + 1)} if number + 1 < len(pages) else {}
        body = {"documents": list(pages[number]), "region": "us-west-2", **more}
        route.fulfill(json=body, headers={"Access-Control-Allow-Origin": visitor.url})

    visitor.page.route("**/prod/documents*", fulfill)


def open_with(visit: Visit, *pages: Sequence[Mapping[str, object]]) -> Visitor:
    visitor = visit(opened=False)
    list_documents(visitor, *pages)
    return visitor.open()


def names(visitor: Visitor) -> list[str]:
    return visitor.page.locator("#all .name").all_inner_texts()


def refuse(visitor: Visitor, method: str, status: int, code: str, message: str) -> None:
    """Answer the requests of one document with this error."""
    error = {"error": {"code": code, "message": message}}
    headers = {
        "Access-Control-Allow-Origin": visitor.url,
        "Access-Control-Allow-Methods": f"OPTIONS,{method}",
        "Access-Control-Allow-Headers": "Content-Type",
    }

    def fulfill(route: Route) -> None:
        preflight = route.request.method == "OPTIONS"
        route.fulfill(status=204 if preflight else status, headers=headers, **({} if preflight else {"json": error}))  # type: ignore[arg-type]  # no body

    visitor.page.route("**/prod/documents/**", fulfill)


def delete_listed(visitor: Visitor, name: str) -> None:
    """Delete a listed document. The API answers that it is deleted."""
    headers = {
        "Access-Control-Allow-Origin": visitor.url,
        "Access-Control-Allow-Methods": "OPTIONS,DELETE",
        "Access-Control-Allow-Headers": "Content-Type",
    }
    visitor.page.route("**/prod/documents/**", lambda route: route.fulfill(status=202, json={}, headers=headers))
    for label in ("Delete", "Delete for everyone"):
        row(visitor, name).get_by_role("button", name=label).click()
    row(visitor, name).wait_for(state="detached")


def test_an_upload_that_is_newer_than_the_list_stays_when_another_document_is_deleted(visit: Visit) -> None:
    visitor = open_with(visit, [document(1, "travel-rules.txt")])
    written = Document()
    visitor.upload(text_file(written.name, written.content))
    visitor.wait_for_state(written.name, "Ready", seconds=INGESTION_SECONDS)
    delete_listed(visitor, "travel-rules.txt")
    assert visitor.page.locator("#list .name").all_inner_texts() == [written.name]


def test_an_upload_that_a_newer_list_does_not_have_was_deleted_elsewhere_and_is_hidden(visit: Visit) -> None:
    visitor = open_with(visit, [document(1, "travel-rules.txt")])
    written = Document()
    visitor.upload(text_file(written.name, written.content))
    visitor.wait_for_state(written.name, "Ready", seconds=INGESTION_SECONDS)
    visitor.page.locator("#all-refresh").click()
    visitor.document(written.name).wait_for(state="detached")


def test_a_document_of_another_user_is_listed_opened_and_deleted_in_both_regions(
    rehearsal: Rehearsal, visit: Visit
) -> None:
    written = Document()
    key = upload(rehearsal, "primary", written)
    for role in ROLES:
        wait_for_service(partial(cites, rehearsal, role, written, key), what=f"found in {role}")
    visitor = visit()
    shown = row(visitor, written.name)
    for _ in range(20):
        if shown.count() or visitor.page.locator("#all-more").is_hidden():
            break
        visitor.page.locator("#all-more").click()
        visitor.page.wait_for_timeout(500)
    shown.get_by_text("Ready", exact=True).wait_for()
    with visitor.page.context.expect_page() as opened:
        shown.get_by_role("button", name="Open").click()
    opened.value.get_by_text(written.word).wait_for()
    shown.get_by_role("button", name="Delete").click()
    shown.get_by_role("button", name="Delete for everyone").click()
    shown.wait_for(state="detached")
    for role in ROLES:
        wait_for(partial(is_gone, rehearsal, role, written), what=f"gone in {role}")


def test_an_own_upload_is_deleted_and_is_in_no_list_afterwards(rehearsal: Rehearsal, visit: Visit) -> None:
    visitor, written = visit(), Document()
    visitor.upload(text_file(written.name, written.content))
    visitor.wait_for_state(written.name, "Ready", seconds=60)
    shown = visitor.document(written.name)
    assert shown.get_by_role("button").all_inner_texts() == ["Delete"]
    shown.get_by_role("button", name="Delete").click()
    assert shown.get_by_role("button").all_inner_texts() == ["Delete for everyone", "Keep"]
    shown.get_by_role("button", name="Keep").click()
    shown.get_by_role("button", name="Delete").click()
    shown.get_by_role("button", name="Delete for everyone").click()
    shown.wait_for(state="detached")
    wait_for(lambda: documents_named(rehearsal, "primary", written.name) == [], what="gone")
    assert written.name not in names(visitor)


def test_a_file_that_was_deleted_and_is_chosen_again_is_a_new_document(rehearsal: Rehearsal, visit: Visit) -> None:
    visitor, written = visit(), Document()
    file = text_file(written.name, written.content)
    visitor.upload(file)
    visitor.wait_for_state(written.name, "Ready", seconds=60)
    (first,) = documents_named(rehearsal, "primary", written.name)
    visitor.document(written.name).get_by_role("button", name="Delete").click()
    visitor.document(written.name).get_by_role("button", name="Delete for everyone").click()
    visitor.document(written.name).wait_for(state="detached")
    visitor.upload(file)
    visitor.wait_for_state(written.name, "Ready", seconds=60)
    (second,) = documents_named(rehearsal, "primary", written.name)
    assert first != second


def test_the_newest_documents_come_first_and_further_pages_on_request(visit: Visit) -> None:
    visitor = open_with(visit, [document(1, "one.txt"), document(3, "three.txt")], [document(2, "two.txt")])
    row(visitor, "three.txt").wait_for()
    assert names(visitor) == ["three.txt", "one.txt"]
    visitor.page.locator("#all-more").click()
    row(visitor, "two.txt").wait_for()
    assert names(visitor) == ["three.txt", "two.txt", "one.txt"]
    assert visitor.page.locator("#all-more").is_hidden()


def test_each_state_is_named_and_a_failure_has_its_reason(visit: Visit) -> None:
    visitor = open_with(
        visit,
        [
            document(1, "a.txt", "processing"),
            document(2, "b.pdf", "failed", reason="The file is encrypted."),
            document(3, "c.txt", "unknown"),
        ],
    )
    row(visitor, "b.pdf").get_by_text("The file is encrypted.").wait_for()
    states = [row(visitor, name).locator(".state").inner_text() for name in ("a.txt", "b.pdf", "c.txt")]
    assert states == ["Processing", "Failed", "State unknown"]


def test_a_document_is_deleted_only_after_a_second_click(visit: Visit) -> None:
    visitor = open_with(visit, [document(1, "one.txt")])
    deleted: list[str] = []
    visitor.page.route("**/prod/documents/**", lambda route: deleted.append(route.request.method))
    row(visitor, "one.txt").get_by_role("button", name="Delete").click()
    assert visitor.page.evaluate("document.activeElement.textContent") == "Keep"
    visitor.page.keyboard.press("Enter")
    assert row(visitor, "one.txt").get_by_role("button").all_inner_texts() == ["Open", "Delete"]
    assert deleted == []


@pytest.mark.parametrize(
    "status,code,message,shown",
    [
        (403, "not_allowed", "Only its uploader can delete it.", "Only its uploader can delete it."),
        (409, "not_deletable", "An operator must delete it.", "An operator must delete it."),
        (404, "unknown_document", "x", "has not arrived from the other location yet"),
    ],
)
def test_a_refused_deletion_keeps_the_document_and_says_why(
    visit: Visit, status: int, code: str, message: str, shown: str
) -> None:
    visitor = open_with(visit, [document(1, "one.txt")])
    refuse(visitor, "DELETE", status, code, message)
    row(visitor, "one.txt").get_by_role("button", name="Delete").click()
    row(visitor, "one.txt").get_by_role("button", name="Delete for everyone").click()
    row(visitor, "one.txt").get_by_text(shown).wait_for()


def test_names_of_ready_documents_suggest_questions_and_a_click_asks_one(visit: Visit) -> None:
    visitor = open_with(visit, [document(1, "on-call_handbook.txt"), document(2, "new.txt", "processing")])
    answer_with(visitor, "Call the engineer.")
    suggested = visitor.page.locator("#suggestions button")
    suggested.first.wait_for()
    assert suggested.all_inner_texts() == ["What does “on call handbook” say?"]
    suggested.first.click()
    visitor.page.locator("article .answer").wait_for()
    assert visitor.page.locator("article .question").inner_text() == "What does “on call handbook” say?"


def test_documents_with_the_same_name_suggest_one_question(visit: Visit) -> None:
    names = ["handbook.txt", "handbook.txt", "handbook.md", "travel.txt"]
    visitor = open_with(visit, [document(number, name) for number, name in enumerate(names, start=1)])
    suggested = visitor.page.locator("#suggestions button")
    suggested.first.wait_for()
    assert suggested.all_inner_texts() == ["What does “travel” say?", "What does “handbook” say?"]


def test_a_cited_document_is_opened_by_its_link_and_a_deleted_one_is_explained(visit: Visit) -> None:
    visitor = open_with(visit, [])
    citation = {"uri": f"s3://docs/uploads/{IDS[1]}/plan.txt", "text": "The plan.", "score": 0.9}
    other = {"uri": "s3://docs/plan.txt", "text": "The plan.", "score": 0.9}
    answer_with(visitor, "See the plan [1].", [citation, other])
    article = visitor.ask("What is the plan?").article
    article.locator(".passage").first.locator("summary").click()
    article.locator(".passage").last.locator("summary").click()
    assert article.get_by_role("button", name="Open the document").count() == 1
    refuse(visitor, "GET", 404, "unknown_document", "x")
    article.get_by_role("button", name="Open the document").click()
    visitor.page.locator("#announcer").get_by_text("it was deleted").wait_for(state="attached")
    assert len(visitor.page.context.pages) == 1


def test_without_an_answer_the_list_stays_and_says_that_it_may_be_old(visit: Visit) -> None:
    visitor = open_with(visit, [document(1, "one.txt")])
    row(visitor, "one.txt").wait_for()
    visitor.page.unroute("**/prod/documents*")
    visitor.page.route("**/prod/documents*", lambda route: route.abort())
    visitor.page.locator("#all-refresh").click()
    visitor.page.locator("#all-error").get_by_text("The list may be out of date.").wait_for()
    assert names(visitor) == ["one.txt"]


def test_a_name_from_outside_is_shown_as_text(visit: Visit) -> None:
    visitor = open_with(visit, [document(1, "<img src=x onerror=alert(1)>\u202egpj.txt")])
    row(visitor, "<img").wait_for()
    assert "\u202e" not in names(visitor)[0]


@pytest.mark.parametrize("size", [(1280, 800), (390, 844)], ids=["desktop", "phone"])
def test_the_documents_fit_on_each_screen(visit: Visit, size: tuple[int, int], tmp_path_factory: Any) -> None:  # noqa: ANN401 - a fixture
    long = "a very long name of a document that nobody shortened before it was uploaded, version 12 (final).pdf"
    visitor = visit(opened=False, viewport={"width": size[0], "height": size[1]})
    list_documents(
        visitor, [document(1, "handbook.txt"), document(2, long), document(3, "c.txt", "failed", reason="x")]
    )
    visitor.open()
    if size[0] < 800:
        visitor.page.locator("#show-documents").click()
    row(visitor, "handbook.txt").get_by_role("button", name="Delete").click()
    visitor.page.screenshot(path=tmp_path_factory.mktemp("pictures") / f"documents-{size[0]}.png", full_page=True)
    assert visitor.page.evaluate("document.documentElement.scrollWidth <= innerWidth")

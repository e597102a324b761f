"""The page without faults: upload a document, wait until it is ready, ask, read the answer."""

import json
import re

from standby.rehearsal.rehearsal import Rehearsal
from tests.browser.conftest import Visit
from tests.browser.helpers import Visitor, answer_with, documents_named, text_file
from tests.e2e.helpers import Document


def uploaded(visitor: Visitor, document: Document) -> Document:
    visitor.upload(text_file(document.name, document.content))
    visitor.wait_for_state(document.name, "Ready")
    return document


def test_a_user_uploads_a_document_asks_about_it_and_opens_its_passage(visit: Visit, rehearsal: Rehearsal) -> None:
    visitor = visit()
    document = uploaded(visitor, Document())
    assert len(documents_named(rehearsal, "primary", document.name)) == 1
    answer = visitor.ask(document.question)
    assert answer.text == f"{document.content.decode().removesuffix('.')} 1."
    assert answer.sources == [document.name]
    passage = answer.article.locator(".passage").filter(has_text=document.name)
    assert not passage.locator("blockquote").is_visible()
    passage.locator("summary").click()
    assert passage.locator("blockquote").inner_text() == document.content.decode()
    assert re.fullmatch("Relevance: (high|medium|low)", passage.locator(".relevance").inner_text())
    assert answer.region == rehearsal.deployment.regions["primary"].region == visitor.region


def test_the_page_shows_the_upload_limits_in_advance(visit: Visit) -> None:
    limits = visit().page.locator("#limits").inner_text()
    assert "PDF" in limits
    assert "1 MB" in limits


def test_a_follow_up_question_finds_its_subject_in_the_conversation(visit: Visit) -> None:
    visitor = visit()
    document = uploaded(visitor, Document())
    visitor.ask(document.question)
    follow_up = visitor.ask("And how long does it take?")
    assert document.name in follow_up.sources
    sent = json.loads(visitor.requests_to("/docs")[-1].post_data or "")
    assert [turn["role"] for turn in sent["history"]] == ["user", "assistant"]
    assert sent["history"][0]["text"] == document.question


def test_the_conversation_survives_a_reload_until_a_new_one_starts(visit: Visit) -> None:
    visitor = visit()
    visitor.ask("What about annual leave?")
    visitor.page.reload()
    assert visitor.page.locator(".question").all_inner_texts() == ["What about annual leave?"]
    visitor.page.get_by_role("button", name="New conversation").click()
    assert visitor.page.locator("article").count() == 0
    visitor.page.get_by_role("button", name="Bring back the last conversation").click()
    assert visitor.page.locator(".question").count() == 1
    visitor.page.get_by_role("button", name="New conversation").click()
    visitor.page.reload()
    visitor.page.locator("#welcome").wait_for()
    assert visitor.page.locator("article").count() == 0


def test_clearing_deletes_the_conversation_and_the_list_permanently(visit: Visit) -> None:
    visitor = visit()
    clear = visitor.page.get_by_role("button", name="Clear conversation and list")
    assert not clear.is_visible()
    uploaded(visitor, Document())
    visitor.ask("What about annual leave?")
    clear.click()
    for _ in range(2):
        assert visitor.page.locator("article, #list li").count() == 0
        assert not visitor.page.get_by_role("button", name="Bring back the last conversation").is_visible()
        assert not clear.is_visible()
        assert visitor.page.evaluate("document.activeElement.id") in {"question", ""}
        assert "annual leave" not in visitor.page.evaluate(
            "JSON.stringify(localStorage) + JSON.stringify(sessionStorage)"
        )
        visitor.page.reload()


def test_an_ended_conversation_can_be_cleared_without_any_documents(visit: Visit) -> None:
    visitor = visit()
    visitor.ask("What about annual leave?")
    visitor.page.get_by_role("button", name="New conversation").click()
    visitor.page.get_by_role("button", name="Clear conversation and list").click()
    assert not visitor.page.get_by_role("button", name="Bring back the last conversation").is_visible()


def test_clearing_keeps_uploads_in_progress(visit: Visit) -> None:
    visitor = visit()
    visitor.limit_upload(10)
    visitor.upload(*(text_file(f"{number}.txt", b"x" * 100_000) for number in range(5)), text_file("no.exe", b"x"))
    visitor.wait_for_state("no.exe", "Not accepted")
    visitor.page.get_by_role("button", name="Clear conversation and list").click()
    states = visitor.page.locator("#list .state")
    assert sorted(states.all_inner_texts()) == ["Uploading"] * 3 + ["Waiting"] * 2


def test_an_answer_can_be_copied(visit: Visit) -> None:
    visitor = visit(permissions=["clipboard-read", "clipboard-write"])
    answer = visitor.ask("What about annual leave?")
    answer.article.get_by_role("button", name="Copy").click()
    answer.article.get_by_role("button", name="Copied").wait_for()
    assert visitor.page.evaluate("navigator.clipboard.readText()")


def test_without_faults_the_page_requests_only_its_configuration_once_a_minute(visit: Visit) -> None:
    visitor = visit(clock=True)
    # A busy machine may delay a real answer for so long that the page asks the other region: that is a fault.
    answer_with(visitor, "Thirty days.")
    visitor.ask("What about annual leave?")
    visitor.wait_until_idle()
    before = len(visitor.requests)
    for _ in range(5):
        visitor.page.clock.run_for(60_000)
        visitor.wait_until_idle()
    requested = [request.url for _, request in visitor.requests[before:]]
    assert {url.rpartition("/")[2] for url in requested} == {"config.json"}
    assert 4 <= len(requested) <= 6

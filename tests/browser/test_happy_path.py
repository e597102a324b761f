"""What a person does on a good day: upload, wait until it is ready, ask, read on."""

import json

from standby.rehearsal.core import Rehearsal
from tests.browser.conftest import Visit
from tests.browser.helpers import Visitor, documents_named, text_file
from tests.e2e.e2e_support import Document


def uploaded(visitor: Visitor, document: Document) -> Document:
    visitor.upload(text_file(document.name, document.content))
    visitor.wait_until(document.name, "Ready")
    return document


def test_a_document_is_uploaded_becomes_ready_is_asked_about_and_its_passage_opened(
    visit: Visit, rehearsal: Rehearsal
) -> None:
    visitor = visit()
    document = uploaded(visitor, Document())
    assert len(documents_named(rehearsal, "primary", document.name)) == 1
    answer = visitor.ask(document.question)
    passage = answer.article.locator(".passage").filter(has_text=document.name)
    assert not passage.locator("blockquote").is_visible()
    passage.locator("summary").click()
    assert passage.locator("blockquote").inner_text() == document.content.decode()
    assert passage.locator(".score").inner_text().startswith("score ")
    assert answer.region == rehearsal.deployment.regions["primary"].region == visitor.region


def test_the_page_names_what_may_be_uploaded_before_anybody_tries(visit: Visit) -> None:
    limits = visit().page.locator("#limits").inner_text()
    assert "PDF" in limits
    assert "1 MB" in limits


def test_a_follow_up_question_finds_its_subject_in_the_conversation(visit: Visit) -> None:
    visitor = visit()
    document = uploaded(visitor, Document())
    visitor.ask(document.question)
    follow_up = visitor.ask("And how long does it take?")
    assert document.name in follow_up.sources
    sent = json.loads(visitor.asked_for("/docs")[-1].post_data or "")
    assert [turn["role"] for turn in sent["history"]] == ["user", "assistant"]
    assert sent["history"][0]["text"] == document.question


def test_the_conversation_outlives_a_reload_and_ends_with_a_new_one(visit: Visit) -> None:
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


def test_clearing_forgets_the_conversation_and_the_list_for_good(visit: Visit) -> None:
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


def test_a_conversation_can_be_cleared_where_there_are_no_documents_even_once_it_has_ended(visit: Visit) -> None:
    visitor = visit()
    visitor.ask("What about annual leave?")
    visitor.page.get_by_role("button", name="New conversation").click()
    visitor.page.get_by_role("button", name="Clear conversation and list").click()
    assert not visitor.page.get_by_role("button", name="Bring back the last conversation").is_visible()


def test_clearing_loses_no_upload_that_is_sent_or_waits(visit: Visit) -> None:
    visitor = visit()
    visitor.upload_at(10)
    visitor.upload(*(text_file(f"{number}.txt", b"x" * 100_000) for number in range(5)), text_file("no.exe", b"x"))
    visitor.wait_until("no.exe", "Not taken")
    visitor.page.get_by_role("button", name="Clear conversation and list").click()
    states = visitor.page.locator("#list .state")
    assert sorted(states.all_inner_texts()) == ["Uploading"] * 3 + ["Waiting"] * 2


def test_an_answer_can_be_copied(visit: Visit) -> None:
    visitor = visit(permissions=["clipboard-read", "clipboard-write"])
    answer = visitor.ask("What about annual leave?")
    answer.article.get_by_role("button", name="Copy").click()
    answer.article.get_by_role("button", name="Copied").wait_for()
    assert visitor.page.evaluate("navigator.clipboard.readText()")


def test_a_healthy_page_asks_for_nothing_but_its_configuration_once_a_minute(visit: Visit) -> None:
    visitor = visit(clock=True)
    visitor.ask("What about annual leave?")
    before = len(visitor.requests)
    for _ in range(5):
        visitor.page.clock.run_for(60_000)
        visitor.page.wait_for_timeout(100)
    asked = [request.url for _, request in visitor.requests[before:]]
    assert {url.rpartition("/")[2] for url in asked} == {"config.json"}
    assert 4 <= len(asked) <= 6

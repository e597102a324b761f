"""Several tabs of one browser: none loses, outdates or misreads what another one keeps."""

import json

from standby.rehearsal.core import Rehearsal
from tests.browser.conftest import Visit
from tests.browser.helpers import Visitor, text_file, write_config
from tests.browser.test_config import config_for
from tests.e2e.e2e_support import Document

QUESTION = "What about annual leave?"


def names(visitor: Visitor) -> list[str]:
    return visitor.page.locator("#list .name").all_inner_texts()


def questions(visitor: Visitor) -> list[str]:
    return visitor.page.locator(".question").all_inner_texts()


def test_documents_of_every_tab_are_kept_and_what_one_removes_comes_back_in_none(visit: Visit) -> None:
    first = visit()
    second = visit(beside=first)
    older, newer = Document(), Document()
    first.upload(text_file(older.name, older.content))
    second.wait_until(older.name, "Ready")
    second.upload(text_file(newer.name, newer.content))
    first.wait_until(newer.name, "Ready")
    assert names(visit(beside=first)) == names(first) == names(second) == [newer.name, older.name]
    second.document(older.name).get_by_role("button", name="Remove").click()
    first.document(older.name).wait_for(state="detached")
    first.upload(text_file("program.exe", b"x"))
    second.wait_until("program.exe", "Not taken")
    assert names(visit(beside=first)) == ["program.exe", newer.name]


def test_an_upload_that_goes_on_in_another_tab_is_shown_as_that_until_the_tab_is_closed(visit: Visit) -> None:
    first = visit()
    second = visit(beside=first)
    first.upload_at(10)
    slow = text_file("slow.txt", b"x" * 100_000)
    first.upload(slow)
    for visitor in (second, visit(beside=first)):
        visitor.wait_until("slow.txt", "Uploading in another tab")
        assert visitor.document("slow.txt").get_by_role("button").count() == 0
    first.page.close()
    second.wait_until("slow.txt", "Interrupted")
    assert "choose the file again" in second.document("slow.txt").inner_text()


def test_the_highest_generation_that_any_tab_has_seen_holds_in_all(visit: Visit, rehearsal: Rehearsal) -> None:
    first = visit(clock=True)
    second = visit(beside=first)
    write_config(rehearsal, config_for(rehearsal, "failover", generation=801))
    second.page.reload()
    for visitor in (second, first):
        visitor.see_region(rehearsal.deployment.regions["failover"].region)
    write_config(rehearsal, config_for(rehearsal, "primary", generation=800))
    before = len(first.requests)
    first.page.clock.fast_forward(70_000)
    first.until(lambda: len(first.requests) > before, what="config.json again")
    first.page.wait_for_timeout(300)
    for visitor in (first, second, visit(beside=first)):
        assert visitor.region == rehearsal.deployment.regions["failover"].region
    kept = json.loads(first.page.evaluate("localStorage['ask.config']"))
    assert (kept["generation"], kept["highest"]) == (801, 801)


def test_each_tab_has_its_own_conversation_and_a_new_one_may_bring_the_last_back(visit: Visit) -> None:
    first = visit()
    second = visit(beside=first)
    second.ask("Asked in the second?")
    first.ask("Asked in the first?")
    for visitor, question in ((first, "Asked in the first?"), (second, "Asked in the second?")):
        visitor.page.reload()
        assert questions(visitor) == [question]
    third = visit(beside=first)
    assert questions(third) == []
    third.page.get_by_role("button", name="Bring back the last conversation").click()
    assert questions(third) == ["Asked in the first?"]


def test_what_is_cleared_in_one_tab_is_forgotten_in_all(visit: Visit) -> None:
    first = visit()
    second = visit(beside=first)
    document = Document()
    first.upload(text_file(document.name, document.content))
    second.wait_until(document.name, "Ready")
    for visitor in (first, second):
        visitor.ask(QUESTION)
    first.page.get_by_role("button", name="Clear conversation and list").click()
    second.page.locator("#welcome").wait_for()
    for visitor in (first, second, visit(beside=first)):
        assert questions(visitor) == names(visitor) == []
        assert not visitor.page.get_by_role("button", name="Bring back the last conversation").is_visible()
        kept = visitor.page.evaluate("JSON.stringify(localStorage) + JSON.stringify(sessionStorage)")
        assert QUESTION not in kept
        assert document.name not in kept

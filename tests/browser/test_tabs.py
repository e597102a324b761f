"""Several tabs of one browser share documents and configuration, and each has its own conversation."""

from standby.rehearsal.rehearsal import Rehearsal
from tests.browser.conftest import Visit
from tests.browser.helpers import (
    Visitor,
    answer_ingestion_status,
    config_for,
    delay_storage,
    deliver_storage,
    stored_configs,
    text_file,
    write_config,
)
from tests.e2e.helpers import Document

QUESTION = "What about annual leave?"


def names(visitor: Visitor) -> list[str]:
    return visitor.page.locator("#list .name").all_inner_texts()


def questions(visitor: Visitor) -> list[str]:
    return visitor.page.locator(".question").all_inner_texts()


def test_every_tab_lists_all_documents_and_a_removed_one_returns_in_none(visit: Visit) -> None:
    first = visit()
    second = visit(same_browser_as=first)
    older, newer = Document(), Document()
    first.upload(text_file(older.name, older.content))
    second.wait_for_state(older.name, "Ready")
    second.upload(text_file(newer.name, newer.content))
    first.wait_for_state(newer.name, "Ready")
    assert names(visit(same_browser_as=first)) == names(first) == names(second) == [newer.name, older.name]
    second.document(older.name).get_by_role("button", name="Delete").click()
    second.document(older.name).get_by_role("button", name="Delete for everyone").click()
    first.document(older.name).wait_for(state="detached")
    first.upload(text_file("program.exe", b"x"))
    second.wait_for_state("program.exe", "Not accepted")
    assert names(visit(same_browser_as=first)) == ["program.exe", newer.name]


def test_an_upload_in_another_tab_is_shown_as_such_until_that_tab_is_closed(visit: Visit) -> None:
    first = visit()
    second = visit(same_browser_as=first)
    first.limit_upload(10)
    slow = text_file("slow.txt", b"x" * 100_000)
    first.upload(slow)
    for visitor in (second, visit(same_browser_as=first)):
        visitor.wait_for_state("slow.txt", "Uploading in another tab")
        assert visitor.document("slow.txt").get_by_role("button").count() == 0
    first.page.close()
    second.wait_for_state("slow.txt", "Interrupted")
    assert "Choose the file again" in second.document("slow.txt").inner_text()


def test_the_highest_generation_that_any_tab_has_read_wins_in_all_tabs(visit: Visit, rehearsal: Rehearsal) -> None:
    first = visit(clock=True)
    second = visit(same_browser_as=first)
    write_config(rehearsal, config_for(rehearsal, "failover", generation=801))
    second.page.reload()
    for visitor in (second, first):
        visitor.wait_for_region(rehearsal.deployment.regions["failover"].region)
    write_config(rehearsal, config_for(rehearsal, "primary", generation=800))
    before = len(first.requests)
    first.page.clock.fast_forward(70_000)
    first.wait_until(lambda: len(first.requests) > before, what="config.json is read again")
    first.page.wait_for_timeout(300)
    for visitor in (first, second, visit(same_browser_as=first)):
        assert visitor.region == rehearsal.deployment.regions["failover"].region
    assert {highest: config["generation"] for highest, config in stored_configs(first).items()} == {"801": 801}


def test_a_tab_that_does_not_know_of_a_newer_generation_yet_does_not_replace_it(
    visit: Visit, rehearsal: Rehearsal
) -> None:
    first = visit()
    second = visit(opened=False, clock=True, same_browser_as=first)
    delay_storage(second)
    second.open()
    write_config(rehearsal, config_for(rehearsal, "failover", generation=801))
    first.page.reload()
    first.wait_for_region(rehearsal.deployment.regions["failover"].region)
    write_config(rehearsal, config_for(rehearsal, "primary", generation=800))
    before = len(second.requests_to("/config.json"))
    second.page.clock.fast_forward(70_000)
    second.wait_until(lambda: "800" in stored_configs(second), what="the older configuration is stored")
    assert len(second.requests_to("/config.json")) > before
    deliver_storage(second)
    for visitor in (second, visit(same_browser_as=first)):
        visitor.wait_for_region(rehearsal.deployment.regions["failover"].region)


def test_a_tab_that_does_not_know_of_a_new_document_yet_does_not_lose_it(visit: Visit) -> None:
    first = visit()
    second = visit(opened=False, same_browser_as=first)
    delay_storage(second)
    second.open()
    first.upload(text_file("first.exe", b"x"))
    first.wait_for_state("first.exe", "Not accepted")
    second.upload(text_file("second.exe", b"x"))
    second.wait_for_state("second.exe", "Not accepted")
    assert names(second) == ["second.exe"]
    deliver_storage(second)
    first.document("second.exe").wait_for()
    assert names(second) == names(first) == names(visit(same_browser_as=first)) == ["second.exe", "first.exe"]


def test_a_tab_that_does_not_know_of_a_removal_yet_does_not_bring_the_document_back(visit: Visit) -> None:
    first = visit()
    written = Document()
    answer_ingestion_status(first)
    first.upload(text_file(written.name, written.content))
    first.wait_for_state(written.name, "Uploaded")
    second = visit(opened=False, same_browser_as=first)
    answer_ingestion_status(second)
    delay_storage(second)
    second.open()
    first.page.get_by_role("button", name="Clear conversation and list").click()
    job = {"jobId": "J", "status": "COMPLETE", "startedAt": "2999-01-01T00:00:00.000Z", "statistics": {}}
    answer_ingestion_status(second, job)
    second.wait_for_state(written.name, "Ready")
    deliver_storage(second)
    second.document(written.name).wait_for(state="detached")
    assert names(first) == names(second) == names(visit(same_browser_as=first)) == []


def test_the_stored_values_of_earlier_versions_are_kept(visit: Visit, rehearsal: Rehearsal) -> None:
    visitor = visit()
    document = {"id": "1", "name": "old.txt", "size": 7, "state": "ready", "addedAt": 1, "tab": "t", "digest": "d"}
    config = {**config_for(rehearsal, "failover", generation=900), "highest": 900}
    visitor.page.evaluate(
        """([documents, config]) => {
          localStorage.clear();
          localStorage["ask.documents"] = JSON.stringify(documents);
          localStorage["ask.config"] = JSON.stringify(config);
        }""",
        [[document], config],
    )
    visitor.page.reload()
    visitor.wait_for_state("old.txt", "Ready")
    visitor.wait_for_region(rehearsal.deployment.regions["failover"].region)
    visitor.document("old.txt").get_by_role("button", name="Hide").click()
    visitor.page.reload()
    visitor.page.locator("#limits:not(:empty)").wait_for(state="attached")
    assert names(visitor) == []


def test_each_tab_has_its_own_conversation_and_a_new_tab_can_bring_back_the_last_one(visit: Visit) -> None:
    first = visit()
    second = visit(same_browser_as=first)
    second.ask("Asked in the second?")
    first.ask("Asked in the first?")
    for visitor, question in ((first, "Asked in the first?"), (second, "Asked in the second?")):
        visitor.page.reload()
        assert questions(visitor) == [question]
    third = visit(same_browser_as=first)
    assert questions(third) == []
    third.page.get_by_role("button", name="Bring back the last conversation").click()
    assert questions(third) == ["Asked in the first?"]


def test_clearing_in_one_tab_clears_all_tabs(visit: Visit) -> None:
    first = visit()
    second = visit(same_browser_as=first)
    document = Document()
    first.upload(text_file(document.name, document.content))
    second.wait_for_state(document.name, "Ready")
    for visitor in (first, second):
        visitor.ask(QUESTION)
    first.page.get_by_role("button", name="Clear conversation and list").click()
    second.page.locator("#welcome").wait_for()
    second.document(document.name).wait_for(state="detached")
    for visitor in (first, second, visit(same_browser_as=first)):
        assert questions(visitor) == names(visitor) == []
        assert not visitor.page.get_by_role("button", name="Bring back the last conversation").is_visible()
        stored = visitor.page.evaluate("JSON.stringify(localStorage) + JSON.stringify(sessionStorage)")
        assert QUESTION not in stored
        assert document.name not in stored

"""Uploads: concurrent, rejected, canceled, and interrupted by the failure of a region."""

import os
import re
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Route, expect

from standby.deployment.manifest import ROLES
from standby.rehearsal.faults.faults import FaultKind, Faults
from standby.rehearsal.rehearsal import Rehearsal
from tests.browser.conftest import Visit
from tests.browser.helpers import (
    Visitor,
    documents_named,
    hold_requests,
    lose_response,
    stored_documents,
    text_file,
    wait_for,
)
from tests.e2e.helpers import Document

MEGABYTE = 1024 * 1024


def wait_for_progress(visitor: Visitor, name: str, *, above: float) -> None:
    bar = visitor.document(name).locator("progress")
    visitor.wait_until(lambda: bar.evaluate("bar => bar.value") > above, what="progress")


def assert_one_document_in_both_regions(rehearsal: Rehearsal, name: str) -> None:
    """Heal every fault; then both regions have one document, under the same key."""
    Faults(rehearsal).heal()

    def keys() -> list[list[str]]:
        found = [documents_named(rehearsal, role, name) for role in ROLES]
        return found if all(found) else []

    wait_for(keys, what="the document in both regions")
    primary, failover = keys()
    assert primary == failover
    assert len(primary) == 1


def test_several_files_are_uploaded_concurrently_and_each_becomes_ready(visit: Visit, rehearsal: Rehearsal) -> None:
    visitor = visit()
    documents = [Document() for _ in range(4)]
    visitor.upload(*(text_file(document.name, document.content) for document in documents))
    for document in documents:
        visitor.wait_for_state(document.name, "Ready")
        assert len(documents_named(rehearsal, "primary", document.name)) == 1


def drop(visitor: Visitor, document: Document) -> None:
    """Drop a file on the page, always the same one for the same document."""
    transfer = visitor.page.evaluate_handle(
        """([name, text]) => {
            const transfer = new DataTransfer();
            transfer.items.add(new File([text], name, {type: "text/plain", lastModified: 1}));
            return transfer;
        }""",
        [document.name, document.content.decode()],
    )
    visitor.page.dispatch_event("body", "dragover", {"dataTransfer": transfer})
    assert "drag-over" in (visitor.page.locator("body").get_attribute("class") or "")
    visitor.page.dispatch_event("body", "drop", {"dataTransfer": transfer})


def drop_look_alikes(visitor: Visitor, name: str, *texts: str) -> None:
    """Drop files of one name, size and time at once."""
    transfer = visitor.page.evaluate_handle(
        """([name, texts]) => {
            const transfer = new DataTransfer();
            for (const text of texts) transfer.items.add(new File([text], name, {type: "text/plain", lastModified: 1}));
            return transfer;
        }""",
        [name, list(texts)],
    )
    visitor.page.dispatch_event("body", "drop", {"dataTransfer": transfer})


@pytest.mark.parametrize("drops", [(("one", "two"),), (("one",), ("two",))], ids=["at once", "after the upload"])
def test_two_files_that_look_alike_are_two_documents(
    visit: Visit, rehearsal: Rehearsal, drops: tuple[tuple[str, ...], ...]
) -> None:
    visitor, name, number = visit(), Document().name, 0
    for texts in drops:
        drop_look_alikes(visitor, name, *texts)
        number += len(texts)
        wait_for(partial(has_documents, rehearsal, name, number), what="each file is a document")
        rows = visitor.document(name)
        expect(rows).to_have_count(number)
        for row in range(number):
            rows.nth(row).locator(".state").get_by_text("Ready", exact=True).wait_for()


def test_the_same_file_that_is_dropped_again_stays_one_document(visit: Visit, rehearsal: Rehearsal) -> None:
    visitor, document = visit(), Document()
    drop(visitor, document)
    visitor.wait_for_state(document.name, "Ready")
    drop(visitor, document)
    visitor.document(document.name).get_by_text("This file was uploaded before.").wait_for()
    expect(visitor.document(document.name)).to_have_count(1)
    assert len(visitor.requests_to("/upload")) == 1
    assert len(documents_named(rehearsal, "primary", document.name)) == 1


def test_a_look_alike_that_is_dropped_during_the_upload_is_uploaded_too(visit: Visit, rehearsal: Rehearsal) -> None:
    visitor, name = visit(), Document().name
    held, release = hold_requests(visitor, "**/*-docs-*/**")
    drop_look_alikes(visitor, name, "one")
    visitor.wait_until(lambda: held, what="the first file on its way")
    drop_look_alikes(visitor, name, "one")
    drop_look_alikes(visitor, name, "two")
    expect(visitor.document(name)).to_have_count(2)
    release()
    wait_for(partial(has_documents, rehearsal, name, 2), what="each file is a document")


def test_a_file_that_was_changed_after_it_was_chosen_is_called_so_and_not_sent_again(
    visit: Visit, tmp_path: Path
) -> None:
    visitor, path = visit(), tmp_path / Document().name
    path.write_text("As it was chosen.")
    held, release = hold_requests(visitor, "**/prod/upload")
    visitor.page.locator("#files").set_input_files(path)
    visitor.wait_until(lambda: held, what="the upload has begun")
    path.write_text("As it was saved a moment later.")
    os.utime(path, (1_000_000_000, 1_000_000_000))
    release()
    visitor.wait_for_state(path.name, "Interrupted", seconds=5)
    row = visitor.document(path.name)
    assert "was changed, moved or deleted after it was chosen. Choose it again." in row.inner_text()
    assert row.get_by_role("button", name="Upload again").count() == 0
    assert len(visitor.requests_to("/upload")) == 1
    visitor.page.locator("#files").set_input_files(path)
    visitor.wait_for_state(path.name, "Ready")


def has_documents(rehearsal: Rehearsal, name: str, number: int) -> bool:
    return len(documents_named(rehearsal, "primary", name)) == number


def test_limits_that_could_not_be_read_are_read_again_when_a_file_is_added(visit: Visit) -> None:
    visitor, name = visit(opened=False), Document().name.replace(".txt", ".csv")
    answers = iter([503])

    def answer(route: Route) -> None:
        status = next(answers, 200)
        route.continue_() if status == 200 else route.fulfill(status=status, body="no")

    visitor.page.route("**/limits.json", answer)
    visitor.open()
    assert "could not be read" in visitor.page.locator("#limits").inner_text()
    visitor.upload(text_file(name, b"a,b\n1,2\n", kind="application/vnd.ms-excel"))
    visitor.wait_for_state(name, "Ready")
    assert "CSV" in visitor.page.locator("#limits").inner_text()
    assert ".csv" in (visitor.page.locator("#files").get_attribute("accept") or "")


def test_files_can_be_dropped_on_the_page(visit: Visit) -> None:
    visitor, document = visit(), Document()
    drop(visitor, document)
    visitor.wait_for_state(document.name, "Ready")


@pytest.mark.parametrize(
    "name,content,reason",
    [
        ("program.exe", b"x", "Files of this type are not accepted"),
        ("empty.txt", b"", "The file is empty"),
        ("large.txt", b"x" * (MEGABYTE + 1), "The limit is 1 MB"),
        ("notes.txt.metadata.json", b"{}", "not accepted"),
    ],
)
def test_a_file_that_is_not_accepted_is_rejected_with_the_reason_and_not_sent(
    visit: Visit, name: str, content: bytes, reason: str
) -> None:
    visitor = visit()
    visitor.upload(text_file(name, content))
    visitor.wait_for_state(name, "Not accepted")
    assert reason in visitor.document(name).locator(".reason").inner_text()
    assert visitor.requests_to("/upload") == []


def test_without_limits_the_page_shows_the_message_of_the_api(visit: Visit) -> None:
    visitor = visit(opened=False)
    visitor.page.route("**/limits.json", lambda route: route.fulfill(status=404, body="gone"))
    visitor.open()
    visitor.upload(text_file("program.exe", b"x"), text_file("large.txt", b"x" * (MEGABYTE + 1)))
    visitor.wait_for_state("program.exe", "Not accepted")
    assert "Accepted: .csv" in visitor.document("program.exe").inner_text()
    visitor.wait_for_state("large.txt", "Not accepted")
    assert "larger than 1048576 bytes" in visitor.document("large.txt").inner_text()


def test_an_upload_can_be_canceled_and_started_again(visit: Visit, rehearsal: Rehearsal) -> None:
    visitor = visit()
    name = Document().name
    visitor.limit_upload(100_000)
    visitor.upload(text_file(name, b"x " * 80_000))
    wait_for_progress(visitor, name, above=0.1)
    visitor.document(name).get_by_role("button", name="Cancel").click()
    visitor.wait_for_state(name, "Canceled")
    assert documents_named(rehearsal, "primary", name) == []
    visitor.limit_upload(-1)
    visitor.document(name).get_by_role("button", name="Upload again").click()
    visitor.wait_for_state(name, "Ready")
    assert len(documents_named(rehearsal, "primary", name)) == 1


def test_an_upload_that_a_failing_region_interrupts_is_stored_exactly_once(visit: Visit, rehearsal: Rehearsal) -> None:
    visitor = visit()
    name = Document().name
    visitor.limit_upload(100_000)
    visitor.upload(text_file(name, b"x " * 100_000))
    wait_for_progress(visitor, name, above=0.2)
    Faults(rehearsal).set("region-down", "primary")
    visitor.wait_for_state(name, "Ready")
    region = stored_documents(visitor)[0]["region"]
    assert region == rehearsal.deployment.regions["failover"].region
    assert_one_document_in_both_regions(rehearsal, name)


@pytest.mark.parametrize("kind", ["region-down", "region-black-hole", "s3-errors"])
def test_an_upload_that_succeeded_and_whose_response_was_lost_is_stored_exactly_once(
    visit: Visit, rehearsal: Rehearsal, kind: FaultKind
) -> None:
    visitor = visit()
    document = Document()
    stored: list[int] = []

    def fail_region() -> None:
        stored.append(len(documents_named(rehearsal, "primary", document.name)))
        Faults(rehearsal).set(kind, "primary")

    lose_response(visitor, "*-docs-*", fail_region)
    visitor.upload(text_file(document.name, document.content))
    sent = visitor.document(document.name).locator(".state").filter(has_text=re.compile("Uploaded|Processing|Ready"))
    sent.wait_for()
    assert stored == [1]
    assert_one_document_in_both_regions(rehearsal, document.name)


def test_an_interrupted_file_that_is_chosen_again_after_a_reload_stays_one_document(
    visit: Visit, rehearsal: Rehearsal
) -> None:
    visitor, document = visit(), Document()
    visitor.limit_upload(10)
    drop(visitor, document)
    visitor.wait_for_state(document.name, "Uploading")
    visitor.page.reload()
    visitor.wait_for_state(document.name, "Interrupted")
    visitor.limit_upload(-1)
    drop(visitor, document)
    visitor.wait_for_state(document.name, "Ready")
    assert_one_document_in_both_regions(rehearsal, document.name)


def test_a_document_that_could_not_be_ingested_shows_the_reason(visit: Visit) -> None:
    visitor, document = visit(), Document()
    job = {
        "jobId": "J",
        "status": "COMPLETE",
        "startedAt": "2999-01-01T00:00:00.000Z",
        "statistics": {"numberOfDocumentsScanned": 2, "numberOfDocumentsFailed": 1},
    }

    def fail(route: Route) -> None:
        key = stored_documents(visitor)[0]["key"]
        answer = {"region": "us-west-2", "jobs": [{**job, "failureReasons": [f"It could not be read: {key}"]}]}
        route.fulfill(headers={"Access-Control-Allow-Origin": visitor.url}, json=answer)

    visitor.page.route("**/prod/ingestion-status", fail)
    visitor.upload(text_file(document.name, document.content))
    visitor.wait_for_state(document.name, "Failed")
    assert "could not be read" in visitor.document(document.name).inner_text()

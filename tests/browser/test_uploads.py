"""Uploads: several at once, refused ones, cancelled ones, and those that a dying region cuts."""

import re

import pytest
from playwright.sync_api import Route

from standby.manifest import ROLES
from standby.rehearsal.core import Rehearsal
from standby.rehearsal.faults import FaultKind, Faults
from tests.browser.conftest import Visit
from tests.browser.helpers import Visitor, documents_named, lose_the_answer, text_file, wait_for
from tests.e2e.e2e_support import Document

MEGABYTE = 1024 * 1024


def wait_for_part(visitor: Visitor, name: str, *, above: float) -> None:
    bar = visitor.document(name).locator("progress")
    visitor.until(lambda: bar.evaluate("bar => bar.value") > above, what="progress")


def everywhere_once(rehearsal: Rehearsal, name: str) -> None:
    """After everything is well again, both regions have the one document, under one key."""
    Faults(rehearsal).heal()

    def keys() -> list[list[str]]:
        found = [documents_named(rehearsal, role, name) for role in ROLES]
        return found if all(found) else []

    wait_for(keys, what="the document in both regions")
    primary, failover = keys()
    assert primary == failover
    assert len(primary) == 1


def test_several_files_are_uploaded_at_once_and_each_becomes_ready(visit: Visit, rehearsal: Rehearsal) -> None:
    visitor = visit()
    documents = [Document() for _ in range(4)]
    visitor.upload(*(text_file(document.name, document.content) for document in documents))
    for document in documents:
        visitor.wait_until(document.name, "Ready")
        assert len(documents_named(rehearsal, "primary", document.name)) == 1


def drop(visitor: Visitor, document: Document) -> None:
    """Drop one and the same file of a disk on the page."""
    chosen = visitor.page.evaluate_handle(
        """([name, text]) => {
            const transfer = new DataTransfer();
            transfer.items.add(new File([text], name, {type: "text/plain", lastModified: 1}));
            return transfer;
        }""",
        [document.name, document.content.decode()],
    )
    visitor.page.dispatch_event("body", "dragover", {"dataTransfer": chosen})
    assert "dropping" in (visitor.page.locator("body").get_attribute("class") or "")
    visitor.page.dispatch_event("body", "drop", {"dataTransfer": chosen})


def test_files_may_be_dropped_on_the_page(visit: Visit) -> None:
    visitor, document = visit(), Document()
    drop(visitor, document)
    visitor.wait_until(document.name, "Ready")


@pytest.mark.parametrize(
    "name,content,why",
    [
        ("program.exe", b"x", "Files of this type are not taken"),
        ("empty.txt", b"", "The file is empty"),
        ("large.txt", b"x" * (MEGABYTE + 1), "the largest that is taken has 1 MB"),
        ("notes.txt.metadata.json", b"{}", "not taken"),
    ],
)
def test_a_file_that_is_not_taken_is_refused_with_the_reason_and_nothing_is_sent(
    visit: Visit, name: str, content: bytes, why: str
) -> None:
    visitor = visit()
    visitor.upload(text_file(name, content))
    visitor.wait_until(name, "Not taken")
    assert why in visitor.document(name).locator(".reason").inner_text()
    assert visitor.asked_for("/upload") == []


def test_where_the_page_knows_no_limits_the_apis_own_words_explain(visit: Visit) -> None:
    visitor = visit(opened=False)
    visitor.page.route("**/limits.json", lambda route: route.fulfill(status=404, body="gone"))
    visitor.open()
    visitor.upload(text_file("program.exe", b"x"), text_file("large.txt", b"x" * (MEGABYTE + 1)))
    visitor.wait_until("program.exe", "Not taken")
    assert "Accepted: .csv" in visitor.document("program.exe").inner_text()
    visitor.wait_until("large.txt", "Not taken")
    assert "larger than 1048576 bytes" in visitor.document("large.txt").inner_text()


def test_an_upload_can_be_cancelled_and_begun_again(visit: Visit, rehearsal: Rehearsal) -> None:
    visitor = visit()
    name = Document().name
    visitor.upload_at(100_000)
    visitor.upload(text_file(name, b"x " * 80_000))
    wait_for_part(visitor, name, above=0.1)
    visitor.document(name).get_by_role("button", name="Cancel").click()
    visitor.wait_until(name, "Cancelled")
    assert documents_named(rehearsal, "primary", name) == []
    visitor.upload_at(-1)
    visitor.document(name).get_by_role("button", name="Upload again").click()
    visitor.wait_until(name, "Ready")
    assert len(documents_named(rehearsal, "primary", name)) == 1


def test_an_upload_that_the_death_of_its_region_cuts_in_the_middle_ends_up_exactly_once(
    visit: Visit, rehearsal: Rehearsal
) -> None:
    visitor = visit()
    name = Document().name
    visitor.upload_at(100_000)
    visitor.upload(text_file(name, b"x " * 100_000))
    wait_for_part(visitor, name, above=0.2)
    Faults(rehearsal).set("region-down", "primary")
    visitor.wait_until(name, "Ready")
    kept = visitor.page.evaluate("JSON.parse(localStorage['ask.documents'])[0].region")
    assert kept == rehearsal.deployment.regions["failover"].region
    everywhere_once(rehearsal, name)


@pytest.mark.parametrize("kind", ["region-down", "region-black-hole", "s3-errors"])
def test_an_upload_that_was_taken_and_whose_answer_was_lost_ends_up_exactly_once(
    visit: Visit, rehearsal: Rehearsal, kind: FaultKind
) -> None:
    visitor = visit()
    document = Document()
    lost: list[int] = []

    def die() -> None:
        lost.append(len(documents_named(rehearsal, "primary", document.name)))
        Faults(rehearsal).set(kind, "primary")

    lose_the_answer(visitor, "*-docs-*", die)
    visitor.upload(text_file(document.name, document.content))
    arrived = visitor.document(document.name).locator(".state").filter(has_text=re.compile("Uploaded|ingested|Ready"))
    arrived.wait_for()
    assert lost == [1]
    everywhere_once(rehearsal, document.name)


def test_a_file_that_is_chosen_again_after_a_closed_page_stays_one_document(visit: Visit, rehearsal: Rehearsal) -> None:
    visitor, document = visit(), Document()
    visitor.upload_at(10)
    drop(visitor, document)
    visitor.wait_until(document.name, "Uploading")
    visitor.page.reload()
    visitor.wait_until(document.name, "Interrupted")
    visitor.upload_at(-1)
    for _ in range(2):
        drop(visitor, document)
        visitor.wait_until(document.name, "Ready")
    everywhere_once(rehearsal, document.name)


def test_a_document_that_could_not_be_ingested_says_why(visit: Visit) -> None:
    visitor, document = visit(), Document()
    job = {
        "jobId": "J",
        "status": "COMPLETE",
        "startedAt": "2999-01-01T00:00:00.000Z",
        "statistics": {"numberOfDocumentsScanned": 2, "numberOfDocumentsFailed": 1},
    }

    def fail(route: Route) -> None:
        key = visitor.page.evaluate("JSON.parse(localStorage['ask.documents'])[0].key")
        answer = {"region": "us-west-2", "jobs": [{**job, "failureReasons": [f"It could not be read: {key}"]}]}
        route.fulfill(headers={"Access-Control-Allow-Origin": visitor.url}, json=answer)

    visitor.page.route("**/prod/ingestion-status", fail)
    visitor.upload(text_file(document.name, document.content))
    visitor.wait_until(document.name, "Failed")
    assert "could not be read" in visitor.document(document.name).inner_text()

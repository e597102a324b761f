"""What became of a document: what the page concludes from jobs that succeed, fail, and are tried again."""

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from tests.browser.conftest import Visit
from tests.browser.helpers import Visitor, text_file
from tests.e2e.e2e_support import Document

if TYPE_CHECKING:
    from playwright.sync_api import Route

KEY: Final = "uploads/k/a.txt"
BEFORE, LATER, LATEST = ("2026-11-24T11:59:00Z", "2026-11-24T12:05:00Z", "2026-11-24T12:10:00Z")
NAMED: Final = {"statistics": {"numberOfDocumentsFailed": 1}, "failureReasons": [f"unreadable: {KEY}"]}
TRIED_AGAIN: Final = "An ingestion has failed, and it is tried again."


def job(at: str, status: str, **more: object) -> dict[str, Any]:
    return {"startedAt": at, "status": status, "statistics": {}, "failureReasons": [], **more}


CASES: Final = {
    "no job": ([], "uploaded", ""),
    "only an earlier one": ([job(BEFORE, "COMPLETE")], "uploaded", ""),
    "running": ([job(LATER, "IN_PROGRESS")], "ingesting", ""),
    "read": ([job(LATER, "COMPLETE")], "ready", ""),
    "read, and a later one failed": ([job(LATEST, "FAILED"), job(LATER, "COMPLETE")], "ready", ""),
    "read, and a later one runs": ([job(LATEST, "IN_PROGRESS"), job(LATER, "COMPLETE")], "ready", ""),
    "failed": ([job(LATER, "FAILED", failureReasons=["throttled"])], "uploaded", f"{TRIED_AGAIN} throttled"),
    "stopped": ([job(LATER, "STOPPED", failureReasons=["by hand"])], "uploaded", f"{TRIED_AGAIN} by hand"),
    "failed, and tried again": ([job(LATEST, "STARTING"), job(LATER, "FAILED")], "ingesting", ""),
    "named": ([job(LATER, "COMPLETE", **NAMED)], "failed", f"unreadable: {KEY}"),
    "named, and a later one failed": (
        [job(LATEST, "FAILED"), job(LATER, "COMPLETE", **NAMED)],
        "failed",
        f"unreadable: {KEY}",
    ),
    "named, and read by a later one": ([job(LATEST, "COMPLETE"), job(LATER, "COMPLETE", **NAMED)], "ready", ""),
}


def test_a_document_is_ready_once_a_job_has_read_it_and_failed_once_one_has_named_it(visit: Visit) -> None:
    conclude = """async cases => {
        const { stateFrom } = await import("/ingestion.js");
        const uploadedAt = Date.parse("2026-11-24T12:00:00Z");
        const document = { region: "here", uploadedAt, key: "uploads/k/a.txt", state: "uploaded" };
        return cases.map(jobs => stateFrom({ region: "here", jobs }, document));
    }"""
    found = visit().page.evaluate(conclude, [jobs for jobs, _, _ in CASES.values()])
    expected = {name: {"state": state, "reason": reason} for name, (_, state, reason) in CASES.items()}
    assert dict(zip(CASES, found, strict=True)) == expected


def tell(visitor: Visitor, *jobs: dict[str, Any]) -> None:
    """Have /ingestion-status tell of these jobs."""
    visitor.page.unroute("**/prod/ingestion-status")
    answer = {"region": "us-west-2", "jobs": jobs}
    headers = {"Access-Control-Allow-Origin": visitor.url}
    visitor.page.route("**/prod/ingestion-status", lambda route: route.fulfill(json=answer, headers=headers))


def test_a_job_that_broke_down_is_explained_and_the_one_after_it_makes_the_document_ready(visit: Visit) -> None:
    visitor, document = visit(), Document()
    tell(visitor, job("2999-01-01T00:00:00Z", "FAILED", failureReasons=["throttled"]))
    visitor.upload(text_file(document.name, document.content))
    visitor.document(document.name).get_by_text(f"{TRIED_AGAIN} throttled").wait_for()
    visitor.wait_until(document.name, "Uploaded")
    tell(visitor, job("2999-01-01T00:01:00Z", "COMPLETE"), job("2999-01-01T00:00:00Z", "FAILED"))
    visitor.wait_until(document.name, "Ready")
    assert visitor.document(document.name).locator(".reason").count() == 0


def test_a_job_that_began_while_the_file_was_still_sent_has_not_read_it(visit: Visit) -> None:
    visitor, document = visit(), Document()
    held: list[Route] = []
    visitor.page.route("**/*-docs-*/**", lambda route: held.append(route))  # noqa: PLW0108 - Playwright takes no built-in
    # Late in the second: what is said of the presigned POST, in whole seconds, is then long past.
    visitor.until(lambda: 0.6 < time.time() % 1 < 0.7, what="the second's end")
    visitor.upload(text_file(document.name, document.content))
    visitor.until(lambda: held, what="the file on its way")
    visitor.page.wait_for_timeout(200)
    began = datetime.now(tz=UTC)
    tell(visitor, job(began.isoformat(), "COMPLETE"))
    visitor.page.wait_for_timeout(400)
    held[0].continue_()
    visitor.until(lambda: len(visitor.asked_for("/ingestion-status")) > 1, what="asked what became of it")
    visitor.wait_until(document.name, "Uploaded")
    tell(visitor, job("2999-01-01T00:00:00Z", "COMPLETE"))
    visitor.wait_until(document.name, "Ready")


def test_after_a_quarter_of_an_hour_the_page_asks_no_more_what_became_of_a_document(visit: Visit) -> None:
    visitor, document = visit(clock=True), Document()
    tell(visitor)
    visitor.upload(text_file(document.name, document.content))
    visitor.wait_until(document.name, "Uploaded")

    def minutes(count: int) -> int:
        before = len(visitor.asked_for("/ingestion-status"))
        for _ in range(count):
            visitor.page.clock.fast_forward(60_000)
            visitor.page.wait_for_timeout(100)
        return len(visitor.asked_for("/ingestion-status")) - before

    assert minutes(14) > 10
    minutes(2)
    assert minutes(4) == 0
    asked = len(visitor.asked_for("/ingestion-status"))
    visitor.page.get_by_role("button", name="Check again").click()
    visitor.until(lambda: len(visitor.asked_for("/ingestion-status")) > asked, what="asked once more")

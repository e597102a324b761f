"""The state of a document, derived from ingestion jobs that succeed, fail and are retried."""

import time
from datetime import UTC, datetime
from typing import Any, Final

from tests.browser.conftest import Visit
from tests.browser.helpers import answer_ingestion_status, hold_requests, text_file
from tests.e2e.helpers import Document

KEY: Final = "uploads/k/a.txt"
BEFORE, LATER, LATEST = ("2026-11-24T11:59:00Z", "2026-11-24T12:05:00Z", "2026-11-24T12:10:00Z")
NAMED: Final = {"statistics": {"numberOfDocumentsFailed": 1}, "failureReasons": [f"unreadable: {KEY}"]}
RETRIED: Final = "Processing failed and will be tried again."


def job(at: str, status: str, **more: object) -> dict[str, Any]:
    return {"startedAt": at, "status": status, "statistics": {}, "failureReasons": [], **more}


CASES: Final = {
    "no job": ([], "uploaded", ""),
    "only an earlier one": ([job(BEFORE, "COMPLETE")], "uploaded", ""),
    "running": ([job(LATER, "IN_PROGRESS")], "ingesting", ""),
    "read": ([job(LATER, "COMPLETE")], "ready", ""),
    "read, and a later one failed": ([job(LATEST, "FAILED"), job(LATER, "COMPLETE")], "ready", ""),
    "read, and a later one runs": ([job(LATEST, "IN_PROGRESS"), job(LATER, "COMPLETE")], "ready", ""),
    "failed": ([job(LATER, "FAILED", failureReasons=["throttled"])], "uploaded", f"{RETRIED} throttled"),
    "stopped": ([job(LATER, "STOPPED", failureReasons=["manually"])], "uploaded", f"{RETRIED} manually"),
    "failed, and tried again": ([job(LATEST, "STARTING"), job(LATER, "FAILED")], "ingesting", ""),
    "named": ([job(LATER, "COMPLETE", **NAMED)], "failed", f"unreadable: {KEY}"),
    "named, and a later one failed": (
        [job(LATEST, "FAILED"), job(LATER, "COMPLETE", **NAMED)],
        "failed",
        f"unreadable: {KEY}",
    ),
    "named, and read by a later one": ([job(LATEST, "COMPLETE"), job(LATER, "COMPLETE", **NAMED)], "ready", ""),
}


def test_a_document_is_ready_once_a_job_has_read_it_and_failed_if_the_job_names_it(visit: Visit) -> None:
    conclude = """async cases => {
        const { documentState } = await import("/ingestion.js");
        const uploadedAt = Date.parse("2026-11-24T12:00:00Z");
        const document = { region: "here", uploadedAt, key: "uploads/k/a.txt", state: "uploaded" };
        return cases.map(jobs => documentState({ region: "here", jobs }, document));
    }"""
    found = visit().page.evaluate(conclude, [jobs for jobs, _, _ in CASES.values()])
    expected = {name: {"state": state, "reason": reason} for name, (_, state, reason) in CASES.items()}
    assert dict(zip(CASES, found, strict=True)) == expected


def test_a_failed_job_is_explained_and_the_next_one_makes_the_document_ready(visit: Visit) -> None:
    visitor, document = visit(), Document()
    answer_ingestion_status(visitor, job("2999-01-01T00:00:00Z", "FAILED", failureReasons=["throttled"]))
    visitor.upload(text_file(document.name, document.content))
    visitor.document(document.name).get_by_text(f"{RETRIED} throttled").wait_for()
    visitor.wait_for_state(document.name, "Uploaded")
    answer_ingestion_status(visitor, job("2999-01-01T00:01:00Z", "COMPLETE"), job("2999-01-01T00:00:00Z", "FAILED"))
    visitor.wait_for_state(document.name, "Ready")
    assert visitor.document(document.name).locator(".reason").count() == 0


def test_a_job_that_started_during_the_upload_has_not_read_the_document(visit: Visit) -> None:
    visitor, document = visit(), Document()
    held, release = hold_requests(visitor, "**/*-docs-*/**")
    # Late in a second: the time of the presigned POST, in whole seconds, is then long past.
    visitor.wait_until(lambda: 0.6 < time.time() % 1 < 0.7, what="the end of a second")
    visitor.upload(text_file(document.name, document.content))
    visitor.wait_until(lambda: held, what="the file on its way")
    visitor.page.wait_for_timeout(200)
    started = datetime.now(tz=UTC)
    answer_ingestion_status(visitor, job(started.isoformat(), "COMPLETE"))
    visitor.page.wait_for_timeout(400)
    release()
    visitor.wait_until(lambda: len(visitor.requests_to("/ingestion-status")) > 1, what="the status is requested")
    visitor.wait_for_state(document.name, "Uploaded")
    answer_ingestion_status(visitor, job("2999-01-01T00:00:00Z", "COMPLETE"))
    visitor.wait_for_state(document.name, "Ready")


def test_after_15_minutes_the_page_stops_requesting_the_status_of_a_document(visit: Visit) -> None:
    visitor, document = visit(clock=True), Document()
    answer_ingestion_status(visitor)
    visitor.upload(text_file(document.name, document.content))
    visitor.wait_for_state(document.name, "Uploaded")

    def requests_in(minutes: int) -> int:
        before = len(visitor.requests_to("/ingestion-status"))
        for _ in range(minutes):
            visitor.page.clock.fast_forward(60_000)
            visitor.page.wait_for_timeout(100)
            visitor.wait_until_idle()
        return len(visitor.requests_to("/ingestion-status")) - before

    assert requests_in(14) > 10
    requests_in(2)
    assert requests_in(4) == 0
    before = len(visitor.requests_to("/ingestion-status"))
    visitor.page.get_by_role("button", name="Check again").click()
    visitor.wait_until(lambda: len(visitor.requests_to("/ingestion-status")) > before, what="one more request")

"""Every state that the page can be in, and how a person gets there: what axe judges and the documentation shows."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from playwright.sync_api import FilePayload

from standby.manifest import ROLES
from standby.rehearsal.core import Rehearsal
from standby.rehearsal.faults import Faults
from tests.browser.helpers import CONFIG, Visitor, answer_with, text_file

ROOT: Final = Path(__file__).resolve().parents[2]
SAMPLES: Final = ROOT / "examples" / "documents"
QUESTION: Final = "Who is called first when the pager goes off at night?"
PHONE: Final = 640  # pixels: no wider
FOLLOW_UP: Final = "And if they do not answer?"
PASSAGE: Final = (SAMPLES / "on-call-handbook.txt").read_text(encoding="utf-8")
ANSWER: Final = """\
The **primary engineer** of the week is called first, and has ten minutes to acknowledge [1].

1. The alarm goes to the primary engineer's phone.
2. Without an answer, the *secondary* engineer is called.
3. Then the duty manager decides; see the table.

| Minutes | Who | How |
| --- | --- | --- |
| 0 | primary | phone |
| 10 | secondary | phone |
| 20 | duty manager | `page --all` |

Hotel and travel costs are covered by the expense policy [2].
"""
CITATIONS: Final[tuple[Mapping[str, object], ...]] = (
    {"uri": "s3://docs/uploads/1/on-call-handbook.txt", "text": PASSAGE[:600], "score": 0.8431},
    {"uri": "s3://docs/uploads/2/expense-policy.md", "text": "Travel on call is paid in full.", "score": 0.6127},
)

Steps = Callable[[Visitor, Rehearsal], None]


@dataclass(frozen=True, kw_only=True)
class State:
    """A state by name, and the steps that lead there from a page that was opened for the first time."""

    name: str
    steps: Steps


def welcome(_visitor: Visitor, _rehearsal: Rehearsal) -> None:
    """Nothing has been done yet."""


def answered(visitor: Visitor, _rehearsal: Rehearsal) -> None:
    """A question is answered, a passage of a document open, and the document ready, on a screen that shows it all."""
    width = visitor.page.evaluate("innerWidth")
    visitor.page.set_viewport_size({"width": width, "height": 900 if width > PHONE else 1060})
    visitor.upload(_sample("on-call-handbook.txt", "text/plain"))
    visitor.page.locator("#list .ready").wait_for(state="attached")
    answer_with(visitor, ANSWER, CITATIONS)
    answer = visitor.ask(QUESTION)
    answer.article.locator(".mark").last.click()
    visitor.page.evaluate("scrollTo(0, 0)")


def waiting(visitor: Visitor, rehearsal: Rehearsal) -> None:
    """A question is on its way."""
    Faults(rehearsal).set("slow", "primary", milliseconds=1400)
    visitor.begin(QUESTION).locator(".skeleton").wait_for()


def standby(visitor: Visitor, rehearsal: Rehearsal) -> None:
    """The primary region died between two questions."""
    answer_with(visitor, ANSWER, CITATIONS)
    visitor.ask(QUESTION)
    visitor.page.unroute("**/prod/docs")
    Faults(rehearsal).set("region-down", "primary")
    answer_with(
        visitor,
        "Then the **secondary engineer** is called, ten minutes later [1].",
        CITATIONS[:1],
        api_url=rehearsal.deployment.regions["failover"].api_url,
    )
    visitor.ask(FOLLOW_UP)


def nobody(visitor: Visitor, rehearsal: Rehearsal) -> None:
    """No region answers."""
    for role in ROLES:
        Faults(rehearsal).set("region-down", role)
    visitor.begin(QUESTION)
    visitor.see("No region answers")


def refused(visitor: Visitor, _rehearsal: Rehearsal) -> None:
    """The API refuses a question."""
    body = {"error": {"code": "throttled", "message": "Too many requests. Try again shortly."}}
    headers = {"Access-Control-Allow-Origin": visitor.url, "Retry-After": "1"}
    visitor.page.route("**/prod/docs", lambda route: route.fulfill(status=429, json=body, headers=headers))
    visitor.begin(QUESTION).locator(".trouble").wait_for()


def unconfigured(visitor: Visitor, _rehearsal: Rehearsal) -> None:
    """A newcomer finds no configuration."""
    visitor.page.evaluate("localStorage.clear()")
    visitor.page.route(f"**/{CONFIG}", lambda route: route.fulfill(status=404, body="{}"))
    visitor.open()


def documents(visitor: Visitor, _rehearsal: Rehearsal) -> None:
    """Documents in each of their states."""
    toggle = visitor.page.locator("#show-documents")
    if toggle.is_visible():
        toggle.click()
    visitor.upload(_sample("expense-policy.md", "text/markdown"))
    visitor.wait_until("expense-policy.md", "Ready")
    failed = {"numberOfDocumentsScanned": 1, "numberOfDocumentsFailed": 1}
    reasons = ["The file could not be parsed as CSV."]
    ingestion_answers(visitor, status="COMPLETE", statistics=failed, failureReasons=reasons)
    visitor.upload(text_file("tax-return.csv", b"2025;1", "text/csv"))
    visitor.wait_until("tax-return.csv", "Failed")
    ingestion_answers(visitor, status="IN_PROGRESS", failureReasons=[])
    visitor.upload(_sample("on-call-handbook.txt", "text/plain"))
    visitor.wait_until("on-call-handbook.txt", "Being ingested")
    visitor.upload_at(20_000)
    visitor.upload(text_file("all-hands.exe", b"x"), text_file("handover.md", b"x" * 600_000, "text/markdown"))
    visitor.wait_until("handover.md", "Uploading")
    visitor.page.wait_for_timeout(1000)


STATES: Final = tuple(
    State(name=steps.__name__, steps=steps)
    for steps in (welcome, answered, waiting, standby, nobody, refused, unconfigured, documents)
)


def _sample(name: str, kind: str) -> FilePayload:
    return text_file(name, (SAMPLES / name).read_bytes(), kind)


def ingestion_answers(visitor: Visitor, **job: object) -> None:
    """Have /ingestion-status tell of one job that began after every upload."""
    jobs = [{"jobId": "J", "startedAt": "2999-01-01T00:00:00.000Z", "statistics": {}, **job}]
    visitor.page.unroute("**/prod/ingestion-status")
    visitor.page.route(
        "**/prod/ingestion-status",
        lambda route: route.fulfill(
            json={"jobs": jobs, "region": "us-west-2"}, headers={"Access-Control-Allow-Origin": visitor.url}
        ),
    )

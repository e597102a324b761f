"""Every state of the page: it is accessible, it fits a small phone, and its picture is in the documentation."""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import pytest
from playwright.sync_api import FilePayload, Page, ViewportSize

from standby.deployment.manifest import ROLES, Role
from standby.rehearsal.faults.faults import Faults
from standby.rehearsal.rehearsal import Rehearsal
from tests.browser.conftest import Visit
from tests.browser.helpers import (
    ANSWER,
    CITATIONS,
    CONFIG,
    ROOT,
    SAMPLES,
    Color,
    Visitor,
    answer_ingestion_status,
    answer_with,
    reduce_colors,
    text_file,
    wait_for,
)
from tests.e2e.helpers import ask

QUESTION: Final = "Who answers a page?"
FOLLOW_UP: Final = "And if they do not answer?"
MAX_PHONE_WIDTH: Final = 640  # pixels
SEVERE: Final = {"serious", "critical"}
PICTURES: Final = "STANDBY_PICTURES"  # names the directory to which the pictures are written
AXE: Final = ROOT / "node_modules" / "axe-core" / "axe.min.js"


@dataclass(frozen=True, kw_only=True)
class Device:
    """A screen size and a color scheme."""

    name: str
    scheme: Literal["light", "dark"]
    width: int
    height: int


DEVICES: Final = (
    Device(name="desktop", scheme="light", width=1000, height=620),
    Device(name="phone", scheme="dark", width=320, height=560),
)


def welcome(_visitor: Visitor, _rehearsal: Rehearsal) -> None:
    """The page has just been opened for the first time."""


def answered(visitor: Visitor, rehearsal: Rehearsal) -> None:
    """A question is answered, its passage is open, and the document is ready. The screen shows all of it."""
    _show_everything(visitor)
    visitor.upload(_sample("on-call-handbook.txt", "text/plain"))
    visitor.page.locator("#list .ready").wait_for(state="attached")
    _wait_for_an_answer(rehearsal, "primary")
    answer = visitor.ask(QUESTION)
    answer.article.locator(".citation-mark").last.click()
    visitor.page.evaluate("scrollTo(0, 0)")


def formatted(visitor: Visitor, _rehearsal: Rehearsal) -> None:
    """An answer has a list, a table and code, as a model may write them, and two sources."""
    _show_everything(visitor)
    answer_with(visitor, ANSWER, CITATIONS)
    visitor.ask(QUESTION).article.locator(".citation-mark").last.click()
    visitor.page.evaluate("scrollTo(0, 0)")


def waiting(visitor: Visitor, rehearsal: Rehearsal) -> None:
    """A question waits for its answer."""
    Faults(rehearsal).set("slow", "primary", milliseconds=1400)
    visitor.submit(QUESTION).locator(".skeleton").wait_for()


def standby(visitor: Visitor, rehearsal: Rehearsal) -> None:
    """The primary region has failed between two questions."""
    visitor.upload(_sample("on-call-handbook.txt", "text/plain"))
    for role in ROLES:
        _wait_for_an_answer(rehearsal, role)
    visitor.ask(QUESTION)
    Faults(rehearsal).set("region-down", "primary")
    visitor.ask(FOLLOW_UP)


def outage(visitor: Visitor, rehearsal: Rehearsal) -> None:
    """Both regions are down."""
    for role in ROLES:
        Faults(rehearsal).set("region-down", role)
    visitor.submit(QUESTION)
    visitor.wait_for_status("The service is not responding")


def throttled(visitor: Visitor, _rehearsal: Rehearsal) -> None:
    """The API throttles a question."""
    body = {"error": {"code": "throttled", "message": "Too many requests. Try again shortly."}}
    headers = {"Access-Control-Allow-Origin": visitor.url, "Retry-After": "1"}
    visitor.page.route("**/prod/docs", lambda route: route.fulfill(status=429, json=body, headers=headers))
    visitor.submit(QUESTION).locator(".error").wait_for()


def unconfigured(visitor: Visitor, _rehearsal: Rehearsal) -> None:
    """There is no configuration on a first visit."""
    visitor.page.evaluate("localStorage.clear()")
    visitor.page.route(f"**/{CONFIG}", lambda route: route.fulfill(status=404, body="{}"))
    visitor.open()


def documents(visitor: Visitor, _rehearsal: Rehearsal) -> None:
    """The list has a document in each of its states."""
    toggle = visitor.page.locator("#show-documents")
    if toggle.is_visible():
        toggle.click()
    visitor.upload(_sample("expense-policy.md", "text/markdown"))
    visitor.wait_for_state("expense-policy.md", "Ready")
    # These jobs started after every upload.
    job = {"jobId": "J", "startedAt": "2999-01-01T00:00:00.000Z"}
    failed = {"numberOfDocumentsScanned": 1, "numberOfDocumentsFailed": 1}
    reasons = ["The file could not be parsed as CSV."]
    answer_ingestion_status(visitor, {**job, "status": "COMPLETE", "statistics": failed, "failureReasons": reasons})
    visitor.upload(text_file("tax-return.csv", b"2025;1", "text/csv"))
    visitor.wait_for_state("tax-return.csv", "Failed")
    answer_ingestion_status(visitor, {**job, "status": "IN_PROGRESS", "statistics": {}, "failureReasons": []})
    visitor.upload(_sample("on-call-handbook.txt", "text/plain"))
    visitor.wait_for_state("on-call-handbook.txt", "Processing")
    visitor.limit_upload(20_000)
    visitor.upload(text_file("all-hands.exe", b"x"), text_file("handover.md", b"x" * 600_000, "text/markdown"))
    visitor.wait_for_state("handover.md", "Uploading")
    visitor.page.wait_for_timeout(1000)


State = Callable[[Visitor, Rehearsal], None]
STATES: Final[tuple[State, ...]] = (
    welcome,
    answered,
    formatted,
    waiting,
    standby,
    outage,
    throttled,
    unconfigured,
    documents,
)


def _show_everything(visitor: Visitor) -> None:
    width = visitor.page.evaluate("innerWidth")
    visitor.page.set_viewport_size({"width": width, "height": 900 if width > MAX_PHONE_WIDTH else 1060})


def _wait_for_an_answer(rehearsal: Rehearsal, role: Role) -> None:
    wait_for(lambda: ask(rehearsal, role, QUESTION)["citations"], what=f"an answer in the {role} region")


def _sample(name: str, kind: str) -> FilePayload:
    return text_file(name, (SAMPLES / name).read_bytes(), kind)


def violations(page: Page) -> list[str]:
    """Return the violations that axe calls serious or critical."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = page.evaluate("axe.run(document).then(result => result.violations)")
    return [f"{one['id']}: {node['html']}" for one in found if one["impact"] in SEVERE for node in one["nodes"]]


def style_colors() -> list[Color]:
    """Return the style sheet's colors."""
    sheet = (ROOT / "frontend" / "style.css").read_text(encoding="utf-8")
    codes = [bytes.fromhex(code) for code in re.findall(r"#([0-9a-f]{6})\b", sheet)]
    return [(red, green, blue) for red, green, blue in codes]


def wait_for_frames(page: Page) -> None:
    """Wait for two frames, so that a picture is the same each time."""
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")


@pytest.mark.parametrize("device", DEVICES, ids=[device.name for device in DEVICES])
@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
def test_in_every_state_the_page_is_accessible_in_light_and_dark_and_fits_the_screen(
    visit: Visit, rehearsal: Rehearsal, state: State, device: Device
) -> None:
    size: ViewportSize = {"width": device.width, "height": device.height}
    visitor = visit(viewport=size, color_scheme=device.scheme, reduced_motion="reduce")
    state(visitor, rehearsal)
    page = visitor.page
    wait_for_frames(page)
    if directory := os.environ.get(PICTURES):
        picture = reduce_colors(page.screenshot(animations="disabled"), style_colors())
        name = getattr(state, "__name__", "")
        (Path(directory) / f"{name}-{device.name}.png").write_bytes(picture)
    assert page.evaluate("document.documentElement.scrollWidth") <= device.width
    assert violations(page) == []
    page.emulate_media(color_scheme="light" if device.scheme == "dark" else "dark")
    assert violations(page) == []

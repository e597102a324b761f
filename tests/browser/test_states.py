"""Every state of the page: nothing for axe to complain about, nothing wider than a small phone, and its picture."""

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import pytest
from playwright.sync_api import Page, ViewportSize

from standby.rehearsal.core import Rehearsal
from tests.browser.conftest import Visit
from tests.browser.screenshots import small_png
from tests.browser.states import ROOT, STATES, State


@dataclass(frozen=True, kw_only=True)
class Look:
    """A screen, and the light or dark that its owner likes."""

    device: str
    scheme: Literal["light", "dark"]
    width: int
    height: int


SEVERE: Final = {"serious", "critical"}
PICTURES: Final = "STANDBY_PICTURES"  # names a directory: the pictures are written there
AXE: Final = ROOT / "node_modules" / "axe-core" / "axe.min.js"
LOOKS: Final = (
    Look(device="desktop", scheme="light", width=1000, height=620),
    Look(device="phone", scheme="dark", width=320, height=560),
)


def complaints(page: Page) -> list[str]:
    """Return what axe finds serious or critical in the page as it is now."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = page.evaluate("axe.run(document).then(result => result.violations)")
    return [f"{one['id']}: {node['html']}" for one in found if one["impact"] in SEVERE for node in one["nodes"]]


def style_colours() -> list[bytes]:
    """Return the style sheet's colours."""
    sheet = (ROOT / "frontend" / "style.css").read_text(encoding="utf-8")
    return [bytes.fromhex(colour) for colour in re.findall(r"#([0-9a-f]{6})\b", sheet)]


def settle(page: Page) -> None:
    """Let what moves come to rest: a picture is the same each time it is taken."""
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")


@pytest.mark.parametrize("look", LOOKS, ids=[look.device for look in LOOKS])
@pytest.mark.parametrize("state", STATES, ids=[state.name for state in STATES])
def test_in_every_state_the_page_is_accessible_in_light_and_dark_and_fits(
    visit: Visit, rehearsal: Rehearsal, state: State, look: Look
) -> None:
    size: ViewportSize = {"width": look.width, "height": look.height}
    visitor = visit(viewport=size, color_scheme=look.scheme, reduced_motion="reduce")
    state.steps(visitor, rehearsal)
    page = visitor.page
    settle(page)
    if directory := os.environ.get(PICTURES):
        picture = small_png(page.screenshot(animations="disabled"), style_colours())
        (Path(directory) / f"{state.name}-{look.device}.png").write_bytes(picture)
    assert page.evaluate("document.documentElement.scrollWidth") <= look.width
    assert complaints(page) == []
    page.emulate_media(color_scheme="light" if look.scheme == "dark" else "dark")
    assert complaints(page) == []

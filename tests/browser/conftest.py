"""A real Chromium that opens the page through the rehearsal's edge."""

from collections.abc import Iterator, Sequence
from typing import Final, Literal, Protocol, TypedDict, Unpack

import pytest
from playwright.sync_api import Browser, BrowserContext, Playwright, ViewportSize, sync_playwright

from standby.rehearsal.faults.faults import Faults
from standby.rehearsal.rehearsal import Rehearsal
from standby.rehearsal.tools.chromium import launch
from tests.browser.helpers import Visitor, read_configs, write_config

DESKTOP: Final[ViewportSize] = {"width": 1280, "height": 800}


class Profile(TypedDict, total=False):
    """The browser settings that differ between users."""

    viewport: ViewportSize
    color_scheme: Literal["light", "dark"]
    reduced_motion: Literal["reduce", "no-preference"]
    permissions: Sequence[str]


class Visit(Protocol):
    """Open the page in a new browser profile, or in another tab of a visitor's browser (`same_browser_as`).

    With `clock`, the test controls the page's clock. Without `opened`, the test opens the page itself.
    """

    def __call__(
        self,
        *,
        opened: bool = True,
        clock: bool = False,
        same_browser_as: Visitor | None = None,
        **profile: Unpack[Profile],
    ) -> Visitor: ...


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def chromium(playwright: Playwright, rehearsal: Rehearsal) -> Iterator[Browser]:
    """One browser for all tests; each visitor has a profile of their own."""
    browser = launch(playwright, rehearsal.network)
    yield browser
    browser.close()


@pytest.fixture
def visit(chromium: Browser, rehearsal: Rehearsal, restored: None) -> Iterator[Visit]:
    """Open the page; at the end of the test, no page may have reported an error."""
    visitors: list[Visitor] = []

    def create_context(profile: Profile) -> BrowserContext:
        return chromium.new_context(
            viewport=profile.get("viewport", DESKTOP),
            color_scheme=profile.get("color_scheme", "light"),
            reduced_motion=profile.get("reduced_motion", "no-preference"),
            permissions=profile.get("permissions", ()),
        )

    def start(
        *,
        opened: bool = True,
        clock: bool = False,
        same_browser_as: Visitor | None = None,
        **profile: Unpack[Profile],
    ) -> Visitor:
        context = same_browser_as.page.context if same_browser_as else create_context(profile)
        page = context.new_page()
        if clock:
            page.clock.install()
        visitor = Visitor(page=page, url=rehearsal.deployment.site.url)
        visitors.append(visitor)
        return visitor.open() if opened else visitor

    yield start
    errors = [error for visitor in visitors for error in visitor.errors]
    for context in {visitor.page.context for visitor in visitors}:
        context.close()
    assert errors == []


@pytest.fixture
def restored(rehearsal: Rehearsal) -> Iterator[None]:
    """After the test, heal every fault and restore `config.json`."""
    before = read_configs(rehearsal)
    yield
    Faults(rehearsal).heal()
    if read_configs(rehearsal) != before:
        for role, content in before.items():
            write_config(rehearsal, content, role)

"""A real Chromium in front of the rehearsal's edge, and people who open the page in it."""

from collections.abc import Iterator, Sequence
from typing import Final, Literal, Protocol, TypedDict, Unpack

import pytest
from playwright.sync_api import Browser, BrowserContext, Playwright, ViewportSize, sync_playwright

from standby.rehearsal.chromium import launch
from standby.rehearsal.core import Rehearsal
from standby.rehearsal.faults import Faults
from tests.browser.helpers import Visitor, read_configs, write_config

DESKTOP: Final[ViewportSize] = {"width": 1280, "height": 800}


class Profile(TypedDict, total=False):
    """What differs between the people who open the page."""

    viewport: ViewportSize
    color_scheme: Literal["light", "dark"]
    reduced_motion: Literal["reduce", "no-preference"]
    permissions: Sequence[str]


class Visit(Protocol):
    """Open the page as somebody new, or in a tab `beside` another one's; with `clock`, one that the test may move."""

    def __call__(
        self, *, opened: bool = True, clock: bool = False, beside: Visitor | None = None, **profile: Unpack[Profile]
    ) -> Visitor: ...


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def chromium(playwright: Playwright, rehearsal: Rehearsal) -> Iterator[Browser]:
    """One browser for all; each visitor has a profile of their own."""
    browser = launch(playwright, rehearsal.network)
    yield browser
    browser.close()


@pytest.fixture
def visit(chromium: Browser, rehearsal: Rehearsal, put_right: None) -> Iterator[Visit]:
    """Open the page as somebody who was never here; at the end nothing may have gone wrong inside any page."""
    visitors: list[Visitor] = []

    def profile_of(profile: Profile) -> BrowserContext:
        return chromium.new_context(
            viewport=profile.get("viewport", DESKTOP),
            color_scheme=profile.get("color_scheme", "light"),
            reduced_motion=profile.get("reduced_motion", "no-preference"),
            permissions=profile.get("permissions", ()),
        )

    def begin(
        *, opened: bool = True, clock: bool = False, beside: Visitor | None = None, **profile: Unpack[Profile]
    ) -> Visitor:
        page = (beside.page.context if beside else profile_of(profile)).new_page()
        if clock:
            page.clock.install()
        visitor = Visitor(page=page, url=rehearsal.deployment.site_url)
        visitors.append(visitor)
        return visitor.open() if opened else visitor

    yield begin
    trouble = [text for visitor in visitors for text in visitor.trouble]
    for context in {visitor.page.context for visitor in visitors}:
        context.close()
    assert trouble == []


@pytest.fixture
def put_right(rehearsal: Rehearsal) -> Iterator[None]:
    """Heal what a test broke, and put back the `config.json` that it found."""
    before = read_configs(rehearsal)
    yield
    Faults(rehearsal).heal()
    if read_configs(rehearsal) != before:
        for role, content in before.items():
            write_config(rehearsal, content, role)

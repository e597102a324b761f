"""Each state of the sign-in is accessible, fits the screen, and looks as intended (`STANDBY_PICTURES` takes pictures)."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from standby.rehearsal.rehearsal import Rehearsal
from tests.browser.access.conftest import ChangeProvider
from tests.browser.access.helpers import (
    ENDED,
    MAY_NOT_ASK,
    NOBODY_CAN_SIGN_IN,
    NOT_ACCEPTED,
    SIGN_IN_AT_FIRST,
    begin_sign_in,
    sign_in,
)
from tests.browser.conftest import Visit
from tests.browser.helpers import Visitor, reduce_colors
from tests.browser.test_states import DEVICES, PICTURES, Device, style_colors, violations, wait_for_frames

QUESTION = "What about annual leave?"

State = Callable[[Visitor, Rehearsal, ChangeProvider], None]


def signed_out(visitor: Visitor, _rehearsal: Rehearsal, _provider: ChangeProvider) -> None:
    visitor.wait_for_status(SIGN_IN_AT_FIRST)


def provider_page(visitor: Visitor, _rehearsal: Rehearsal, _provider: ChangeProvider) -> None:
    begin_sign_in(visitor)


def signed_in(visitor: Visitor, _rehearsal: Rehearsal, _provider: ChangeProvider) -> None:
    sign_in(visitor, "alice").ask(QUESTION)


def sign_in_ended(visitor: Visitor, _rehearsal: Rehearsal, provider: ChangeProvider) -> None:
    provider(accessTokenSeconds=1)
    sign_in(visitor, "alice")
    provider(forget=True)
    visitor.page.locator("#question").fill(QUESTION)
    visitor.wait_for_status(ENDED)


def provider_down(visitor: Visitor, rehearsal: Rehearsal, _provider: ChangeProvider) -> None:
    rehearsal.faults.set("identity-provider-down", None)
    visitor.page.locator("#question").fill(QUESTION)
    visitor.page.locator("#line button").click()
    visitor.wait_for_status(NOBODY_CAN_SIGN_IN)


def not_accepted(visitor: Visitor, _rehearsal: Rehearsal, provider: ChangeProvider) -> None:
    provider(audience="https://another-api.test")
    sign_in(visitor, "alice").submit(QUESTION)
    visitor.wait_for_status(NOT_ACCEPTED)


def may_not_ask(visitor: Visitor, _rehearsal: Rehearsal, _provider: ChangeProvider) -> None:
    article = sign_in(visitor, "bob").submit(QUESTION)
    article.locator(".error").filter(has_text=MAY_NOT_ASK).wait_for()


STATES: tuple[State, ...] = (
    signed_out,
    provider_page,
    signed_in,
    sign_in_ended,
    provider_down,
    not_accepted,
    may_not_ask,
)


@pytest.mark.parametrize("device", [DEVICES[0], DEVICES[-1]], ids=lambda device: device.name)
@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
def test_each_state_of_the_sign_in_is_accessible_and_fits_the_screen(
    visit: Visit, rehearsal: Rehearsal, provider: ChangeProvider, state: State, device: Device
) -> None:
    visitor = visit(
        viewport={"width": device.width, "height": device.height}, color_scheme=device.scheme, reduced_motion="reduce"
    )
    state(visitor, rehearsal, provider)
    page = visitor.page
    wait_for_frames(page)
    if directory := os.environ.get(PICTURES):
        picture = reduce_colors(page.screenshot(animations="disabled"), style_colors())
        name = getattr(state, "__name__", "")
        (Path(directory) / f"{name}-{device.name}.png").write_bytes(picture)
    assert page.evaluate("document.documentElement.scrollWidth") <= device.width
    if state is not provider_page:  # its policy lets no script of a test run either
        assert violations(page) == []

"""Helpers for the tests of sign-in: a user signs in on the provider's page, and what the page then says."""

from typing import Final

from playwright.sync_api import Locator

from standby.rehearsal.identity.access import ISSUER
from tests.browser.helpers import SECONDS, Visitor

SIGN_IN_AT_FIRST: Final = "Sign in to ask and to upload."
ENDED: Final = "Your sign-in has ended."
NOBODY_CAN_SIGN_IN: Final = "The sign-in service does not respond"
NOT_ACCEPTED: Final = "The service did not accept your sign-in."
MAY_NOT_ASK: Final = "Your account may not ask here."


def begin_sign_in(visitor: Visitor) -> None:
    """Press the button in the status line, and wait for the provider's page."""
    visitor.page.locator("#line button").click()
    visitor.page.wait_for_url(f"{ISSUER}/**")


def enter_password(visitor: Visitor, user: str) -> None:
    """Fill in the provider's form, and wait until the site says that the user is signed in."""
    visitor.page.get_by_label("Name").fill(user)
    visitor.page.get_by_label("Password").fill(f"{user}-password")
    visitor.page.get_by_role("button", name="Sign in").click()
    wait_until_signed_in(visitor)


def sign_in(visitor: Visitor, user: str) -> Visitor:
    """Sign the user in on the provider's page."""
    begin_sign_in(visitor)
    enter_password(visitor, user)
    return visitor


def wait_until_signed_in(visitor: Visitor) -> None:
    sign_out_button(visitor).wait_for(timeout=SECONDS * 1000)


def sign_out_button(visitor: Visitor) -> Locator:
    return visitor.page.get_by_role("button", name="Sign out")


def sign_ins(visitor: Visitor) -> int:
    """Return how often the browser was sent to the provider's page."""
    return sum(1 for _, request in visitor.requests if request.url.startswith(f"{ISSUER}/auth?"))

"""A real Chromium, a rehearsal with sign-in, and its real OpenID Connect provider."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Playwright

from standby.rehearsal.identity.access import AUDIENCE
from standby.rehearsal.identity.provider import ACCESS_TOKEN_SECONDS, ProviderSettings, change_provider
from standby.rehearsal.rehearsal import Rehearsal
from standby.rehearsal.tools.chromium import launch
from tests.browser.access.helpers import sign_in
from tests.browser.conftest import Visit
from tests.browser.helpers import Visitor

ChangeProvider = Callable[..., ProviderSettings]


@pytest.fixture(scope="session")
def rehearsal(signed_in_rehearsal: Rehearsal) -> Rehearsal:
    """The rehearsal with sign-in, for all fixtures of the browser tests."""
    return signed_in_rehearsal


@pytest.fixture(scope="session")
def chromium(playwright: Playwright, rehearsal: Rehearsal) -> Iterator[Browser]:
    browser = launch(playwright, rehearsal.network)
    yield browser
    browser.close()


@pytest.fixture
def provider(rehearsal: Rehearsal) -> Iterator[ChangeProvider]:
    """Change the provider; at the end of the test, everything but its keys is as before."""
    port = rehearsal.provider_port
    yield lambda **changes: change_provider(port, **changes)
    change_provider(port, accessTokenSeconds=ACCESS_TOKEN_SECONDS, audience=AUDIENCE)


@pytest.fixture
def alice(visit: Visit) -> Visitor:
    """A user who may ask, and who is signed in."""
    return sign_in(visit(), "alice")

"""A person in front of the page, in a real browser: asks, and says how long it took."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from playwright.sync_api import Error as BrowserError
from playwright.sync_api import TimeoutError as TooSlowError
from playwright.sync_api import sync_playwright

from standby.drill.measure.records import Clock
from standby.errors import StandbyError
from standby.rehearsal.network.network import Network
from standby.rehearsal.tools.chromium import launch

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PATIENCE_SECONDS: Final = 30.0
QUESTION: Final = "What about annual leave?"


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A question: when it was asked, how long the answer took, and the region that gave it, "" where none came."""

    at: float
    waited: float
    region: str
    line: str

    @property
    def answered(self) -> bool:
        """Whether an answer came."""
        return bool(self.region)

    def __str__(self) -> str:
        """Return it as a line of the report."""
        told = f'; the page says "{self.line}"' if self.line else ""
        if not self.answered:
            return f"a person waited {self.waited:.1f} s and got no answer{told}"
        return f"a person waited {self.waited:.1f} s for an answer from {self.region}{told}"


class Person:
    """Somebody who has just opened the page. Raises `StandbyError` where even that fails."""

    def __init__(self, page: "Page", *, url: str, clock: Clock) -> None:
        self._page = page
        self._clock = clock
        page.goto(url)
        page.locator("#region:not(:empty)").wait_for()

    def ask(self) -> Asked:
        """Ask a question and wait for its answer, as long as a person would."""
        at, began = self._clock.now(), time.monotonic()
        number = self._page.locator("article").count()
        self._page.locator("#question").fill(QUESTION)
        self._page.locator("#question").press("Enter")
        article = self._page.locator("article").nth(number)
        try:
            article.locator(".answer").wait_for(timeout=PATIENCE_SECONDS * 1000)
            region = article.locator("footer").inner_text().partition("Answered from ")[2].partition(" ")[0]
        except TooSlowError:
            region = ""
        return Asked(at=at, waited=time.monotonic() - began, region=region, line=self.line)

    def rest(self, seconds: float) -> None:
        """Look at the page for a while; its own clock goes on."""
        self._page.wait_for_timeout(seconds * 1000)

    @property
    def line(self) -> str:
        """The quiet line under the page's header."""
        return self._page.locator("#line").inner_text()

    @property
    def region(self) -> str:
        """The region that the page says answers."""
        return self._page.locator("#region").inner_text()


class People:
    """Those who open the page, each in a profile of their own."""

    def __init__(self, browser: "Browser", *, url: str, clock: Clock) -> None:
        self._browser = browser
        self._url = url
        self._clock = clock

    def one_more(self) -> Person:
        """Open the page as somebody who was never here."""
        return Person(self._browser.new_context().new_page(), url=self._url, clock=self._clock)


@contextmanager
def people(network: Network, *, url: str, clock: Clock) -> Iterator[People]:
    """Start a browser for people. Raises `StandbyError` for whatever goes wrong in it."""
    try:
        with sync_playwright() as playwright:
            browser = launch(playwright, network)
            yield People(browser, url=url, clock=clock)
            browser.close()
    except BrowserError as error:
        raise StandbyError(f"The browser: {error.message.splitlines()[0]}") from error

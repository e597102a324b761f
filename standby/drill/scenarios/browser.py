"""The scenario that a person sees: a real browser in front of the page, second by second."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

from standby.drill.context import ScenarioContext
from standby.drill.measure.objectives import Objective, none
from standby.drill.measure.records import Clock
from standby.drill.scenario import Scenario
from standby.errors import StandbyError
from standby.rehearsal.faults.faults import FaultKind
from standby.rehearsal.files.paths import RehearsalPaths
from standby.rehearsal.network.network import Network, read_network
from standby.rehearsal.tools.chromium import NoChromiumError, find_chromium, launch

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

LONGEST_WAIT_SECONDS: Final = 5.0
FOLLOW_SECONDS: Final = 75.0
BEFORE: Final = 3
DURING: Final = 8
PAUSE_SECONDS: Final = 1.0
SELDOM_SECONDS: Final = 5.0

PATIENCE_SECONDS: Final = 30.0
QUESTION: Final = "What about annual leave?"
_FAULTS: Final[tuple[FaultKind, ...]] = ("region-down", "region-black-hole")


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
        from playwright.sync_api import TimeoutError as TooSlowError  # noqa: PLC0415 - playwright is installed where tests run

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
    from playwright.sync_api import Error as BrowserError  # noqa: PLC0415 - playwright is installed where tests run
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - the same

    try:
        with sync_playwright() as playwright:
            browser = launch(playwright, network)
            yield People(browser, url=url, clock=clock)
            browser.close()
    except BrowserError as error:
        raise StandbyError(f"The browser: {error.message.splitlines()[0]}") from error


def _browser(context: ScenarioContext) -> None:
    asked: list[Asked] = []
    with people(_network(context), url=context.deployment.site_url, clock=context.clock) as crowd:
        for kind in _FAULTS:
            asked += _through_a_fault(context, crowd, kind)
        asked += _through_a_move(context, crowd.one_more())
    # From here on all is well. What puts everything back waits for an answered question of somebody else.
    context.load_process.rate("question", 1.0)
    context.measured["person_questions"] = len(asked)
    context.measured["person_questions_failed"] = sum(not one.answered for one in asked)
    context.extra["person"] = [asdict(one) for one in asked]


def _through_a_fault(context: ScenarioContext, crowd: People, kind: FaultKind) -> list[Asked]:
    """Have a person ask every second while the primary region fails, with nobody at the controls."""
    person = crowd.one_more()
    before = [_ask(context, person) for _ in range(BEFORE)]
    context.break_(kind, "primary")
    context.progress.start(f"A person goes on asking: {kind}, and nobody does anything")
    during = [_ask(context, person) for _ in range(DURING)]
    context.heal()
    longest = max(one.waited for one in during)
    context.measured[f"person_wait_{kind.replace('-', '_')}_seconds"] = round(longest, 2)
    return [*before, *during]


def _through_a_move(context: ScenarioContext, person: Person) -> list[Asked]:
    """Have an operator move everybody, and see when an open page follows: by itself, without a reload."""
    asked = [_ask(context, person)]
    began = context.clock.now()
    context.failover()
    context.progress.start("An open page follows an operator's failover within its minute")
    there = context.deployment.regions["failover"].region
    while person.region != there and context.clock.now() < began + FOLLOW_SECONDS + SELDOM_SECONDS:
        asked.append(_ask(context, person, pause=SELDOM_SECONDS))
    followed = context.clock.now() - began if person.region == there else None
    context.measured["person_follows_seconds"] = None if followed is None else round(followed, 1)
    return [*asked, _ask(context, person)]


def _ask(context: ScenarioContext, person: Person, *, pause: float = PAUSE_SECONDS) -> Asked:
    asked = person.ask()
    context.note(str(asked))
    person.rest(pause)
    return asked


def _network(context: ScenarioContext) -> Network:
    directory = Path(context.options[context.options.index("--directory") + 1])
    network = read_network(RehearsalPaths(project=directory.parent, directory=directory))
    if network is None:
        raise StandbyError("The rehearsal's network is not up.")
    return network


def _missing() -> str:
    if find_spec("playwright") is None:
        return "the Python package playwright is not installed"
    try:
        find_chromium()
    except NoChromiumError as error:
        return error.message
    return ""


def _at_most(name: str, measure: str, seconds: float) -> Objective:
    return Objective(name=name, measure=measure, bound=lambda _: seconds, unit="s")


BROWSER: Final = (
    Scenario(
        name="browser",
        summary="A person with the page open gets every answer, whichever way the primary region dies, and no operator "
        "acts; and the page follows a planned failover without a reload.",
        play=_browser,
        objectives=(
            none("a person's questions failed", "person_questions_failed"),
            _at_most(
                "a person's longest wait, region refuses", "person_wait_region_down_seconds", LONGEST_WAIT_SECONDS
            ),
            _at_most(
                "a person's longest wait, region hangs", "person_wait_region_black_hole_seconds", LONGEST_WAIT_SECONDS
            ),
            _at_most("an open page follows a failover", "person_follows_seconds", FOLLOW_SECONDS),
        ),
        load={"page": 2.0},
        skipped=_missing,
    ),
)

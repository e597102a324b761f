"""The scenario in a real browser: a user asks questions in the page while the primary region fails."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

from standby.drill.context import ScenarioContext
from standby.drill.measure.objectives import at_most, zero
from standby.drill.measure.records import BrowserQuestion, Clock
from standby.drill.scenario import Scenario
from standby.errors import StandbyError
from standby.rehearsal.checks.sign_in import ASKING_USER
from standby.rehearsal.faults.faults import FaultKind
from standby.rehearsal.files.paths import RehearsalPaths
from standby.rehearsal.identity.access import ISSUER
from standby.rehearsal.identity.provider import password_of
from standby.rehearsal.network.network import Network, require_network
from standby.rehearsal.tools.chromium import NoChromiumError, find_chromium, launch

if TYPE_CHECKING:
    from playwright.sync_api import Page

LONGEST_WAIT_SECONDS: Final = 5.0
FOLLOW_SECONDS: Final = 5.0
"""From the next question in an open page to its answer from the other region."""

CONFIG_AGE_SECONDS: Final = 5.0
"""A question looks at config.json if the page's copy is older."""

QUESTIONS_BEFORE_FAULT: Final = 3
QUESTIONS_DURING_FAULT: Final = 8
QUESTION_PAUSE_SECONDS: Final = 1.0
ANSWER_SECONDS: Final = 30.0
QUESTION: Final = "What is the mileage rate for a private car?"
_FAULTS: Final[tuple[FaultKind, ...]] = ("region-down", "region-black-hole")


class BrowserUser:
    """A user who has just opened the page, and who has signed in if `signs_in`."""

    def __init__(self, page: "Page", *, url: str, clock: Clock, signs_in: bool) -> None:
        self._page = page
        self._clock = clock
        page.goto(url)
        page.locator("#region:not(:empty)").wait_for(state="attached")
        if signs_in:
            self._sign_in()

    def ask(self) -> BrowserQuestion:
        """Ask a question and wait up to `ANSWER_SECONDS` for the answer."""
        from playwright.sync_api import TimeoutError as BrowserTimeoutError  # noqa: PLC0415 - playwright is optional

        at, started = self._clock.now(), time.monotonic()
        number = self._page.locator("article").count()
        self._page.locator("#question").fill(QUESTION)
        self._page.locator("#question").press("Enter")
        article = self._page.locator("article").nth(number)
        try:
            article.locator(".answer").wait_for(timeout=ANSWER_SECONDS * 1000)
            region = article.locator("footer .region").text_content() or ""
        except BrowserTimeoutError:
            region = ""
        return BrowserQuestion(at=at, seconds=time.monotonic() - started, region=region, page_message=self._message)

    def pause(self, seconds: float) -> None:
        """Leave the page open for a while. Its timers continue."""
        self._page.wait_for_timeout(seconds * 1000)

    def _sign_in(self) -> None:
        """Sign in on the page of the rehearsal's identity provider, and wait until the site is open again."""
        self._page.locator("#line button").click()
        self._page.wait_for_url(f"{ISSUER}/**")
        self._page.get_by_label("Name").fill(ASKING_USER)
        self._page.get_by_label("Password").fill(password_of(ASKING_USER))
        self._page.get_by_role("button", name="Sign in").click()
        self._page.get_by_role("button", name="Sign out").wait_for()

    @property
    def _message(self) -> str:
        """The message below the page's header."""
        return self._page.locator("#line").inner_text()


@contextmanager
def open_browser(
    network: Network, *, url: str, clock: Clock, signs_in: bool = False
) -> Iterator[Callable[[], BrowserUser]]:
    """Start a browser. Yields a function that opens the page for a new user, in a browser profile of its own.

    `signs_in`: each user signs in at the identity provider of the rehearsal.
    Raises `StandbyError` for every error of the browser in the block.
    """
    from playwright.sync_api import Error as BrowserError  # noqa: PLC0415 - playwright is optional
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - playwright is optional

    try:
        with sync_playwright() as playwright:
            browser = launch(playwright, network)
            yield lambda: BrowserUser(browser.new_context().new_page(), url=url, clock=clock, signs_in=signs_in)
            browser.close()
    except BrowserError as error:
        raise StandbyError(f"Browser error: {error.message.splitlines()[0]}") from error


def _run_browser(context: ScenarioContext) -> None:
    directory = Path(context.options[context.options.index("--directory") + 1])
    network = require_network(RehearsalPaths(project=directory.parent, directory=directory))
    signs_in = context.sign_ins is not None
    url, clock = context.deployment.site.url, context.clock
    with open_browser(network, url=url, clock=clock, signs_in=signs_in) as new_user:
        for kind in _FAULTS:
            _ask_during_fault(context, new_user(), kind)
        _ask_during_failover(context, new_user())
    # The clean-up waits for a question that the load asked.
    context.load.set_rate("question", 1.0)
    questions = context.browser_questions
    context.measures["browser_questions"] = len(questions)
    context.measures["browser_questions_failed"] = sum(not question.answered for question in questions)


def _ask_during_fault(context: ScenarioContext, user: BrowserUser, kind: FaultKind) -> None:
    """Ask every second while the primary region fails and no operator acts."""
    for _ in range(QUESTIONS_BEFORE_FAULT):
        _ask(context, user)
    context.inject(kind, "primary")
    context.progress.start(f"A user keeps asking during {kind}; no operator acts")
    during = [_ask(context, user) for _ in range(QUESTIONS_DURING_FAULT)]
    context.heal()
    longest = max(question.seconds for question in during)
    context.measures[f"browser_wait_{kind.replace('-', '_')}_seconds"] = round(longest, 2)


def _ask_during_failover(context: ScenarioContext, user: BrowserUser) -> None:
    """Run the operator's failover, and measure how soon the next question is answered by the other region."""
    _ask(context, user, pause=CONFIG_AGE_SECONDS)
    context.failover()
    context.progress.start("A user asks the next question in an open page")
    question = _ask(context, user)
    other = context.deployment.regions["failover"].region
    context.measures["browser_follow_seconds"] = round(question.seconds, 2) if question.region == other else None
    _ask(context, user)


def _ask(context: ScenarioContext, user: BrowserUser, *, pause: float = QUESTION_PAUSE_SECONDS) -> BrowserQuestion:
    question = user.ask()
    context.browser_questions.append(question)
    context.note(str(question))
    user.pause(pause)
    return question


def _skip_reason() -> str:
    if find_spec("playwright") is None:
        return "the Python package playwright is not installed"
    try:
        find_chromium()
    except NoChromiumError as error:
        return error.message
    return ""


BROWSER_SCENARIOS: Final = (
    Scenario(
        name="browser",
        summary="A user in a real browser gets every answer while the primary region refuses connections or hangs, "
        "without an operator. After a failover, the next question in an open page goes to the other region.",
        run=_run_browser,
        objectives=(
            zero("questions failed in the browser", "browser_questions_failed"),
            at_most("longest wait, region refuses", "browser_wait_region_down_seconds", LONGEST_WAIT_SECONDS),
            at_most("longest wait, region hangs", "browser_wait_region_black_hole_seconds", LONGEST_WAIT_SECONDS),
            at_most("next question follows a failover", "browser_follow_seconds", FOLLOW_SECONDS),
        ),
        load={"page": 2.0},
        skip_reason=_skip_reason,
    ),
)

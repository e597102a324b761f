"""The scenario that a person sees: a real browser in front of the page, second by second."""

from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

from standby.drill.context import ScenarioContext
from standby.drill.measure.objectives import Objective, none
from standby.drill.scenario import Scenario
from standby.errors import StandbyError
from standby.rehearsal.faults.faults import FaultKind
from standby.rehearsal.files.paths import RehearsalPaths
from standby.rehearsal.network.network import Network, read_network
from standby.rehearsal.tools.chromium import NoChromiumError, find_chromium

if TYPE_CHECKING:
    from standby.drill.scenarios.browser_person import Asked, People, Person

LONGEST_WAIT_SECONDS: Final = 5.0
FOLLOW_SECONDS: Final = 75.0
BEFORE: Final = 3
DURING: Final = 8
PAUSE_SECONDS: Final = 1.0
SELDOM_SECONDS: Final = 5.0

_FAULTS: Final[tuple[FaultKind, ...]] = ("region-down", "region-black-hole")


def _browser(context: ScenarioContext) -> None:
    from standby.drill.scenarios.browser_person import people  # noqa: PLC0415 - playwright is installed where tests run

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


def _through_a_fault(context: ScenarioContext, crowd: "People", kind: FaultKind) -> list["Asked"]:
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


def _through_a_move(context: ScenarioContext, person: "Person") -> list["Asked"]:
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


def _ask(context: ScenarioContext, person: "Person", *, pause: float = PAUSE_SECONDS) -> "Asked":
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

"""Stories: failures as steps that a person reads, that are replayed, and that shrink.

A step names the call that it is about, such as `["late", 1, "writes config.json in us-east-1"]`: operator 1 goes on
until it makes this call. So a story stays true when the product makes another call in between. A number after the name
tells apart calls of one name that wait together.
"""

import json
import time
import tomllib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.simulation.commands import Spec
from tests.simulation.exploration.drivers import Failure, drain
from tests.simulation.last_state import Endings
from tests.simulation.scenario import FAULTS, Choice, Run, Scenario
from tests.simulation.script import Scripts

FOLDER: Final = Path(__file__).with_name("stories")
MANY: Final = 99
_PEOPLE: Final = ("edit", "upload", "delete", "terraform", "sweep", "remove", "spoil")
_ABOUT_CALLS: Final = frozenset({"answer", "lose", "late", "fail", "slow"})

_TOLD: Final = {
    "lose": "{} {}, and the answer is lost",
    "late": "{} {}, no answer comes, and S3 still has the request",
    "fail": "{} {}, and is told to slow down",
    "slow": "{} {}, and the answer takes more than a second",
    "kill": "{} is killed",
    "down": "{} goes down",
    "hang": "{} hangs",
    "gone": "{} is gone for good",
    "up": "{} is back",
    "sick": "the API of {} becomes unhealthy",
    "well": "the API of {} is healthy again",
    "edit": "a person edits config.json in {} to name the {} region",
    "remove": "a person deletes config.json in {}",
    "spoil": "a person writes a config.json in {} that is no JSON",
    "terraform": "a stale apply writes generation 1 in {}",
    "upload": "a user uploads in {}: {}",
    "delete": "a user deletes in {}: {}",
    "sweep": "the sweep runs in {}",
    "deny": "a policy refuses in {}: {}",
    "allow": "the policy is corrected",
    "job ends": "the ingestion job ends in {}",
    "job fails": "the ingestion job fails in {}",
    "page": "page {} reads config.json",
    "replicate": "replica {} arrives",
    "replication fails": "replica {} fails",
    "land": "S3 carries out the request that it still has",
}


@dataclass(frozen=True, kw_only=True)
class Story:
    """What happens, step by step, and the rule that was violated before the product was corrected."""

    title: str
    scenario: Scenario
    steps: tuple[Choice, ...]
    rule: str = ""


def play_story(story: Story, scripts: Scripts, endings: Endings | None = None) -> tuple[Run, list[str]]:
    """Play a story, let its commands end, and return the violations."""
    run = Run.begin(_open(story.scenario), scripts)
    for step in story.steps:
        if step[0] in _ABOUT_CALLS:
            _reach(run, step)
        elif step in run.choices():
            run.take(step)
    drain(run)
    return run, [*run.violations, *(endings or Endings()).violations(run)]


def _open(scenario: Scenario) -> Scenario:
    kinds = {"fault_kinds": FAULTS, "people_kinds": _PEOPLE, "local_at_once": False, "started": False}
    return Scenario(**{**scenario.__dict__, **kinds, "faults": MANY, "people": MANY})


def _reach(run: Run, step: Choice) -> None:
    """Let an operator go on until it makes the call of this step, and let the step happen to the call."""
    word, number, wanted = step[0], int(step[1]), str(step[2])
    if number not in run.nodes:
        run.take(("start", number))
    while number not in run.killed and run.nodes[number].report is None:
        places = _places(run, number, wanted)
        place = places[min(_rank(step), len(places) - 1)] if places else 0
        choice: Choice = (word if places else "answer", number, place)
        if choice not in run.choices():
            return
        run.take(choice)
        if places:
            return


def _places(run: Run, number: int, wanted: str) -> list[int]:
    """Return the places of the waiting calls of an operator that have this name."""
    return [place for place, (_, call) in enumerate(run.nodes[number].calls) if str(call) == wanted]


def _rank(step: Choice) -> int:
    """Return which of the waiting calls of its name a step is about; 0 for the first one."""
    return int(step[3]) if len(step) > 3 else 0


def _name_call(run: Run, choice: Choice) -> Choice:
    """Return a choice about a waiting call as a step of a story."""
    word, number, place = choice[0], int(choice[1]), int(choice[2])
    text = str(run.nodes[number].calls[place][1])
    rank = _places(run, number, text).index(place)
    return (word, number, text, rank) if rank else (word, number, text)


def record(failure: Failure, scripts: Scripts) -> Story:
    """Return a failure as a story."""
    run, steps = Run.begin(failure.scenario, scripts), list[Choice]()
    for choice in failure.choices:
        steps.append(_name_call(run, choice) if choice[0] in _ABOUT_CALLS else choice)
        run.take(choice)
    return Story(title="", scenario=failure.scenario, steps=tuple(steps), rule=failure.rule)


def shrink(story: Story, scripts: Scripts, *, seconds: float = 20.0) -> Story:
    """Return the shortest story that is found by leaving out steps and commands, and that still violates its rule.

    It ends after so many seconds of CPU. A story that does not violate its rule stays as it is.
    """
    endings, until = Endings(), time.process_time() + seconds

    def violates(shorter: Story) -> bool:
        if time.process_time() > until:
            return False
        return any(one.startswith(f"{story.rule}:") for one in play_story(shorter, scripts, endings)[1])

    return _shrink(story, violates) if violates(story) else story


def _shrink(story: Story, violates: Callable[[Story], bool]) -> Story:
    steps, size = list(story.steps), max(1, len(story.steps) // 2)
    while size:
        place = 0
        while place < len(steps):
            shorter = _with(story, [*steps[:place], *steps[place + size :]])
            if violates(shorter):
                steps = list(shorter.steps)
            else:
                place += size
        size //= 2
    return _without_commands(_with(story, steps), violates)


def _without_commands(story: Story, violates: Callable[[Story], bool]) -> Story:
    for spec in story.scenario.specs:
        rest = tuple(one for one in story.scenario.specs if one != spec)
        steps = [step for step in story.steps if not (len(step) > 1 and step[1] == spec.number)]
        shorter = _with(story, steps, specs=rest)
        if rest and violates(shorter):
            return _without_commands(shorter, violates)
    return story


def _with(story: Story, steps: Iterable[Choice], **changed: object) -> Story:
    scenario = Scenario(**{**story.scenario.__dict__, **changed})
    return Story(title=story.title, scenario=scenario, steps=tuple(steps), rule=story.rule)


def tell(story: Story) -> str:
    """Return a story in a sentence."""
    commands = [f"operator {spec.number} gives {spec}" for spec in story.scenario.specs]
    return "; ".join([*commands, *map(tell_step, story.steps)])


def tell_step(step: Choice) -> str:
    """Return a step in words."""
    word, *about = step
    if word == "start":
        return f"operator {about[0]} begins"
    if word in _ABOUT_CALLS or word == "kill":
        about[0] = f"operator {about[0]}"
    if word == "answer":
        return f"{about[0]} {about[1]}"
    if word in {"cut", "join"}:
        return f"operator {about[0]} {'no longer' if word == 'cut' else 'again'} reaches {about[1]}"
    return _TOLD[str(word)].format(*about)


def read_story(path: Path) -> Story:
    """Read a story from its file."""
    found = tomllib.loads(path.read_text(encoding="utf-8"))
    return parse_story(found)


def parse_story(found: dict[str, Any]) -> Story:
    """Return the story that a table of TOML describes."""
    specs = tuple(Spec(**spec) for spec in found["commands"])
    scenario = Scenario(specs=specs, **found.get("world", {}))
    steps = tuple(tuple(step) for step in found["steps"])
    return Story(title=found["title"], scenario=scenario, steps=steps, rule=found["rule"])


def render_story(story: Story, *, table: str = "") -> str:
    """Return a story as TOML."""
    return "\n".join(_lines(story, f"{table}." if table else "")) + "\n"


def _lines(story: Story, prefix: str) -> Iterator[str]:
    scenario = story.scenario
    yield f"title = {json.dumps(story.title)}"
    yield f"rule = {json.dumps(story.rule)}"
    yield "commands = ["
    for spec in scenario.specs:
        parts = {name: value for name, value in spec.__dict__.items() if value or name == "number"}
        yield "    { " + ", ".join(f"{name} = {json.dumps(value)}" for name, value in parts.items()) + " },"
    yield "]"
    yield "steps = ["
    yield from (f"    {json.dumps(list(step))}, # {tell_step(step)}" for step in story.steps)
    yield "]"
    world = {
        name: getattr(scenario, name)
        for name in ("serving", "generation", "documents", "pages")
        if getattr(scenario, name) != getattr(Scenario(specs=()), name)
    }
    if world:
        yield "world = { " + ", ".join(f"{name} = {json.dumps(value)}" for name, value in world.items()) + " }"


__all__ = ["FOLDER", "Story", "parse_story", "play_story", "read_story", "record", "render_story", "shrink", "tell"]

"""How soon the oracle notices each seeded mistake, and the story with which it does."""

import json
import random
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.simulation.exploration.drivers import Explored, explore, sample
from tests.simulation.scenarios import EXHAUSTIVE, random_scenarios
from tests.simulation.script import Scripts
from tests.simulation.seeded.mistakes import MISTAKES, Mistake, seeded
from tests.simulation.stories import Story, parse_story, play_story, record, render_story, shrink

MEASURED: Final = Path(__file__).with_name("mistakes.toml")
SMALL: Final = ("two failovers", "a failover and a forced failback", "a failover, two faults")
"""The scenarios that are explored first: most mistakes show in them within a second."""


@dataclass(frozen=True, kw_only=True)
class Measured:
    """A mistake, the rule that it violates first ("" for none), the steps until then, and a story that shows it."""

    title: str
    rule: str
    steps: int
    story: Story | None


def measure(mistake: Mistake, *, seconds: float, seed: int) -> Measured:
    """Run both drivers until the mistake is noticed, or the time is over."""
    steps = 0
    with seeded(mistake):
        for found, scripts in _runs(seconds, seed):
            steps += found.steps
            if found.failures:
                failure = next(iter(found.failures.values()))
                story = shrink(record(failure, scripts), scripts)
                return Measured(title=mistake.title, rule=failure.rule, steps=steps, story=story)
    return Measured(title=mistake.title, rule="", steps=steps, story=None)


def _runs(seconds: float, seed: int) -> Iterable[tuple[Explored, Scripts]]:
    for name in SMALL:
        scripts = Scripts()
        yield explore(EXHAUSTIVE[name], scripts, seconds=seconds / 4, first=True), scripts
    rng, scripts = random.Random(seed), Scripts(merge=False)
    yield sample(random_scenarios(rng), scripts, rng, seconds=seconds, first=True), scripts


def violated(story: Story, rule: str) -> bool:
    """Return whether a story violates a rule."""
    return any(one.startswith(f"{rule}:") for one in play_story(story, Scripts(merge=False))[1])


def is_noticed(mistake: Mistake) -> bool:
    """Return whether the story of a mistake still shows it, and shows nothing without it."""
    known = {one.title: one for one in read_measured()}.get(mistake.title)
    if known is None or known.story is None or violated(known.story, known.rule):
        return False
    with seeded(mistake):
        return violated(known.story, known.rule)


def write_measured(measured: Iterable[Measured]) -> None:
    """Write what was measured beside this module, and keep what was not measured again."""
    known = {one.title: one for one in read_measured()} | {one.title: one for one in measured}
    parts = [_render(known[mistake.title]) for mistake in MISTAKES if mistake.title in known]
    MEASURED.write_text("# Written by `python -m tests.simulation mistakes`.\n" + "\n".join(parts), encoding="utf-8")


def read_measured() -> list[Measured]:
    """Return what was measured last."""
    if not MEASURED.exists():
        return []
    found = tomllib.loads(MEASURED.read_text(encoding="utf-8"))["mistakes"]
    return [
        Measured(
            title=one["title"],
            rule=one["rule"],
            steps=one["noticed_after"],
            story=parse_story(one) if "steps" in one else None,
        )
        for one in found
    ]


def _render(one: Measured) -> str:
    head = f"[[mistakes]]\nnoticed_after = {one.steps}\n"
    if one.story is None:
        return f'{head}title = {json.dumps(one.title)}\nrule = ""\n'
    return head + render_story(Story(**{**one.story.__dict__, "title": one.title, "rule": one.rule}))

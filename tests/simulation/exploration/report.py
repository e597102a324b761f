"""What the drivers saw, in words. A process of its own may explore a scenario."""

from pathlib import Path

from tests.simulation.commands import simulated
from tests.simulation.exploration.drivers import Explored
from tests.simulation.exploration.together import Together
from tests.simulation.script import Scripts
from tests.simulation.stories import record, render_story, shrink, tell


def report(name: str, found: Explored, scripts: Scripts, folder: Path | None) -> bool:
    """Print what a driver saw, and each failure as a story. Return whether there was none."""
    rate = found.steps / max(found.seconds, 0.001)
    whole = "complete" if found.complete else "not complete"
    print(
        f"{name}: {found.states} states, {found.steps} steps, {found.ends} ends, {found.seconds:.0f} s of CPU,", end=" "
    )
    print(f"{rate:.0f} steps/s, {whole}; {len(found.failures)} rules violated", flush=True)
    for failure in found.failures.values():
        story = shrink(record(failure, scripts), scripts)
        print(f"  {failure.violation}\n    {tell(story)}", flush=True)
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{failure.rule}-{abs(hash(story.steps)) % 10**6}.toml").write_text(render_story(story))
    return not found.failures


def explore_and_report(names: tuple[str, ...], *, seconds: float, folder: Path | None) -> bool:
    """Explore scenarios with the same commands, print what was seen, and return whether no rule was violated."""
    with simulated():
        together = Together()
        well = [report(name, together.explore(name, seconds=seconds), together.scripts, folder) for name in names]
        return all(well)

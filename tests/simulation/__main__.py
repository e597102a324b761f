"""`python -m tests.simulation`: explore, sample, and measure the oracle, for longer than a test may take."""

import argparse
import os
import random
import sys
import time
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from tests.simulation.commands import simulated
from tests.simulation.exploration.drivers import sample
from tests.simulation.exploration.report import explore_and_report, report
from tests.simulation.exploration.together import groups
from tests.simulation.messages.measure import measure_messages
from tests.simulation.scenarios import random_scenarios
from tests.simulation.script import Scripts
from tests.simulation.seeded.measure import is_noticed, measure, write_measured
from tests.simulation.seeded.mistakes import MISTAKES


def run_random(arguments: argparse.Namespace) -> bool:
    """Sample until the time or the number of steps is over."""
    rng, scripts = random.Random(arguments.seed), Scripts(merge=False)
    found = sample(random_scenarios(rng), scripts, rng, seconds=arguments.seconds, steps=arguments.steps)
    for outcome, number in sorted(found.outcomes.items()):
        print(f"  {number:6} {outcome[0]}")
    return report(f"random (seed {arguments.seed})", found, scripts, arguments.folder)


def run_exhaustive(arguments: argparse.Namespace) -> bool:
    """Explore each scenario completely, each for at most the time. Scenarios with the same commands share a process."""
    work = partial(explore_and_report, seconds=arguments.seconds, folder=arguments.folder)
    with get_context("spawn").Pool(arguments.workers, maxtasksperchild=1) as pool:
        return all(list(pool.imap(work, groups(arguments.only))))


def run_mistakes(arguments: argparse.Namespace) -> bool:
    """Seed each mistake until it is noticed, and write the stories that notice them."""
    measured = []
    for mistake in MISTAKES:
        if arguments.only in mistake.title and not (arguments.missing and is_noticed(mistake)):
            began = time.process_time()
            one = measure(mistake, seconds=arguments.seconds, seed=arguments.seed)
            print(
                f"{mistake.title}: {one.rule or 'SURVIVED'}, {one.steps} steps, {time.process_time() - began:.0f} s",
                flush=True,
            )
            measured.append(one)
            write_measured([one])
    return all(one.rule for one in measured)


def run_messages(arguments: argparse.Namespace) -> bool:
    """Sample, and write how often each message was judged."""
    found = measure_messages(seed=arguments.seed, steps=arguments.steps, seconds=arguments.seconds)
    return report(f"messages (seed {arguments.seed})", found, Scripts(merge=False), arguments.folder)


def main() -> int:
    """Run one of the four, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("what", choices=("random", "exhaustive", "mistakes", "messages"))
    parser.add_argument("--seconds", type=float, default=60.0, help="CPU seconds (of each scenario or mistake)")
    parser.add_argument("--steps", type=int, default=0, help="stop after so many steps")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="processes of the exhaustive driver")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="a part of a name")
    parser.add_argument("--missing", action="store_true", help="only mistakes whose story no longer shows them")
    parser.add_argument("--folder", type=Path, help="where stories of failures are written")
    arguments = parser.parse_args()
    with simulated():
        drivers = {
            "random": run_random,
            "exhaustive": run_exhaustive,
            "mistakes": run_mistakes,
            "messages": run_messages,
        }
        well = drivers[arguments.what](arguments)
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())

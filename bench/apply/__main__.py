"""`python -m bench.apply`: apply the default stack with and without the checks of requests, and print the ratio."""

import argparse
import os
import statistics
import sys
import tempfile
from pathlib import Path

from standby.console import NullProgress
from standby.rehearsal.emulator.emulator import CHECKS_VARIABLES
from standby.rehearsal.files.paths import find_project
from standby.rehearsal.rehearsal import Rehearsal

CHECKED = CHECKS_VARIABLES[0]


def measure(*, checks: bool) -> float:
    """Return the seconds of one apply of the default stack to a new emulator."""
    os.environ[CHECKED] = "on" if checks else "off"
    project = find_project(Path.cwd())
    with tempfile.TemporaryDirectory() as directory:
        rehearsal = Rehearsal(project=project, directory=Path(directory) / "rehearsal", progress=NullProgress())
        try:
            return rehearsal.up().seconds["apply"]
        finally:
            rehearsal.down()


def main() -> None:
    """Measure in turns, so that load affects both, and print the medians and their ratio."""
    parser = argparse.ArgumentParser(prog="python -m bench.apply", description=__doc__)
    parser.add_argument("--runs", type=int, default=3, help="applies of each kind (default: 3)")
    seconds: dict[bool, list[float]] = {True: [], False: []}
    for run in range(parser.parse_args().runs):
        for checks in (True, False):
            seconds[checks].append(measure(checks=checks))
            print(f"run {run + 1}, checks {'on' if checks else 'off'}: {seconds[checks][-1]:.1f} s", file=sys.stderr)
    on, off = (statistics.median(seconds[checks]) for checks in (True, False))
    print(f"apply with checks {on:.1f} s, without {off:.1f} s, ratio {on / off:.3f}")


if __name__ == "__main__":
    main()

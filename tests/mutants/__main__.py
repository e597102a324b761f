"""`python -m tests.mutants`: make small changes in the code, and count those that a fast test notices.

mutmut changes one expression at a time. The tests run in a copy of the repository, never in the tree itself.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tests.mutants.areas import AREAS, Area
from tests.mutants.result import AreaResult, parse_result, write_results
from tests.mutants.workspace import make_workspace

GOAL: Final = 90.0
"""The percentage of mutants that the tests must notice."""


def run_area(area: Area, *, sample: int, seed: int, workers: int) -> AreaResult:
    """Run the mutants of all lines of an area, or of a sample of its lines, and return what was found."""
    with tempfile.TemporaryDirectory(prefix="mutants-") as directory:
        folder, result = Path(directory) / "copy", Path(directory) / "result.json"
        make_workspace(folder)
        command = [sys.executable, "-m", "tests.mutants.session", area.name, str(result)]
        numbers = {"--sample": sample, "--seed": seed, "--workers": workers}
        options = [part for name, number in numbers.items() for part in (name, str(number))]
        done = subprocess.run([*command, *options], cwd=folder, stdout=subprocess.PIPE, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"{done.stdout}\n{area.name}: the mutants could not be run. The reason is above.")
        return parse_result(json.loads(result.read_text(encoding="utf-8")))


def report(found: Sequence[AreaResult]) -> bool:
    """Print the scores and the survivors. Return whether each area reaches the goal."""
    for one in found:
        print(f"{one.area}: {one.noticed} of {one.run} mutants noticed ({one.score:.1f} %), in {one.lines} lines")
        for survivor in one.survivors:
            print("\n".join([f"  {survivor.name}", *(f"    {line}" for line in survivor.change)]))
    return all(one.score >= GOAL for one in found)


def main() -> int:
    """Run the areas, and return the exit code: 1 if an area is below the goal."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("--area", default="", choices=("", *(area.name for area in AREAS)))
    parser.add_argument("--sample", type=int, default=0, help="this many lines of each area; 0 for all")
    parser.add_argument("--seed", type=int, default=19)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--write", action="store_true", help="write tests/mutants/result.json")
    options = parser.parse_args()
    areas = [area for area in AREAS if options.area in {"", area.name}]
    found = [run_area(area, sample=options.sample, seed=options.seed, workers=options.workers) for area in areas]
    if options.write:
        write_results(found)
    return 0 if report(found) else 1


if __name__ == "__main__":
    sys.exit(main())

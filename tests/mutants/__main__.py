"""`python -m tests.mutants`: make small changes in the code, and count those that a fast test notices.

mutmut changes one expression at a time and runs the tests that reach the changed function. It runs in a copy of the
repository, never in the tree itself.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tests.mutants.result import AreaResult, Survivor, judge, write_results
from tests.mutants.workspace import AREAS, Area, make_workspace

GOAL: Final = 90.0
"""The percentage of mutants that the tests must notice."""
_NO_MUTANT: Final = "none"
"""A name that no mutant has: mutmut then only makes the mutants, and measures which tests reach which function."""


def run_area(area: Area, *, sample: int, seed: int, workers: int) -> AreaResult:
    """Run the mutants of an area, or a sample of them, and return what was found."""
    with tempfile.TemporaryDirectory(prefix="mutants-") as directory:
        folder = Path(directory)
        make_workspace(folder, area)
        _mutmut(folder, "run", "--max-children", str(workers), _NO_MUTANT)
        names = sorted(read_codes(folder))
        if not names:
            raise SystemExit(f"{area.name}: mutmut made no mutants. Run `{sys.executable} -m mutmut run` to see why.")
        chosen = sorted(random.Random(seed).sample(names, min(sample, len(names)))) if sample else names
        _mutmut(folder, "run", "--max-children", str(workers), *(chosen if sample else ()), show=True)
        codes = {name: code for name, code in read_codes(folder).items() if name in set(chosen)}
        noticed, survivors = judge(codes)
        return AreaResult(
            area=area.name,
            mutants=len(names),
            run=noticed + len(survivors),
            noticed=noticed,
            seed=seed if sample else None,
            survivors=tuple(Survivor(name=name, change=_change(folder, name)) for name in survivors),
        )


def read_codes(folder: Path) -> dict[str, int | None]:
    """Return the exit code of the tests for each mutant; None for one that was not run."""
    found: dict[str, int | None] = {}
    for path in sorted((folder / "mutants").rglob("*.meta")):
        found |= json.loads(path.read_text(encoding="utf-8"))["exit_code_by_key"]
    return found


def _mutmut(folder: Path, *arguments: str, show: bool = False) -> str:
    command = [sys.executable, "-m", "mutmut", *arguments]
    if show:
        subprocess.run(command, cwd=folder, check=False)
        return ""
    return subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True).stdout


def _change(folder: Path, name: str) -> tuple[str, ...]:
    lines = _mutmut(folder, "show", name).splitlines()
    return tuple(line for line in lines if line[:1] in {"+", "-"} and line[:3] not in {"+++", "---"})


def report(found: Sequence[AreaResult]) -> bool:
    """Print the scores and the survivors. Return whether each area reaches the goal."""
    for one in found:
        print(f"{one.area}: {one.noticed} of {one.run} mutants noticed ({one.score:.1f} %), of {one.mutants} in all")
        for survivor in one.survivors:
            print("\n".join([f"  {survivor.name}", *(f"    {line}" for line in survivor.change)]))
    return all(one.score >= GOAL for one in found)


def main() -> int:
    """Run the areas, and return the exit code: 1 if an area is below the goal."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("--area", default="", choices=("", *(area.name for area in AREAS)))
    parser.add_argument("--sample", type=int, default=0, help="so many mutants of each area; 0 for all")
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

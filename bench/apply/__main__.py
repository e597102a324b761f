"""`python -m bench.apply`: bring the default rehearsal up, as it is and with one thing off, and print the ratios."""

import argparse
import os
import statistics
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import psutil

from standby.console import NullProgress
from standby.rehearsal.deploy.terraform import COLLECTOR_VARIABLE
from standby.rehearsal.emulator.emulator import CHECKS_VARIABLES
from standby.rehearsal.files.paths import find_project
from standby.rehearsal.rehearsal import Rehearsal

CHECKED: Final = CHECKS_VARIABLES[0]
AS_IT_IS: Final = "as it is"
VARIANTS: Final[Mapping[str, Mapping[str, str]]] = {
    AS_IT_IS: {},
    "requests unchecked": {CHECKED: "off"},
    "Go's own collector": {COLLECTOR_VARIABLE: "100"},
}
"""The environment of each variant. GOGC's default is 100. Source: go.dev, "A Guide to the Go Garbage Collector"."""

Measures = dict[str, float]


def measure(environment: Mapping[str, str]) -> Measures:
    """Return the seconds of one `standby rehearse up` with a new emulator: in all, of its apply, and of the CPU.

    The CPU's seconds are those of Terraform, its provider and the synthesis, without the emulator.
    """
    for name in (CHECKED, COLLECTOR_VARIABLE):
        os.environ.pop(name, None)
    os.environ.update(environment)
    before = psutil.Process().cpu_times()
    with tempfile.TemporaryDirectory() as directory:
        rehearsal = Rehearsal(
            project=find_project(Path.cwd()), directory=Path(directory) / "rehearsal", progress=NullProgress()
        )
        try:
            seconds = rehearsal.up().seconds
        finally:
            rehearsal.down()
    after = psutil.Process().cpu_times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return {"up": sum(seconds.values()), "apply": seconds["apply"], "CPU": cpu}


def main() -> None:
    """Measure in turns, so that load affects all, and print the medians and their ratios to the rehearsal as it is."""
    parser = argparse.ArgumentParser(prog="python -m bench.apply", description=__doc__)
    parser.add_argument("--runs", type=int, default=3, help="runs of each kind (default: 3)")
    found: dict[str, list[Measures]] = {name: [] for name in VARIANTS}
    for run in range(parser.parse_args().runs):
        for name, environment in VARIANTS.items():
            found[name].append(measure(environment))
            shown = ", ".join(f"{what} {seconds:.1f} s" for what, seconds in found[name][-1].items())
            print(f"run {run + 1}, {name}: {shown}", file=sys.stderr)
    medians = {
        name: {what: statistics.median(one[what] for one in runs) for what in runs[0]} for name, runs in found.items()
    }
    for name, median in medians.items():
        ratios = (
            f"{what} {value:.1f} s, ratio {value / medians[AS_IT_IS][what]:.3f}" for what, value in median.items()
        )
        print(f"{name}: {'; '.join(ratios)}")


if __name__ == "__main__":
    main()

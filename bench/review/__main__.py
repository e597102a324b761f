"""`python -m bench.review PLAN.json`: review a plan, and compare with reading its JSON alone."""

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from standby.review.plan import read_plan
from standby.review.report import review


def measure(run: Callable[[], object]) -> float:
    """Return the seconds of one run."""
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


def main() -> None:
    """Measure in turns, so that load affects all, and print the medians and their ratio."""
    parser = argparse.ArgumentParser(prog="python -m bench.review", description=__doc__)
    parser.add_argument("plan", type=Path, help="the output of `terraform show -json`")
    parser.add_argument("--runs", type=int, default=9, help="runs of each kind (default: 9)")
    given = parser.parse_args()
    text = given.plan.read_text(encoding="utf-8")
    today = datetime.now(tz=UTC).date()
    command = [sys.executable, "-m", "standby", "review", str(given.plan), "--offline"]
    runs: dict[str, Callable[[], object]] = {
        "reading its JSON": lambda: json.loads(text),
        "reviewing it": lambda: review(read_plan(json.loads(text)), today=today),
        "the command as a program": lambda: subprocess.run(command, stdout=subprocess.DEVNULL, check=False),
    }
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(given.runs):
        for name, run in runs.items():
            seconds[name].append(measure(run))
    base, *others = ((name, statistics.median(taken)) for name, taken in seconds.items())
    resources = len(read_plan(json.loads(text)).changes)
    print(f"{given.plan}: {resources} resources, {len(text) / 1e6:.1f} MB")
    print(f"{base[0]}: {base[1]:.3f} s")
    for name, taken in others:
        print(f"{name}: {taken:.3f} s, ratio {taken / base[1]:.1f}")


if __name__ == "__main__":
    main()

"""`python -m bench.soak`: whole drills in a row on the rehearsal, and the spread of each measure.

It stops at the first drill that misses an objective or that cannot run, because a repeated drill would hide why.
"""

import argparse
import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from statistics import median
from typing import Any

Spread = tuple[float, float, float]
"""The minimum, the median and the maximum."""


def run_drill(report: Path) -> tuple[int, dict[str, Any]]:
    """Run one drill of all scenarios, keep its report, and return the exit code and the report."""
    found = subprocess.run(["standby", "drill", "--all", "--json"], stdout=subprocess.PIPE, text=True, check=False)
    report.write_text(found.stdout, encoding="utf-8")
    return found.returncode, json.loads(found.stdout) if found.stdout.startswith("{") else {}


def spreads(reports: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str], Spread]:
    """Return the spread of each number, by scenario and measure. A measure that a drill has not is left out of it."""
    values: dict[tuple[str, str], list[float]] = defaultdict(list)
    for report in reports:
        for scenario in report["scenarios"]:
            for measure, value in _numbers(scenario):
                values[scenario["name"], measure].append(value)
    return {key: (min(found), median(found), max(found)) for key, found in values.items()}


def _numbers(scenario: Mapping[str, Any]) -> Iterable[tuple[str, float]]:
    measures = {"seconds": scenario.get("seconds"), **(scenario.get("measures") or {})}
    for name, value in measures.items():
        if isinstance(value, int | float) and not isinstance(value, bool):
            yield name, float(value)


def render_spreads(found: Mapping[tuple[str, str], Spread]) -> str:
    """Return the spreads as a table."""
    lines = [f"{'scenario: measure':50} {'minimum':>9} {'median':>9} {'maximum':>9}"]
    for (scenario, measure), spread in found.items():
        lines.append(f"{scenario + ': ' + measure:50} " + " ".join(f"{value:9.2f}" for value in spread))
    return "\n".join(lines)


def main() -> int:
    """Run the drills, print the spreads, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench.soak", description=__doc__)
    parser.add_argument("--drills", type=int, default=20)
    parser.add_argument("--folder", type=Path, default=Path("dist/soak"), help="where the reports are kept")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    reports: list[dict[str, Any]] = []
    code = 0
    for number in range(1, arguments.drills + 1):
        path = arguments.folder / f"drill-{number:02}.json"
        code, report = run_drill(path)
        reports += [report] if report else []
        print(
            f"drill {number} of {arguments.drills}: {'passed' if code == 0 else f'exit code {code}, see {path}'}",
            flush=True,
        )
        if code:
            break
    print(render_spreads(spreads(reports)))
    return code


if __name__ == "__main__":
    sys.exit(main())

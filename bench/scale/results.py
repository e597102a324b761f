"""The runs that the docs show, as a data file: each case and way once, the latest one."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Final

from bench.scale.report import Case, Run

RESULTS: Final = Path(__file__).with_name("results.json")


def read_runs(path: Path = RESULTS) -> list[Run]:
    """Return the runs of a data file; none if there is no such file."""
    if not path.exists():
        return []
    return [Run(**{**fields, "case": Case(**fields["case"])}) for fields in json.loads(path.read_text())]


def with_runs(known: Iterable[Run], runs: Iterable[Run]) -> list[Run]:
    """Return the known runs, replaced by these of the same case and way, from few keys to many."""
    latest = {(run.case, run.way): run for run in (*known, *runs)}
    return sorted(
        latest.values(), key=lambda run: (run.case.keys, run.case.differences, run.case.milliseconds, run.way)
    )


def write_runs(runs: Sequence[Run], path: Path = RESULTS) -> None:
    """Write a data file: one run a line."""
    lines = ",\n".join(json.dumps(asdict(run)) for run in runs)
    path.write_text(f"[\n{lines}\n]\n")

"""`python -m bench.scale`: compare two buckets the dictionary way and as a merge, and print a table.

With `--keep`, the runs go into bench/scale/results.json, in place of earlier ones of the same cases, and the chart of
docs/scale.md is drawn from that file.

The stand-in is a process of its own. Both ways run in turns. A case whose dictionary way would take hours is measured
as a merge only.
"""

import argparse
import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from bench.scale.chart import chart
from bench.scale.report import Case, Run, table
from bench.scale.results import read_runs, with_runs, write_runs

ROOT: Final = Path(__file__).parents[2]
SVG: Final = Path(__file__).with_name("scale.svg")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.scale", description=__doc__)
    parser.add_argument("--keys", type=int, nargs="+", default=[1_000, 100_000, 1_000_000])
    parser.add_argument("--differences", type=int, nargs="+", default=[1_000], help="0, 1,000 or 100,000")
    parser.add_argument("--milliseconds", type=int, nargs="+", default=[20], help="time of a request (20, 100)")
    parser.add_argument("--dictionary-limit", type=int, default=100_000, help="most keys that go the dictionary way")
    parser.add_argument("--keep", action="store_true", help="keep the runs for the docs")
    return parser.parse_args()


def main() -> None:
    """Measure and print. A run is kept at once, because a later one may take very long."""
    arguments, runs = _arguments(), []
    for case in _cases(arguments):
        for way in ("dictionary", "merge"):
            if way == "merge" or case.keys <= arguments.dictionary_limit:
                runs.append(measure(case, way))
                print(runs[-1], file=sys.stderr, flush=True)
                if arguments.keep:
                    kept = with_runs(read_runs(), runs)
                    write_runs(kept)
                    SVG.write_text(chart(kept))
    print(table(runs))


def _cases(arguments: argparse.Namespace) -> list[Case]:
    """Return the cases, each once: a bucket has no more differences than keys."""
    cases = [
        Case(keys=keys, differences=min(differences, keys), milliseconds=milliseconds)
        for keys in arguments.keys
        for differences in arguments.differences
        for milliseconds in arguments.milliseconds
    ]
    return list(dict.fromkeys(cases))


def measure(case: Case, way: str) -> Run:
    """Compare the buckets of a case in a process of its own, and check what was found."""
    with _server(case) as url:
        command = [sys.executable, "-m", "bench.scale.program", way, url]
        answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if answer.returncode:
            raise SystemExit(f"{way}, {case}: it failed:\n{answer.stderr}")
        figures = json.loads(answer.stdout)
        with urllib.request.urlopen(f"{url}/requests") as found:  # noqa: S310 - the stand-in on this machine
            requests = int(found.read())
    if (figures["documents"], figures["differences"]) != (case.keys, case.differences):
        raise SystemExit(f"{way}, {case}: found {figures['documents']} and {figures['differences']} differences")
    return Run(
        case=case,
        way=way,
        seconds=round(figures["seconds"], 2),
        cpu=round(figures["cpu"], 2),
        megabytes=round(figures["megabytes"], 1),
        requests=requests,
        load=round(os.getloadavg()[0], 1),
    )


@contextmanager
def _server(case: Case) -> Iterator[str]:
    arguments = map(str, (case.keys, case.differences, case.milliseconds))
    command = [sys.executable, "-m", "bench.scale.server", *arguments]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield f"http://127.0.0.1:{(process.stdout or sys.stdin).readline().strip()}"
        finally:
            process.terminate()


if __name__ == "__main__":
    main()

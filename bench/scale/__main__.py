"""`python -m bench.scale`: compare two buckets the dictionary way and as a merge, print a table, and write a chart.

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

ROOT: Final = Path(__file__).parents[2]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.scale", description=__doc__)
    parser.add_argument("--keys", type=int, nargs="+", default=[1_000, 100_000, 1_000_000])
    parser.add_argument("--differences", type=int, nargs="+", default=[1_000], help="0, 1,000 or 100,000")
    parser.add_argument("--milliseconds", type=int, nargs="+", default=[20], help="time of a request (20, 100)")
    parser.add_argument("--dictionary-limit", type=int, default=100_000, help="most keys that go the dictionary way")
    parser.add_argument("--svg", type=Path, help="write the chart here")
    return parser.parse_args()


def main() -> None:
    """Measure, print, and draw."""
    arguments, runs = _arguments(), []
    for keys in arguments.keys:
        for differences in arguments.differences:
            for milliseconds in arguments.milliseconds:
                case = Case(keys=keys, differences=min(differences, keys), milliseconds=milliseconds)
                for way in ("dictionary", "merge"):
                    if way == "merge" or keys <= arguments.dictionary_limit:
                        runs.append(_measure(case, way))
                        print(runs[-1], file=sys.stderr, flush=True)
    print(table(runs))
    if arguments.svg:
        arguments.svg.write_text(chart(runs))


def _measure(case: Case, way: str) -> Run:
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
        seconds=figures["seconds"],
        cpu=figures["cpu"],
        megabytes=figures["megabytes"],
        requests=requests,
        load=os.getloadavg()[0],
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

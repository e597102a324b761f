"""`python -m bench.synth`: run stock, lazy and the floor in turns, print medians and ratios, and write a chart."""

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench.synth.chart import chart
from bench.synth.measure import Case, Run, measure
from bench.synth.report import summarize, table


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.synth", description=__doc__)
    parser.add_argument("--runs", type=int, default=5, help="runs of each case (default: 5)")
    parser.add_argument("--times", type=int, nargs="+", default=[1, 5, 10, 20], help="numbers of stacks in one App")
    parser.add_argument("--svg", type=Path, help="write the chart here")
    return parser.parse_args()


def _runs(times: Sequence[int], runs: int) -> Iterator[Run]:
    """Warm up each kind once, then yield run after run. The kinds take turns, so that load affects all."""
    cases = [Case(bindings="floor", times=1)]
    cases += [Case(bindings=bindings, times=number) for number in times for bindings in ("stock", "lazy")]
    for case in cases[:3]:
        measure(case)
    for turn in range(runs):
        for case in cases:
            run = measure(case)
            print(f"{turn + 1}/{runs} {case.bindings} x{case.times}: {run.seconds:.2f} s", file=sys.stderr, flush=True)
            yield run


def main() -> None:
    """Measure, print, and draw."""
    arguments = _arguments()
    summaries = summarize(_runs(arguments.times, arguments.runs))
    print(table(summaries))
    if arguments.svg:
        arguments.svg.write_text(chart(summaries))


if __name__ == "__main__":
    main()

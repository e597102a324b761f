"""The medians and ratios of the runs as a table."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from bench.synth.measure import Case, Run


@dataclass(frozen=True, kw_only=True)
class Summary:
    """The medians of a case over its runs."""

    case: Case
    runs: int
    seconds: float
    fastest: float
    megabytes: float


def summarize(runs: Iterable[Run]) -> tuple[Summary, ...]:
    """Return a summary of each case, in the order of the first runs."""
    by_case: dict[Case, list[Run]] = {}
    for run in runs:
        by_case.setdefault(run.case, []).append(run)
    return tuple(
        Summary(
            case=case,
            runs=len(found),
            seconds=median(run.seconds for run in found),
            fastest=min(run.seconds for run in found),
            megabytes=median(run.megabytes for run in found),
        )
        for case, found in by_case.items()
    )


def table(summaries: Sequence[Summary]) -> str:
    """Return a Markdown table with the medians and the ratios to stock and to the floor."""
    seconds = {summary.case: summary.seconds for summary in summaries}
    floor = seconds[Case(bindings="floor", times=1)]
    lines = ["| stacks | bindings | runs | median s | fastest s | peak MB | stock / this | this / floor |"]
    lines.append("|" + " --- |" * 8)
    for summary in summaries:
        case = summary.case
        stock = seconds.get(Case(bindings="stock", times=case.times))
        faster = f"{stock / summary.seconds:.1f}" if stock and case.bindings == "lazy" else ""
        name = "-" if case.bindings == "floor" else str(case.times)
        lines.append(
            f"| {name} | {case.bindings} | {summary.runs} | {summary.seconds:.2f} | {summary.fastest:.2f} "
            f"| {summary.megabytes:.0f} | {faster} | {summary.seconds / floor:.1f} |"
        )
    return "\n".join(lines)

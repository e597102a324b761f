"""The runs as a table, with what AWS charges for the requests."""

from collections.abc import Sequence
from dataclasses import dataclass

from standby.cost.prices import price_list


@dataclass(frozen=True, kw_only=True)
class Case:
    """Two buckets: `keys` in one, `differences` fewer in the other; each request takes `milliseconds`."""

    keys: int
    differences: int
    milliseconds: int


@dataclass(frozen=True, kw_only=True)
class Run:
    """One comparison: wall time, CPU time of the process in all its threads, peak memory, and the machine's load."""

    case: Case
    way: str
    seconds: float
    cpu: float
    megabytes: float
    requests: int
    load: float


def table(runs: Sequence[Run]) -> str:
    """Return a Markdown table of the runs, and how much faster the merge is."""
    lines = ["| keys | differences | ms | way | s | CPU s | peak MB | requests | USD | faster | load |"]
    lines.append("|" + " --: |" * 3 + " --- |" + " --: |" * 7)
    slow = {run.case: run.seconds for run in runs if run.way == "dictionary"}
    for run in runs:
        case, price = run.case, price_list()["s3_writes"].cost(run.requests)  # a listing has the price of a write
        faster = f"{slow[case] / run.seconds:.1f}" if run.way == "merge" and case in slow else ""
        lines.append(
            f"| {case.keys:,} | {case.differences:,} | {case.milliseconds} | {run.way} | {run.seconds:.1f} "
            f"| {run.cpu:.1f} | {run.megabytes:.0f} | {run.requests:,} | {price:.4f} | {faster} | {run.load:.1f} |"
        )
    return "\n".join(lines)

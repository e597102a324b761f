"""`python -m tests.automatic COUNT SEED`: simulate the automatic failover's decision, and write the table of docs.

Each second vantage point has its own histories, and its own process.
"""

import json
import sys
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any, Final

from standby_protocol.automatic import SecondVantagePoint
from tests.automatic.simulate import RULES, Tally, faults, simulate

RESULT: Final = Path(__file__).with_name("result.json")
SECONDS: Final[tuple[SecondVantagePoint, ...]] = ("edge", "checkers")


def main(count: int, seed: int) -> int:
    """Simulate, print and write the tallies; return 1 if a claim does not hold."""
    with ProcessPoolExecutor(max_workers=len(SECONDS)) as pool:
        found = dict(zip(SECONDS, pool.map(partial(simulate, count, seed, RULES), SECONDS), strict=True))
    rows = [row for second, tallies in found.items() for row in describe(second, tallies)]
    RESULT.write_text(json.dumps({"histories": count, "seed": seed, "rows": rows}, indent=1) + "\n", encoding="utf-8")
    for row in rows:
        print(*row.values(), sep="\t")
    wrong = [f"{second}: {one}" for second, tallies in found.items() for one in faults(tallies)]
    print("\n".join(wrong) or "0 false moves, and every long loss was answered")
    return 1 if wrong else 0


def describe(second: SecondVantagePoint, tallies: Mapping[str, Tally]) -> list[dict[str, Any]]:
    """Return a row for each kind of history."""
    return [
        {
            "second": second,
            "kind": kind,
            "histories": tally.histories,
            "moves": tally.moves,
            "false_moves": tally.false_moves,
            "unanswered": tally.unanswered,
            "median_seconds": round(median(tally.detected)) if tally.detected else None,
            "longest_seconds": round(max(tally.detected)) if tally.detected else None,
        }
        for kind, tally in sorted(tallies.items())
    ]


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2])))

"""`python -m tests.automatic COUNT SEED`: simulate the automatic failover's decision, and write the table of docs."""

import json
import sys
from pathlib import Path
from statistics import median

from tests.automatic.simulate import faults, simulate

RESULT = Path(__file__).with_name("result.json")


def main(count: int, seed: int) -> int:
    """Simulate, print and write the tallies; return 1 if a claim does not hold."""
    tallies = simulate(count, seed)
    rows = [
        {
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
    RESULT.write_text(json.dumps({"histories": count, "seed": seed, "rows": rows}, indent=1) + "\n", encoding="utf-8")
    for row in rows:
        print(*row.values(), sep="\t")
    wrong = faults(tallies)
    print("\n".join(wrong) or "0 false moves, and every long loss was answered")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2])))

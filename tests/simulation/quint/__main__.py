"""`python -m tests.simulation.quint`: check docs/two_copies.qnt, and check traces of the simulation with it."""

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from tests.simulation.commands import simulated
from tests.simulation.quint.traces import record_traces, render_traces
from tests.simulation.seeded.mistakes import MISTAKES, Mistake, seeded

ROOT: Final = Path(__file__).resolve().parents[3]
SPECIFICATION: Final = ROOT / "docs" / "two_copies.qnt"
QUINT: Final = "@informalsystems/quint/dist/src/cli.js"
_MUST_BE_REJECTED: Final = ("a write has no condition", "the other region is written first")
"""Seeded mistakes whose traces the specification must reject: it could accept everything otherwise."""


class Quint:
    """Quint's command line, in the folder of packages where it is installed.."""

    def __init__(self, packages: Path) -> None:
        self._program = packages / QUINT

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run Quint, and return what it printed."""
        command = ["node", str(self._program), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False)


def check_invariants(quint: Quint, *, samples: int) -> bool:
    """Play random runs of the specification, and return whether no invariant was violated."""
    options = ("--backend=typescript", "--invariant=safe", f"--max-samples={samples}", "--max-steps=40")
    found = quint.run("run", *options, str(SPECIFICATION))
    print(f"specification: {samples} random runs:", "safe" if found.returncode == 0 else found.stdout[-3000:])
    return found.returncode == 0


def accepts(quint: Quint, traces: list[list[str]]) -> tuple[bool, str]:
    """Return whether the specification accepts each trace, and the end of what Quint printed."""
    with tempfile.TemporaryDirectory() as directory:
        shutil.copy(SPECIFICATION, directory)
        path = Path(directory, "traces.qnt")
        path.write_text(render_traces(traces), encoding="utf-8")
        found = quint.run("test", "--backend=typescript", str(path))
    return found.returncode == 0, (found.stdout + found.stderr)[-2000:]


def check_traces(quint: Quint, *, number: int, seed: int) -> bool:
    """Record traces of the product, and return whether the specification accepts them."""
    traces = record_traces(number, seed=seed)
    well, text = accepts(quint, traces)
    print(f"{number} traces of {sum(map(len, traces))} steps (seed {seed}):", "accepted" if well else text)
    return well


def check_mistake(quint: Quint, mistake: Mistake, *, number: int, seed: int) -> bool:
    """Record traces of the product with a mistake, and return whether the specification rejects one."""
    with seeded(mistake):
        traces = record_traces(number, seed=seed)
    well, _ = accepts(quint, traces)
    print(f'{number} traces of the mistake "{mistake.title}":', "accepted, although wrong" if well else "rejected")
    return not well


def main() -> int:
    """Run all checks, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.quint", description=__doc__)
    parser.add_argument("packages", type=Path, help="the folder node_modules with Quint")
    parser.add_argument("--samples", type=int, default=2000, help="random runs of the specification")
    parser.add_argument("--traces", type=int, default=100, help="recorded runs of the product")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    quint = Quint(arguments.packages)
    well = check_invariants(quint, samples=arguments.samples)
    with simulated():
        well &= check_traces(quint, number=arguments.traces, seed=arguments.seed)
        for mistake in MISTAKES:
            if mistake.title in _MUST_BE_REJECTED:
                well &= check_mistake(quint, mistake, number=arguments.traces, seed=arguments.seed)
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())

"""The generated part of docs/scale.md: the kept runs of the benchmark as a table."""

from bench.scale.report import table
from bench.scale.results import read_runs


def runs() -> str:
    """Return the kept runs as a table."""
    return table(read_runs()) + "\n"

"""The runs as an SVG bar chart: wall time and peak memory."""

from collections.abc import Sequence
from typing import Final

from bench.scale.report import Run

_ROW, _LEFT, _WIDTH = 26, 300, 420
_COLORS: Final = {"dictionary": "#b4552d", "merge": "#2d6cb4"}


def chart(runs: Sequence[Run]) -> str:
    """Return an SVG with a bar for the wall time of each run."""
    longest = max(run.seconds for run in runs)
    height = _ROW * (len(runs) + 2)
    rows = "".join(_row(index, run, longest) for index, run in enumerate(runs))
    title = "Comparing two buckets: wall time in seconds, and peak memory"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_LEFT + _WIDTH + 150} {height}" '
        f'font-family="sans-serif" font-size="13" role="img" aria-label="{title}">'
        f'<rect width="100%" height="100%" fill="#ffffff"/><text x="8" y="20" font-weight="bold">{title}</text>'
        f"{rows}</svg>\n"
    )


def _row(index: int, run: Run, longest: float) -> str:
    top = _ROW * (index + 1) + 10
    length = max(_WIDTH * run.seconds / longest, 1)
    case = run.case
    name = f"{case.keys:,} keys, {case.differences:,} differ, {case.milliseconds} ms, {run.way}"
    return (
        f'<text x="{_LEFT - 8}" y="{top + 14}" text-anchor="end">{name}</text>'
        f'<rect x="{_LEFT}" y="{top}" width="{length:.1f}" height="{_ROW - 8}" fill="{_COLORS[run.way]}"/>'
        f'<text x="{_LEFT + length + 6:.1f}" y="{top + 14}">{run.seconds:.1f} s, {run.megabytes:.0f} MB</text>'
    )

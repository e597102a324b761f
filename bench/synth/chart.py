"""The medians as an SVG bar chart."""

from collections.abc import Sequence

from bench.synth.report import Summary

_ROW, _LEFT, _WIDTH = 26, 130, 560
_COLORS = {"floor": "#8a8f98", "stock": "#b4552d", "lazy": "#2d6cb4"}


def chart(summaries: Sequence[Summary]) -> str:
    """Return an SVG with a bar for the median wall time of each case."""
    longest = max(summary.seconds for summary in summaries)
    height = _ROW * (len(summaries) + 2)
    rows = "".join(_row(index, summary, longest) for index, summary in enumerate(summaries))
    title = "Synth: median wall time in seconds, and peak memory of Python and Node together"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_LEFT + _WIDTH + 150} {height}" '
        f'font-family="sans-serif" font-size="13" role="img" aria-label="{title}">'
        f'<rect width="100%" height="100%" fill="#ffffff"/><text x="8" y="20" font-weight="bold">{title}</text>'
        f"{rows}</svg>\n"
    )


def _row(index: int, summary: Summary, longest: float) -> str:
    top = _ROW * (index + 1) + 10
    length = max(_WIDTH * summary.seconds / longest, 1)
    case = summary.case
    name = "cdktf alone" if case.bindings == "floor" else f"{case.bindings}, {case.times} x stack"
    figures = f"{summary.seconds:.2f} s, {summary.megabytes:.0f} MB"
    return (
        f'<text x="{_LEFT - 8}" y="{top + 14}" text-anchor="end">{name}</text>'
        f'<rect x="{_LEFT}" y="{top}" width="{length:.1f}" height="{_ROW - 8}" fill="{_COLORS[case.bindings]}"/>'
        f'<text x="{_LEFT + length + 6:.1f}" y="{top + 14}">{figures}</text>'
    )

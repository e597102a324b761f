"""The runs as an SVG chart: wall time and peak memory by the number of keys, each way as a line.

Both axes are logarithmic.
"""

from collections.abc import Callable, Iterable, Sequence
from math import log10
from typing import Final

from bench.scale.report import Run

DIFFERENCES: Final = 1_000
"""The chart shows the runs with this many differences."""

_COLORS: Final = {"dictionary": "#b4552d", "merge": "#2d6cb4"}
_KEYS: Final = (1_000, 10_000_000)
_WIDTH, _HEIGHT, _LEFT, _TOP, _PANEL = 340, 260, 70, 60, 480
_DASHES: Final = ("", "6 4", "2 3")
_PANELS: Final[tuple[tuple[str, Callable[[Run], float], tuple[float, float]], ...]] = (
    ("wall time in seconds", lambda run: run.seconds, (0.01, 1_000)),
    ("peak memory in MB", lambda run: run.megabytes, (10, 10_000)),
)


def chart(runs: Sequence[Run]) -> str:
    """Return an SVG with a panel for the wall time and one for the peak memory."""
    shown = [run for run in runs if run.case.differences == DIFFERENCES]
    title = f"Comparing two buckets with {DIFFERENCES:,} differences: before (dictionary) and now (merge)"
    panels = "".join(_panel(number, name, shown, value, limits) for number, (name, value, limits) in enumerate(_PANELS))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {2 * _PANEL} {_TOP + _HEIGHT + 50}" '
        f'font-family="sans-serif" font-size="12" role="img" aria-label="{title}">\n'
        f'<rect width="100%" height="100%" fill="#ffffff"/>\n'
        f'<text x="8" y="20" font-size="14" font-weight="bold">{title}</text>\n{panels}</svg>\n'
    )


def _panel(
    number: int, name: str, runs: Sequence[Run], value: Callable[[Run], float], limits: tuple[float, float]
) -> str:
    lines = []
    times = sorted({run.case.milliseconds for run in runs})
    for way, color in _COLORS.items():
        for milliseconds, dash in zip(times, _DASHES, strict=False):
            line = [run for run in runs if (run.way, run.case.milliseconds) == (way, milliseconds)]
            points = [(_share(run.case.keys, _KEYS), _share(value(run), limits), f"{value(run):.3g}") for run in line]
            lines.append(_line(points, f"{way}, {milliseconds} ms", color, dash))
    axes = _axes(limits)
    return (
        f'<g transform="translate({number * _PANEL + _LEFT} {_TOP})">\n<text x="0" y="-14">{name}</text>\n'
        f'<text x="{_WIDTH / 2}" y="{_HEIGHT + 36}" text-anchor="middle">keys in each bucket</text>\n'
        f"{axes}{''.join(lines)}</g>\n"
    )


def _share(value: float, limits: tuple[float, float]) -> float:
    """Return where a value is between its limits, by its logarithm: 0 to 1."""
    low, high = map(log10, limits)
    return min(1.0, max(0.0, (log10(max(value, limits[0])) - low) / (high - low)))


def _axes(limits: tuple[float, float]) -> str:
    return "".join(_ticks(_KEYS, upright=True)) + "".join(_ticks(limits, upright=False))


def _ticks(limits: tuple[float, float], *, upright: bool) -> Iterable[str]:
    low, high = (round(log10(limit)) for limit in limits)
    for power in range(low, high + 1):
        share = (power - low) / (high - low)
        x, y = (share * _WIDTH, _HEIGHT) if upright else (0.0, _HEIGHT * (1 - share))
        ends = f'x1="{x:.0f}" y1="{y:.0f}" x2="{x if upright else _WIDTH:.0f}" y2="{0 if upright else y:.0f}"'
        place = (
            f'x="{x:.0f}" y="{_HEIGHT + 16}" text-anchor="middle"'
            if upright
            else f'x="-8" y="{y + 4:.0f}" text-anchor="end"'
        )
        yield f'<line {ends} stroke="#e3e5e8"/><text {place} fill="#5a6068">{10**power:,.10g}</text>\n'


def _line(points: Sequence[tuple[float, float, str]], name: str, color: str, dash: str) -> str:
    """Return a line with a mark for each run: its name at its end, and its value when the pointer is on the mark."""
    if not points:
        return ""
    places = [(x * _WIDTH, _HEIGHT * (1 - y), text) for x, y, text in points]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y, _ in places)
    marks = "".join(
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{color}"><title>{name}: {text}</title></circle>'
        for x, y, text in places
    )
    x, y, _ = places[-1]
    right = x > 0.9 * _WIDTH
    place = f'x="{x + (0 if right else 6):.1f}" y="{y - 8 if right else y + 4:.1f}"'
    anchor = ' text-anchor="end"' if right else ""
    return (
        f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="2" stroke-dasharray="{dash}"/>{marks}'
        f'<text {place}{anchor} fill="{color}">{name}</text>\n'
    )

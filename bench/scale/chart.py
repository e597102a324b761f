"""The runs as an SVG chart: wall time, CPU time and peak memory by the number of keys, each way as a line.

Both axes are logarithmic.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from math import log10
from typing import Final

from bench.scale.report import Run

DIFFERENCES: Final = 1_000
"""The chart shows the runs with this many differences."""

_COLORS: Final = {"dictionary": "#b4552d", "merge": "#2d6cb4"}
_KEYS: Final = (1_000, 10_000_000)
_WIDTH, _HEIGHT, _LEFT, _TOP, _PANEL = 320, 260, 60, 90, 410
_DASHES: Final = ("", "6 4", "2 3")
_PANELS: Final[tuple[tuple[str, Callable[[Run], float], tuple[float, float]], ...]] = (
    ("wall time in seconds", lambda run: run.seconds, (0.1, 1_000)),
    ("CPU time in seconds", lambda run: run.cpu, (0.1, 1_000)),
    ("peak memory in MB", lambda run: run.megabytes, (10, 10_000)),
)


def chart(runs: Sequence[Run]) -> str:
    """Return an SVG with a panel for each figure."""
    shown = [run for run in runs if run.case.differences == DIFFERENCES]
    title = f"Comparing two buckets with {DIFFERENCES:,} differences: before (dictionary) and now (merge)"
    styles = _styles(shown)
    panels = "".join(
        _panel(number, name, _lines(shown, styles, value, limits), limits)
        for number, (name, value, limits) in enumerate(_PANELS)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {len(_PANELS) * _PANEL + 30} {_TOP + _HEIGHT + 50}" '
        f'font-family="sans-serif" font-size="12" role="img" aria-label="{title}">\n'
        f'<rect width="100%" height="100%" fill="#ffffff"/>\n'
        f'<text x="8" y="20" font-size="14" font-weight="bold">{title}</text>\n{_legend(styles)}{panels}</svg>\n'
    )


def _styles(runs: Sequence[Run]) -> dict[tuple[str, int], str]:
    """Return the color and the dashes of each line: a way, and the milliseconds of a request."""
    times = sorted({run.case.milliseconds for run in runs})
    return {
        (way, milliseconds): f'stroke="{color}" stroke-width="2" stroke-dasharray="{dash}"'
        for way, color in _COLORS.items()
        for milliseconds, dash in zip(times, _DASHES, strict=False)
    }


def _legend(styles: Mapping[tuple[str, int], str]) -> str:
    return "".join(
        f'<line x1="{8 + 225 * number}" y1="40" x2="{44 + 225 * number}" y2="40" {style}/>'
        f'<text x="{50 + 225 * number}" y="44">{way}, {milliseconds} ms a request</text>\n'
        for number, ((way, milliseconds), style) in enumerate(styles.items())
    )


def _lines(
    runs: Sequence[Run],
    styles: Mapping[tuple[str, int], str],
    value: Callable[[Run], float],
    limits: tuple[float, float],
) -> Iterable[str]:
    """Yield each line, with a mark for each run, which shows its figure when the pointer is on it."""
    for (way, milliseconds), style in styles.items():
        line = [run for run in runs if (run.way, run.case.milliseconds) == (way, milliseconds)]
        places = [
            (_WIDTH * _share(run.case.keys, _KEYS), _HEIGHT * (1 - _share(value(run), limits)), value(run))
            for run in line
        ]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y, _ in places)
        yield f'<polyline points="{path}" fill="none" {style}/>\n'
        for x, y, figure in places:
            name = f"{way}, {milliseconds} ms: {figure:.3g}"
            yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{_COLORS[way]}"><title>{name}</title></circle>\n'


def _panel(number: int, name: str, lines: Iterable[str], limits: tuple[float, float]) -> str:
    axes = "".join((*_ticks(_KEYS, upright=True), *_ticks(limits, upright=False)))
    return (
        f'<g transform="translate({number * _PANEL + _LEFT} {_TOP})">\n<text x="0" y="-14">{name}</text>\n'
        f'<text x="{_WIDTH / 2}" y="{_HEIGHT + 36}" text-anchor="middle">keys in each bucket</text>\n'
        f"{axes}{''.join(lines)}</g>\n"
    )


def _share(value: float, limits: tuple[float, float]) -> float:
    """Return where a value is between its limits, by its logarithm: 0 to 1."""
    low, high = map(log10, limits)
    return min(1.0, max(0.0, (log10(max(value, limits[0])) - low) / (high - low)))


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

"""The geometry of a scenario's timeline picture: what users got, second by second, over what was done and to whom.

Pure; the template turns the shapes into SVG. Lengths are in the picture's own units.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from standby.drill.measure.records import Event, EventKind, Result, ScenarioReport, Span

WIDTH: Final = 960.0
LEFT: Final = 132.0
RIGHT: Final = 12.0
TOP: Final = 14.0
MARK_ROW: Final = 18.0
ROW: Final = 46.0
ROW_GAP: Final = 12.0
LANE: Final = 20.0
LANE_GAP: Final = 6.0
AXIS: Final = 24.0
MARK_RADIUS: Final = 8.0
TICKS: Final = (1, 2, 5, 10, 15, 30, 60)
MOST_TICKS: Final = 14

LABELS: Final[Mapping[str, str]] = {
    "page": "pages",
    "cold-page": "cold pages",
    "question": "questions",
    "upload": "uploads",
}
SHOWN: Final[tuple[EventKind, ...]] = ("fault", "detected", "command", "done", "heal")
STACK: Final = (Result.OK, Result.ERROR, Result.NO_ANSWER)


@dataclass(frozen=True, kw_only=True)
class Bar:
    """How many requests of one result were due in one second."""

    x: float
    y: float
    width: float
    height: float
    result: Result
    title: str


@dataclass(frozen=True, kw_only=True)
class Row:
    """The bars of one kind of request; `most` is what its full height stands for."""

    label: str
    y: float
    base: float
    most: int
    bars: tuple[Bar, ...]


@dataclass(frozen=True, kw_only=True)
class Block:
    """A region that was not as usual."""

    x: float
    width: float
    state: str
    fits: bool


@dataclass(frozen=True, kw_only=True)
class Lane:
    """A region's state over time."""

    label: str
    y: float
    blocks: tuple[Block, ...]


@dataclass(frozen=True, kw_only=True)
class Mark:
    """Something that was done or seen; `number` is its place in the list below the picture."""

    number: int
    x: float
    label_x: float
    label_y: float
    kind: EventKind
    title: str


@dataclass(frozen=True, kw_only=True)
class Timeline:
    """The whole picture."""

    height: float
    rows: tuple[Row, ...]
    lanes: tuple[Lane, ...]
    marks: tuple[Mark, ...]
    ticks: tuple[tuple[float, str], ...]
    bottom: float
    description: str
    top: float = TOP
    width: float = WIDTH
    left: float = LEFT
    right: float = WIDTH - RIGHT


def timeline(report: ScenarioReport, *, regions: Mapping[str, str]) -> Timeline | None:
    """Return the picture of a scenario, None where nothing was recorded. `regions`: role to region."""
    seconds = max((len(counts) for kind in report.series.values() for counts in kind.values()), default=0)
    if seconds == 0:
        return None
    scale = (WIDTH - LEFT - RIGHT) / seconds
    marks = tuple(_marks(report.events, scale=scale))
    top = TOP + MARK_ROW * max((round((mark.label_y - TOP) / MARK_ROW) + 1 for mark in marks), default=0)
    rows = tuple(_rows(report.series, top=top, scale=scale))
    y = rows[-1].base + ROW_GAP if rows else top
    lanes = tuple(_lanes(report.regions, regions=regions, top=y, scale=scale))
    bottom = y + len(lanes) * (LANE + LANE_GAP)
    return Timeline(
        height=bottom + AXIS,
        rows=rows,
        lanes=lanes,
        marks=marks,
        ticks=tuple((LEFT + second * scale, f"{second} s") for second in _ticks(seconds)),
        bottom=bottom,
        description=_description(report),
    )


def shown_events(events: Sequence[Event]) -> list[Event]:
    """Return the events that have a mark in the picture, in the order of their numbers."""
    return [event for event in events if event.kind in SHOWN]


def _rows(series: Mapping[str, Mapping[str, Sequence[int]]], *, top: float, scale: float) -> Iterator[Row]:
    kinds = [kind for kind in LABELS if any(any(counts) for counts in series.get(kind, {}).values())]
    for index, kind in enumerate(kinds):
        y = top + index * (ROW + ROW_GAP)
        totals = [sum(counts) for counts in zip(*series[kind].values(), strict=True)]
        most = max(totals)
        bars = tuple(_bars(series[kind], label=LABELS[kind], base=y + ROW, unit=ROW / most, scale=scale))
        yield Row(label=LABELS[kind], y=y, base=y + ROW, most=most, bars=bars)


def _bars(counts: Mapping[str, Sequence[int]], *, label: str, base: float, unit: float, scale: float) -> Iterator[Bar]:
    gap = min(1.5, scale * 0.15)
    for second in range(len(counts[Result.OK])):
        height = 0.0
        for result in STACK:
            count = counts[result][second]
            if count:
                height += count * unit
                yield Bar(
                    x=LEFT + second * scale + gap / 2,
                    y=base - height,
                    width=scale - gap,
                    height=count * unit,
                    result=result,
                    title=f"second {second}: {count} {label}, {result.value.replace('-', ' ')}",
                )


def _lanes(spans: Sequence[Span], *, regions: Mapping[str, str], top: float, scale: float) -> Iterator[Lane]:
    for index, (role, region) in enumerate(regions.items()):
        blocks = tuple(
            Block(
                x=LEFT + span.began * scale,
                width=max((span.ended - span.began) * scale, 2.0),
                state=span.state,
                fits=(span.ended - span.began) * scale > 7.0 * len(span.state),
            )
            for span in spans
            if span.role == role
        )
        yield Lane(label=region, y=top + index * (LANE + LANE_GAP), blocks=blocks)


def _marks(events: Sequence[Event], *, scale: float) -> Iterator[Mark]:
    free: list[float] = []  # for each row of labels: where the last one ends
    for number, event in enumerate(shown_events(events), start=1):
        x = LEFT + event.at * scale
        row = next((row for row, end in enumerate(free) if end <= x - MARK_RADIUS), len(free))
        free[row : row + 1] = [x + MARK_RADIUS + 2]
        y = TOP + row * MARK_ROW
        yield Mark(number=number, x=x, label_x=x, label_y=y, kind=event.kind, title=f"{event.at:.1f} s: {event.text}")


def _ticks(seconds: int) -> range:
    step = next((step for step in TICKS if seconds / step <= MOST_TICKS), TICKS[-1])
    return range(0, seconds + 1, step)


def _description(report: ScenarioReport) -> str:
    """Return in words what the picture shows, for who cannot see it."""
    counted = []
    for kind, label in LABELS.items():
        totals = {result: sum(report.series.get(kind, {}).get(result.value, ())) for result in STACK}
        if any(totals.values()):
            counted.append(
                f"{label}: {totals[Result.OK]} answered, {totals[Result.ERROR]} answered with an error,"
                f" {totals[Result.NO_ANSWER]} without an answer"
            )
    told = "; ".join(f"{event.at:.1f} s {event.text}" for event in shown_events(report.events))
    return f"Requests per second. {'. '.join(counted)}. Events: {told or 'none'}."

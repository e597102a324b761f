"""The geometry of a scenario's timeline: requests per second by result, the faults of each region, the events.

Pure; the template turns the shapes into SVG. Lengths are in the picture's own units.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from standby.deployment.manifest import Role
from standby.drill.measure.records import Event, EventKind, FaultPeriod, Result
from standby.drill.report.report import ScenarioReport

WIDTH: Final = 960.0
LEFT: Final = 132.0
RIGHT: Final = 12.0
TOP: Final = 14.0
MARK_ROW_HEIGHT: Final = 18.0
ROW_HEIGHT: Final = 46.0
ROW_GAP: Final = 12.0
LANE_HEIGHT: Final = 20.0
LANE_GAP: Final = 6.0
AXIS_HEIGHT: Final = 24.0
MARK_RADIUS: Final = 8.0
TICK_SECONDS: Final = (1, 2, 5, 10, 15, 30, 60)
MAX_TICKS: Final = 14

KIND_LABELS: Final[Mapping[str, str]] = {
    "page": "pages",
    "cold-page": "cold pages",
    "question": "questions",
    "upload": "uploads",
}
CHARTED_EVENTS: Final[tuple[EventKind, ...]] = ("fault", "detected", "command", "ended", "heal")
RESULT_ORDER: Final = (Result.OK, Result.ERROR, Result.NO_ANSWER)


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
    """The bars of one kind of request. Its full height stands for `most` requests."""

    label: str
    y: float
    base: float
    most: int
    bars: tuple[Bar, ...]


@dataclass(frozen=True, kw_only=True)
class Block:
    """A region with a fault. `fits`: the text fits into the block."""

    x: float
    width: float
    state: str
    fits: bool


@dataclass(frozen=True, kw_only=True)
class Lane:
    """The faults of a region over time."""

    label: str
    y: float
    blocks: tuple[Block, ...]


@dataclass(frozen=True, kw_only=True)
class Mark:
    """An event. `number` is its number in the list below the picture."""

    number: int
    x: float
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


def make_timeline(report: ScenarioReport, *, regions: Mapping[Role, str]) -> Timeline | None:
    """Return the timeline of a scenario; None if no request was recorded. `regions`: region by role."""
    seconds = max((len(counts) for kind in report.requests_per_second.values() for counts in kind.values()), default=0)
    if seconds == 0:
        return None
    scale = (WIDTH - LEFT - RIGHT) / seconds
    marks = tuple(_marks(report.events, scale=scale))
    top = TOP + MARK_ROW_HEIGHT * max((round((mark.label_y - TOP) / MARK_ROW_HEIGHT) + 1 for mark in marks), default=0)
    rows = tuple(_rows(report.requests_per_second, top=top, scale=scale))
    y = rows[-1].base + ROW_GAP if rows else top
    lanes = tuple(_lanes(report.fault_periods, regions=regions, top=y, scale=scale))
    bottom = y + len(lanes) * (LANE_HEIGHT + LANE_GAP)
    return Timeline(
        height=bottom + AXIS_HEIGHT,
        rows=rows,
        lanes=lanes,
        marks=marks,
        ticks=tuple((LEFT + second * scale, f"{second} s") for second in _ticks(seconds)),
        bottom=bottom,
        description=_description(report),
    )


def charted_events(events: Sequence[Event]) -> list[Event]:
    """Return the events with a mark in the timeline, in the order of their numbers."""
    return [event for event in events if event.kind in CHARTED_EVENTS]


def _rows(requests: Mapping[str, Mapping[str, Sequence[int]]], *, top: float, scale: float) -> Iterator[Row]:
    kinds = [kind for kind in KIND_LABELS if any(any(counts) for counts in requests.get(kind, {}).values())]
    for index, kind in enumerate(kinds):
        y = top + index * (ROW_HEIGHT + ROW_GAP)
        totals = [sum(counts) for counts in zip(*requests[kind].values(), strict=True)]
        most = max(totals)
        bars = tuple(
            _bars(requests[kind], label=KIND_LABELS[kind], base=y + ROW_HEIGHT, unit=ROW_HEIGHT / most, scale=scale)
        )
        yield Row(label=KIND_LABELS[kind], y=y, base=y + ROW_HEIGHT, most=most, bars=bars)


def _bars(counts: Mapping[str, Sequence[int]], *, label: str, base: float, unit: float, scale: float) -> Iterator[Bar]:
    gap = min(1.5, scale * 0.15)
    for second in range(len(counts[Result.OK])):
        height = 0.0
        for result in RESULT_ORDER:
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


def _lanes(periods: Sequence[FaultPeriod], *, regions: Mapping[Role, str], top: float, scale: float) -> Iterator[Lane]:
    for index, (role, region) in enumerate(regions.items()):
        blocks = tuple(
            Block(
                x=LEFT + period.started * scale,
                width=max((period.ended - period.started) * scale, 2.0),
                state=period.state,
                fits=(period.ended - period.started) * scale > 7.0 * len(period.state),
            )
            for period in periods
            if period.role == role
        )
        yield Lane(label=region, y=top + index * (LANE_HEIGHT + LANE_GAP), blocks=blocks)


def _marks(events: Sequence[Event], *, scale: float) -> Iterator[Mark]:
    ends: list[float] = []  # of the last label in each row of labels
    for number, event in enumerate(charted_events(events), start=1):
        x = LEFT + event.at * scale
        row = next((row for row, end in enumerate(ends) if end <= x - MARK_RADIUS), len(ends))
        ends[row : row + 1] = [x + MARK_RADIUS + 2]
        y = TOP + row * MARK_ROW_HEIGHT
        yield Mark(number=number, x=x, label_y=y, kind=event.kind, title=f"{event.at:.1f} s: {event.text}")


def _ticks(seconds: int) -> range:
    step = next((step for step in TICK_SECONDS if seconds / step <= MAX_TICKS), TICK_SECONDS[-1])
    return range(0, seconds + 1, step)


def _description(report: ScenarioReport) -> str:
    """Return the content of the picture in words, for readers who cannot see it."""
    counted = []
    for kind, label in KIND_LABELS.items():
        totals = {
            result: sum(report.requests_per_second.get(kind, {}).get(result.value, ())) for result in RESULT_ORDER
        }
        if any(totals.values()):
            counted.append(
                f"{label}: {totals[Result.OK]} answered, {totals[Result.ERROR]} answered with an error,"
                f" {totals[Result.NO_ANSWER]} without an answer"
            )
    happened = "; ".join(f"{event.at:.1f} s {event.text}" for event in charted_events(report.events))
    return f"Requests per second. {'. '.join(counted)}. Events: {happened or 'none'}."

"""Random histories of a primary region, and what the controller's two vantage points see of it each minute.

Times are seconds since the history began. A condition holds for an interval. Nothing here knows the decision.
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from standby_protocol.automatic import Verdict

Interval = tuple[float, float]
Condition = Literal["lost", "api", "s3", "here", "edge", "edge-dead", "slow", "cold"]
"""The primary region is lost; its API or S3 alone fails; the controller, or the edge, does not reach it; the controller
does not reach the edge; answers take longer than the controller waits; the first request after a pause does."""

MINUTE: Final = 60.0
MINUTES: Final = 14
END: Final = MINUTES * MINUTE
RETRY_SECONDS: Final = 5.0
"""The controller's second request comes after the first one's time-out."""


@dataclass(kw_only=True)
class History:
    """The conditions of one history. `obstacle` is a fact that forbids a move in all of it, "" for none."""

    kind: str
    conditions: Mapping[Condition, tuple[Interval, ...]] = field(default_factory=dict)
    obstacle: str = ""

    def holds(self, condition: Condition, at: float) -> bool:
        """Return whether a condition holds at this time."""
        return any(start <= at < end for start, end in self.conditions.get(condition, ()))

    def answers(self, at: float) -> bool:
        """Return whether the primary region answers its users: questions and uploads."""
        stops: tuple[Condition, ...] = ("lost", "api", "s3")
        return not any(self.holds(condition, at) for condition in stops)

    def seen_from_here(self, at: float) -> Verdict:
        """Return what the controller's own two requests show."""
        cold = self.holds("cold", at)
        failed: tuple[Condition, ...] = ("lost", "api", "s3", "here", "slow")
        first = cold or any(self.holds(condition, at) for condition in failed)
        if not first:
            return "healthy"
        second = any(self.holds(condition, at + RETRY_SECONDS) for condition in failed)
        return "failed" if second else "healthy"

    def seen_from_the_edge(self, at: float) -> Verdict:
        """Return what the edge shows: it reads S3 alone, and only if the controller reaches it."""
        if self.holds("edge-dead", at):
            return "unknown"
        hidden: tuple[Condition, ...] = ("lost", "s3", "edge")
        return "failed" if any(self.holds(condition, at) for condition in hidden) else "healthy"

    @property
    def loss(self) -> Interval | None:
        """The longest loss of the region, None without one."""
        return max(self.conditions.get("lost", ()), key=lambda interval: interval[1] - interval[0], default=None)


def flaps(chance: random.Random, *, up: tuple[float, float], down: tuple[float, float]) -> tuple[Interval, ...]:
    """Return intervals that come and go, with these bounds of their lengths."""
    intervals, at = [], chance.uniform(0, 60)
    while at < END:
        end = at + chance.uniform(*down)
        intervals.append((at, end))
        at = end + chance.uniform(*up)
    return tuple(intervals)


def one(chance: random.Random, shortest: float, longest: float) -> tuple[Interval, ...]:
    """Return one interval."""
    start = chance.uniform(0, 6 * MINUTE)
    return ((start, start + chance.uniform(shortest, longest)),)


def _quiet(_: random.Random) -> History:
    return History(kind="nothing fails")


def _partition_here(chance: random.Random) -> History:
    cut = one(chance, 60, END) if chance.random() < 0.5 else flaps(chance, up=(5, 90), down=(5, 300))
    return History(kind="only the controller cannot reach the primary region", conditions={"here": cut})


def _partition_edge(chance: random.Random) -> History:
    return History(kind="only the edge cannot reach the primary region", conditions={"edge": one(chance, 60, END)})


def _edge_dead(chance: random.Random) -> History:
    conditions: dict[Condition, tuple[Interval, ...]] = {
        "here": one(chance, 60, END),
        "edge-dead": one(chance, 60, END),
    }
    return History(kind="the controller reaches neither the primary region nor the edge", conditions=conditions)


def _slow(chance: random.Random) -> History:
    return History(kind="answers are slow", conditions={"slow": flaps(chance, up=(1, 120), down=(1, 400))})


def _cold(chance: random.Random) -> History:
    conditions: dict[Condition, tuple[Interval, ...]] = {
        "cold": ((0.0, END),),
        "slow": flaps(chance, up=(60, 300), down=(1, 8)),
    }
    return History(kind="each first request meets a cold start", conditions=conditions)


def _deploy(chance: random.Random) -> History:
    return History(kind="deployments stop the API", conditions={"api": flaps(chance, up=(30, 300), down=(5, 240))})


def _mixed(chance: random.Random) -> History:
    names: tuple[Condition, ...] = ("here", "edge", "edge-dead", "slow", "cold", "api")
    conditions = {name: flaps(chance, up=(5, 200), down=(5, 200)) for name in chance.sample(names, 3)}
    if "here" in conditions or "slow" in conditions:
        conditions.pop("edge", None)
    return History(kind="several of these at once", conditions=conditions)


def _flap(chance: random.Random) -> History:
    lost = flaps(chance, up=(5, 90), down=(5, 50))
    return History(kind="the primary region is lost and back, again and again", conditions={"lost": lost})


def _short_loss(chance: random.Random) -> History:
    return History(kind="the region is lost for less than three minutes", conditions={"lost": one(chance, 5, 175)})


def _loss(chance: random.Random) -> History:
    start = chance.uniform(0, 6 * MINUTE)
    noise: dict[Condition, tuple[Interval, ...]] = {"cold": ((0.0, END),)} if chance.random() < 0.3 else {}
    return History(kind="the region is lost", conditions={"lost": ((start, END),), **noise})


OBSTACLES: Final = (
    "off here",
    "off there",
    "switch unread",
    "drill",
    "drill unread",
    "dwell",
    "journal unread",
    "unhealthy",
    "not asked",
    "behind",
    "failover serves",
    "serving unknown",
    "manual edit",
)


def _forbidden_loss(chance: random.Random) -> History:
    return History(
        kind="the region is lost, and one condition forbids a move",
        conditions={"lost": ((chance.uniform(0, 6 * MINUTE), END),)},
        obstacle=chance.choice(OBSTACLES),
    )


KINDS: Final[tuple[Callable[[random.Random], History], ...]] = (
    _quiet,
    _partition_here,
    _partition_edge,
    _edge_dead,
    _slow,
    _cold,
    _deploy,
    _mixed,
    _flap,
    _short_loss,
    _loss,
    _forbidden_loss,
)


def random_history(chance: random.Random) -> History:
    """Return one history."""
    return chance.choice(KINDS)(chance)

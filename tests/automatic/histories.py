"""Random histories of a primary region, and what the controller's two vantage points see of it each minute.

Times are seconds since the history began. A condition holds for an interval. Nothing here knows the decision.
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, Literal

from standby_protocol.automatic import SecondVantagePoint, Verdict
from tests.automatic.checkers import LONGEST_DELAY, newest_point

Interval = tuple[float, float]
Condition = Literal["lost", "api", "s3", "here", "there", "there-dead", "slow", "cold"]
"""The primary region is lost; its API or S3 alone fails; the controller, or the second vantage point, does not reach
it; the second vantage point cannot be read; answers take 5 to 15 s; the first request after a pause does."""

MINUTE: Final = 60.0
MINUTES: Final = 16
END: Final = MINUTES * MINUTE
RETRY_SECONDS: Final = 5.0
"""The controller's second request comes after the first one's time-out."""


@dataclass(kw_only=True)
class History:
    """The conditions of one history. `obstacle` is a fact that forbids a move in all of it, "" for none.

    `delay`: seconds from the end of a minute until Route 53's point of it can be read.
    """

    kind: str
    conditions: Mapping[Condition, tuple[Interval, ...]] = field(default_factory=dict)
    obstacle: str = ""
    delay: float = 0.0

    def holds(self, condition: Condition, at: float) -> bool:
        """Return whether a condition holds at this time."""
        return any(start <= at < end for start, end in self.conditions.get(condition, ()))

    def answers(self, at: float) -> bool:
        """Return whether the primary region answers its users: questions and uploads."""
        stops: tuple[Condition, ...] = ("lost", "api", "s3")
        return not any(self.holds(condition, at) for condition in stops)

    def seen_from_here(self, at: float) -> Verdict:
        """Return what the controller's own two requests show. The second one waits until a slow answer comes."""
        failed: tuple[Condition, ...] = ("lost", "api", "s3", "here")
        first = any(self.holds(condition, at) for condition in ("cold", "slow", *failed))
        if not first:
            return "healthy"
        second = any(self.holds(condition, at + RETRY_SECONDS) for condition in failed)
        return "failed" if second else "healthy"

    def seen_from_there(self, at: float, second: SecondVantagePoint) -> Verdict:
        """Return what the second vantage point shows, if it can be read: S3 now, or the API some minutes ago."""
        if self.holds("there-dead", at):
            return "unknown"
        if second == "checkers":
            return newest_point(self._fails_a_checker, at, delay=self.delay)
        hidden: tuple[Condition, ...] = ("lost", "s3", "there")
        return "failed" if any(self.holds(condition, at) for condition in hidden) else "healthy"

    def is_cut_off(self, at: float) -> bool:
        """Return whether the controller, after its requests, does not read the region's S3, and the edge does."""
        after = at + RETRY_SECONDS
        edge_fails = self.holds("lost", after) or self.holds("s3", after)
        return self.holds("here", after) and not edge_fails

    def _fails_a_checker(self, at: float) -> bool:
        """Return whether a checker's request fails now. It waits 2 s for an answer, so slowness is a failure, too."""
        return any(start <= at < end for start, end in self._failures_of_checkers)

    @cached_property
    def _failures_of_checkers(self) -> tuple[Interval, ...]:
        failed: tuple[Condition, ...] = ("lost", "api", "s3", "there", "slow")
        return tuple(interval for condition in failed for interval in self.conditions.get(condition, ()))

    def loss(self, second: SecondVantagePoint) -> Interval | None:
        """Return the longest loss that the second vantage point can see, None without one."""
        seen: tuple[Condition, ...] = ("lost", "api") if second == "checkers" else ("lost",)
        losses = [interval for condition in seen for interval in self.conditions.get(condition, ())]
        return max(losses, key=lambda interval: interval[1] - interval[0], default=None)


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


def _partition_there(chance: random.Random) -> History:
    kind = "only the second vantage point cannot reach the primary region"
    return History(kind=kind, conditions={"there": one(chance, 60, END)})


def _there_dead(chance: random.Random) -> History:
    conditions: dict[Condition, tuple[Interval, ...]] = {
        "here": one(chance, 60, END),
        "there-dead": one(chance, 60, END),
    }
    return History(kind="neither the primary region nor the second vantage point can be reached", conditions=conditions)


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
    names: tuple[Condition, ...] = ("here", "there", "there-dead", "slow", "cold", "api")
    conditions = {name: flaps(chance, up=(5, 200), down=(5, 200)) for name in chance.sample(names, 3)}
    if "here" in conditions or "slow" in conditions:
        conditions.pop("there", None)
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


def _api_loss(chance: random.Random) -> History:
    return History(kind="the API alone is lost", conditions={"api": ((chance.uniform(0, 6 * MINUTE), END),)})


def _forbidden_loss(chance: random.Random) -> History:
    return History(
        kind="the region is lost, and one condition forbids a move",
        conditions={"lost": ((chance.uniform(0, 6 * MINUTE), END),)},
        obstacle=chance.choice(OBSTACLES),
    )


KINDS: Final[tuple[Callable[[random.Random], History], ...]] = (
    _quiet,
    _partition_here,
    _partition_there,
    _there_dead,
    _slow,
    _cold,
    _deploy,
    _mixed,
    _flap,
    _short_loss,
    _loss,
    _api_loss,
    _forbidden_loss,
)


def random_history(chance: random.Random) -> History:
    """Return one history."""
    history = chance.choice(KINDS)(chance)
    history.delay = chance.uniform(0, LONGEST_DELAY)
    return history

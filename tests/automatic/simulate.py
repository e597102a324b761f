"""Run the controller's own decision over random histories, and judge each move."""

import random
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from controller.checkers import FRESH_MINUTES
from standby_protocol.automatic import Facts, Look, Rules, SecondVantagePoint, add_look, decide
from tests.automatic.histories import MINUTE, MINUTES, RETRY_SECONDS, History, random_history

START: Final = datetime(2026, 1, 1, tzinfo=UTC)
RULES: Final = Rules()
JITTER_SECONDS: Final = 4.0
"""EventBridge invokes a function some seconds late, and now and then twice."""
TWICE: Final = 0.02
MISSED: Final = 0.01
"""The share of minutes in which the function runs twice, or not at all."""
SECONDS_TO_SEE: Final = {"edge": 0.0, "checkers": FRESH_MINUTES * MINUTE}
"""How much later a loss is seen from there than from here, at most."""

_UNDISTURBED: Final[dict[str, Any]] = {
    "serving": "primary",
    "switches": {"primary": True, "failover": True},
    "unhealthy": "",
    "behind": "",
    "journal_read": True,
    "drill_known": True,
}
_OBSTACLES: Final[dict[str, dict[str, Any]]] = {
    "off here": {"switches": {"primary": True, "failover": False}},
    "off there": {"switches": {"primary": False, "failover": True}},
    "switch unread": {"switches": {"primary": True}},
    "drill": {"drill_until": START + timedelta(hours=1)},
    "drill unread": {"drill_known": False},
    "dwell": {"last_move": START - timedelta(minutes=40)},
    "journal unread": {"journal_read": False},
    "unhealthy": {"unhealthy": "it is degraded"},
    "not asked": {"unhealthy": None},
    "behind": {"behind": "a document is not indexed"},
    "failover serves": {"serving": "failover"},
    "serving unknown": {"serving": None},
    "manual edit": {"manually_edited": True},
}


@dataclass(kw_only=True)
class Tally:
    """What happened in the histories of one kind. `detected` has the seconds from a loss to the move."""

    histories: int = 0
    moves: int = 0
    false_moves: int = 0
    unanswered: int = 0
    detected: list[float] = field(default_factory=list)


def run_history(
    history: History, chance: random.Random, rules: Rules = RULES, second: SecondVantagePoint = "edge"
) -> float | None:
    """Return the time of the move in seconds, None without one. After a move, the controller has nothing to do."""
    looks: tuple[Look, ...] = ()
    for minute in range(MINUTES):
        if chance.random() < MISSED:
            continue
        for _ in range(2 if chance.random() < TWICE else 1):
            at = minute * MINUTE + chance.uniform(0, JITTER_SECONDS)
            here = history.seen_from_here(at)
            there = "unknown" if here == "healthy" else history.seen_from_there(at, second)
            if second == "checkers" and history.is_cut_off(at):
                here = "unknown"
            now = START + timedelta(seconds=at)
            looks = add_look(looks, Look(at=now, here=here, there=there), rules)
            facts = Facts(now=now, looks=looks, **{**_UNDISTURBED, **_OBSTACLES.get(history.obstacle, {})})
            if decide(facts, rules).action == "move":
                return at
    return None


def judge(
    history: History, moved: float | None, tally: Tally, rules: Rules = RULES, second: SecondVantagePoint = "edge"
) -> None:
    """Add one history to the tally of its kind.

    A move is false if the primary region answers during the last look, or where a condition forbids it. A loss that
    lasts for three looks more than the rules need must be answered: a minute can be missed, and a look can be doubled.
    """
    tally.histories += 1
    loss = history.loss(second)
    if moved is not None:
        tally.moves += 1
        answered = history.answers(moved) and history.answers(moved + RETRY_SECONDS)
        tally.false_moves += bool(history.obstacle) or answered
        if loss is not None and loss[1] - loss[0] >= rules.failed_looks * MINUTE:
            tally.detected.append(moved - loss[0])
    elif loss is not None and not history.obstacle:
        seconds = (rules.failed_looks + 3) * MINUTE + SECONDS_TO_SEE[second]
        tally.unanswered += min(loss[1], MINUTES * MINUTE) - loss[0] > seconds


def simulate(count: int, seed: int, rules: Rules = RULES, second: SecondVantagePoint = "edge") -> dict[str, Tally]:
    """Run this many histories, and return a tally for each kind."""
    chance, tallies = random.Random(seed), defaultdict[str, Tally](Tally)
    for _ in range(count):
        history = random_history(chance)
        moved = run_history(history, chance, rules, second)
        judge(history, moved, tallies[history.kind], rules, second)
    return dict(tallies)


def faults(tallies: dict[str, Tally]) -> list[str]:
    """Return what contradicts the claims: a false move, or a loss that was not answered."""
    found = []
    for kind, tally in tallies.items():
        if tally.false_moves:
            found.append(f"{kind}: {tally.false_moves} false moves")
        if tally.unanswered:
            found.append(f"{kind}: {tally.unanswered} losses were not answered")
    return found

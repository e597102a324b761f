"""Whether the automatic failover moves users now: one decision over a record of looks. Pure.

The controller decides by it each minute, and `standby status` shows the controller's last decision. Each condition can
only stop a move, so a fact that is not known stops it, too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Literal

from standby_protocol.deployment import Role

Verdict = Literal["healthy", "failed", "unknown"]
"""What one vantage point says of the primary region. `unknown` is never a reason to move."""
SecondVantagePoint = Literal["checkers", "edge"]
"""What `Look.there` is: Route 53's health checkers of the primary region's API, or the edge's read of its S3."""
Action = Literal["move", "watch", "wait", "off", "done"]
"""`move` users now; `watch`: the primary region is not lost; `wait`: it is, and a condition does not hold; `off`:
switched off; `done`: the failover region serves."""

SWITCH_KEY: Final = "standby/automatic/switch.json"
"""The object beside config.json that switches the automatic failover off. Off in either region is off."""
DRILL_KEY: Final = "standby/automatic/drill.json"
"""The object beside config.json that says until when a drill is on."""
SAME_MINUTE: Final = timedelta(seconds=30)
"""Two looks that are closer than this count as one: EventBridge can invoke a function twice for one event. Source:
docs.aws.amazon.com, EventBridge, "Troubleshooting Amazon EventBridge", "My rule ran, but my target was invoked twice".
"""
LOOK_SLACK: Final = 2
"""M looks may take this many times M minutes; older ones do not count."""


@dataclass(frozen=True, kw_only=True)
class Rules:
    """The settings of `[automatic]`. `minute` is the time between two looks; a rehearsal has a shorter one."""

    failed_looks: int = 4
    of_looks: int = 5
    dwell: timedelta = timedelta(minutes=60)
    when_behind: Literal["move", "wait"] = "wait"
    minute: timedelta = timedelta(minutes=1)


@dataclass(frozen=True, kw_only=True)
class Look:
    """What both vantage points saw of the primary region. `there` is the second one."""

    at: datetime
    here: Verdict
    there: Verdict

    @property
    def failed(self) -> bool:
        """Whether the primary region failed for both."""
        return self.here == self.there == "failed"


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What is known now. `looks` are the last ones, oldest first, with the present one at the end.

    `serving` is None if config.json cannot be read or names neither region. `switches` says for each region that
    answers whether it is switched on; an object that cannot be read is absent. `unhealthy` and `behind` are what is
    wrong with the failover region, "" if nothing is, and None if it was not asked. `last_move` is the start of the last
    command in the journal, and `drill_until` the end of a drill. `journal_read` and `drill_known`: the failover
    region's bucket said both.
    """

    now: datetime
    looks: Sequence[Look]
    serving: Role | None
    manually_edited: bool = False
    switches: Mapping[Role, bool] = field(default_factory=dict)
    unhealthy: str | None = None
    behind: str | None = None
    last_move: datetime | None = None
    journal_read: bool = False
    drill_known: bool = False
    drill_until: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What the controller does now, and why in a sentence."""

    action: Action
    reason: str


def add_look(looks: Sequence[Look], look: Look, rules: Rules) -> tuple[Look, ...]:
    """Return the looks that count, with a new one. One within the same minute as the last one takes its place."""
    near = SAME_MINUTE * (rules.minute / timedelta(minutes=1))
    kept = [old for old in looks if old.at <= look.at - near]
    return (*kept, look)[-rules.of_looks :]


def is_lost(facts: Facts, rules: Rules) -> bool:
    """Return whether the primary region failed N of the last M looks, and in the last one, for both vantage points."""
    oldest = facts.now - LOOK_SLACK * rules.of_looks * rules.minute
    recent = [look for look in facts.looks if oldest <= look.at <= facts.now][-rules.of_looks :]
    failed = sum(look.failed for look in recent)
    return bool(recent) and recent[-1].failed and failed >= rules.failed_looks


def needs_more(facts: Facts, rules: Rules) -> bool:
    """Return whether the costly facts are needed: the failover region's deep health and its Knowledge Base."""
    return _find_stop(facts) is None and is_lost(facts, rules)


def decide(facts: Facts, rules: Rules) -> Decision:
    """Return what to do. Users are moved only when every condition holds."""
    if stop := _find_stop(facts):
        return stop
    if not is_lost(facts, rules):
        return Decision(action="watch", reason=_describe_looks(facts, rules))
    if obstacle := _find_obstacle(facts, rules):
        return Decision(action="wait", reason=f"the primary region is lost, but {obstacle}")
    return Decision(action="move", reason=_describe_looks(facts, rules))


def _find_stop(facts: Facts) -> Decision | None:
    """Return the decision where the looks do not matter."""
    if off := [role for role, on in sorted(facts.switches.items()) if not on]:
        return Decision(action="off", reason=f"it is switched off in the {' and the '.join(off)} region")
    if "failover" not in facts.switches:
        return Decision(action="wait", reason="its switch in the failover region cannot be read")
    if facts.serving == "failover":
        return Decision(action="done", reason="the failover region serves, and the controller never moves users back")
    if facts.serving is None:
        return Decision(action="wait", reason="config.json does not say that the primary region serves")
    if facts.manually_edited:
        return Decision(action="wait", reason="config.json is manually edited, and a person decided that")
    return None


def _find_obstacle(facts: Facts, rules: Rules) -> str:
    """Return the first condition that does not hold although the primary region is lost; "" if all hold."""
    return _find_other_act(facts, rules) or _find_weakness(facts, rules)


def _find_other_act(facts: Facts, rules: Rules) -> str:
    """Return what says that somebody else acts now, or acted lately."""
    if not facts.drill_known or not facts.journal_read:
        return "the bucket of the failover region does not say what others do"
    if facts.drill_until is not None and facts.now < facts.drill_until:
        return f"a drill is on until {facts.drill_until:%H:%M:%S} UTC"
    if facts.last_move is not None and facts.now - facts.last_move < rules.dwell:
        until = facts.last_move + rules.dwell
        return f"the last command was at {facts.last_move:%H:%M} UTC: it waits until {until:%H:%M} UTC"
    return ""


def _find_weakness(facts: Facts, rules: Rules) -> str:
    """Return why the failover region should not serve."""
    if facts.unhealthy is None or facts.unhealthy:
        return f"the failover region is not healthy: {facts.unhealthy or 'it was not asked'}"
    if rules.when_behind == "wait" and (facts.behind is None or facts.behind):
        return f"the Knowledge Base of the failover region is behind: {facts.behind or 'it was not asked'}"
    return ""


def _describe_looks(facts: Facts, rules: Rules) -> str:
    last = facts.looks[-rules.of_looks :]
    failed = sum(look.failed for look in last)
    return f"{failed} of the last {len(last)} looks failed from both vantage points; {rules.failed_looks} are needed"

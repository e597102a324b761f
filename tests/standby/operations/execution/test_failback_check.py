"""What a failback checks, and when it need not: the waiting and the asking are replaced, the facts are made up."""

from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any

import pytest

from standby.deployment.concurrency import NoAnswerError
from standby.deployment.routing_config import ConfigCopies
from standby.operations.execution import failback_check
from standby.operations.execution.failback_check import (
    check_preconditions,
    check_primary,
    overridden_preconditions,
    recheck_preconditions,
)
from standby.operations.facts.documents import FAILBACK_DEPTH, InspectionDepth
from standby.operations.facts.health import DEEP_SECONDS, Health
from standby.operations.facts.state import State
from standby.operations.plans.failback_preconditions import NOT_COMPARED, USERS_MOVED
from standby.operations.plans.plan import Refusal
from tests.standby.helpers import DOWN, EAST, HEALTHY, MANIFEST, WEST, config, copy_of, facts
from tests.standby.states import BEHIND, SICK, left, missing, moved, region, state

PENDING = moved(failover={"replication": left(missing("pending"), source="failover")})
BACK = state(primary=region("primary", replication=left(missing("pending"))))
"""Users are in the primary region; a document is on its way."""
LATE = moved(primary={"replication": left(missing("failed"))})
NO_CONNECTION: Any = None


class Facts:
    """What the functions find that ask a deployment: one state after the other, the last one again and again."""

    def __init__(self, *states: State, health: Iterable[Health] = ()) -> None:
        self._states = list(states)
        self._health = iter(health)
        self.copies: ConfigCopies = states[0].copies
        self.depths: list[InspectionDepth] = []
        self.asked: list[tuple[bool, float]] = []
        self.pauses = 0

    def read_copies(self, *_: object) -> ConfigCopies:
        return self.copies

    def collect_state(self, *_: object, depth: InspectionDepth) -> State:
        self.depths.append(depth)
        return self._states.pop(0) if len(self._states) > 1 else self._states[0]

    def confirm_health(self, *_: object, deep: bool, seconds: float) -> Health:
        self.asked.append((deep, seconds))
        found = next(self._health, None)
        if found is None:
            raise NoAnswerError("does not answer")
        return found

    def sleep(self, _: float) -> None:
        self.pauses += 1


def use(monkeypatch: pytest.MonkeyPatch, found: Facts) -> Facts:
    """Have `failback_check` find this."""
    for name in ("read_copies", "collect_state", "confirm_health"):
        monkeypatch.setattr(failback_check, name, getattr(found, name))
    # Not `time.sleep` itself: threads that other tests have left behind use it, too.
    monkeypatch.setattr(failback_check, "time", SimpleNamespace(sleep=found.sleep))
    return found


def check(*, checks: int = 1, wait_seconds: float = 60) -> list[str] | None:
    """Return the reasons of the preconditions that do not hold."""
    refusals = check_preconditions(NO_CONNECTION, MANIFEST, checks=checks, wait_seconds=wait_seconds)
    return None if refusals is None else [refusal.reason for refusal in refusals]


def test_a_healthy_region_in_step_has_no_unmet_precondition_and_is_compared_in_full(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = use(monkeypatch, Facts(moved(), health=[HEALTHY] * 3))
    assert check(checks=3) == []
    assert (found.depths, found.asked, found.pauses) == ([FAILBACK_DEPTH], [(True, DEEP_SECONDS)] * 3, 2)


def test_with_a_region_down_nothing_is_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    found = use(monkeypatch, Facts(moved()))
    found.copies = {"primary": found.copies["primary"], "failover": DOWN}
    assert check() == [f"{EAST} {DOWN}: the regions cannot be compared"]
    assert (found.depths, found.asked) == ([], [])


def test_what_settles_by_itself_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    found = use(monkeypatch, Facts(PENDING, PENDING, moved(), health=[HEALTHY]))
    assert check() == []
    assert (len(found.depths), found.pauses) == (3, 2)


def test_a_knowledge_base_that_is_behind_is_looked_at_again_because_its_event_may_come(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A listing sees a document before the queue has its event, so one look would refuse the failback at once."""
    found = use(monkeypatch, Facts(moved(primary={"knowledge_base": BEHIND}), moved(), health=[HEALTHY]))
    assert check() == []
    assert found.pauses == 1


def test_a_knowledge_base_that_stays_behind_without_an_event_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(failback_check, "EVENT_SECONDS", 0)
    use(monkeypatch, Facts(moved(primary={"knowledge_base": BEHIND}), moved(), health=[HEALTHY]))
    reasons = check()
    assert reasons is not None
    assert ["is behind its bucket" in reason for reason in reasons] == [True]


@pytest.mark.parametrize("late,wait_seconds", [(PENDING, -1), (LATE, 60)], ids=["too long", "does not settle"])
def test_what_has_not_settled_in_time_or_never_will_is_unmet(
    monkeypatch: pytest.MonkeyPatch, late: State, wait_seconds: float
) -> None:
    found = use(monkeypatch, Facts(late, moved(), health=[HEALTHY]))
    reasons = check(wait_seconds=wait_seconds)
    assert reasons is not None
    assert len(reasons) == 1
    assert (len(found.depths), found.pauses) == (1, 0)


def test_where_no_user_would_move_nothing_is_waited_for_and_no_health_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    found = use(monkeypatch, Facts(BACK))
    assert check(wait_seconds=1) is None
    assert (len(found.depths), found.pauses, found.asked) == (1, 0, [])


@pytest.mark.parametrize("health,reason", [([HEALTHY, SICK], "is degraded"), ([HEALTHY], "does not answer")])
def test_the_checks_end_with_the_first_that_is_not_healthy(
    monkeypatch: pytest.MonkeyPatch, health: list[Health], reason: str
) -> None:
    use(monkeypatch, Facts(moved(), health=health))
    reasons = check(checks=3)
    assert reasons is not None
    assert [(reason in one, "(check 2 of 2)" in one) for one in reasons] == [(True, True)]


def test_one_check_does_not_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    found = use(monkeypatch, Facts(moved(), health=[HEALTHY]))
    assert list(check_primary(NO_CONNECTION, MANIFEST, checks=1)) == [HEALTHY]
    assert found.pauses == 0


def test_users_that_were_moved_while_the_regions_were_compared_are_not_moved_back() -> None:
    in_failover = {role: copy_of(role, config("failover", 4)) for role in MANIFEST.regions}
    assert recheck_preconditions(None, facts("primary", copies=in_failover)) == (USERS_MOVED,)
    assert recheck_preconditions(None, facts("primary")) == ()
    read_before_and_after = {
        "failover": copy_of("failover", config("primary", 3)),
        "primary": copy_of("primary", config("failover", 4)),
    }
    assert recheck_preconditions(None, facts("primary", copies=read_before_and_after)) == (USERS_MOVED,)
    behind = (Refusal(reason="one document is missing"),)
    assert recheck_preconditions(behind, facts("primary", copies=in_failover)) == behind
    assert recheck_preconditions((), facts("primary", copies=in_failover)) == ()


def test_force_is_told_which_region_could_not_be_read_or_that_nothing_was_compared() -> None:
    copies = moved().copies
    assert overridden_preconditions(MANIFEST, copies) == (NOT_COMPARED,)
    lost = overridden_preconditions(MANIFEST, {**copies, "primary": DOWN})
    assert [refusal.reason for refusal in lost] == [f"{WEST} {DOWN}: the regions cannot be compared"]

"""The facts of a switch: the target's are awaited, those of the other region only for a moment."""

import itertools
import threading
import time
from collections.abc import Callable
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest

from standby.deployment.clock import Clock
from standby.deployment.concurrency import NoAnswerError, Unavailable
from standby.deployment.manifest import ROLES, Region, Role
from standby.deployment.routing_config import ConfigCopy, RoutingConfig
from standby.operations.facts import journal, switch_facts
from standby.operations.facts.health import Health
from standby.operations.facts.journal import PREFIX, Event, new_event
from standby.operations.facts.switch_facts import SwitchFacts, collect_switch_facts
from tests.standby.helpers import DOWN, HEALTHY, MANIFEST, NOON, WEST, config, copy_of, invalid_copy
from tests.standby.states import SICK

EVENT = new_event(generation=3, command="failback", actor="a", reason="", source="", target=WEST, now=NOON)
Answer = Callable[[], Any]


class Deployment:
    """A deployment whose every answer a test can replace, by what is asked and the role."""

    def __init__(self) -> None:
        self.clients = SimpleNamespace(s3=lambda region: region, sts=self._sts, clock=Clock())
        self.generations: list[int | None] = []
        self.since: list[int] = []
        self.without_events: set[Role] = set()
        self.answers: dict[tuple[str, Role], Answer] = {}
        for role in ROLES:
            self.answers["copy", role] = partial(copy_of, role, config("primary", 3))
            self.answers["keys", role] = lambda: ()
            self.answers["shallow", role] = self.answers["deep", role] = lambda: HEALTHY

    def _sts(self, region: str) -> Any:  # noqa: ANN401 - a fake of boto3's client
        return SimpleNamespace(get_caller_identity=lambda: {"Arn": f"arn of {region}"})

    def copy(self, _: object, region: Region) -> ConfigCopy:
        found: ConfigCopy = self.answers["copy", region.role]()
        return found

    def keys(self, _: object, region: Region, since: int | None = None) -> tuple[str, ...]:
        self.since += [] if since is None else [since]
        found: tuple[str, ...] = self.answers["keys", region.role]()
        return found

    def health(self, _: object, region: Region, *, deep: bool, seconds: float) -> Health:
        found: Health = self.answers["deep" if deep else "shallow", region.role]()
        return found

    def events(self, _: object, region: Region, config: RoutingConfig) -> tuple[Event, ...]:
        self.generations.append(config.generation)
        if region.role in self.without_events:
            raise NoAnswerError("does not answer")
        return (EVENT,)

    def collect(self, target: Role = "failover") -> SwitchFacts:
        connection: Any = self
        return collect_switch_facts(connection, MANIFEST, target)


@pytest.fixture
def deployment(monkeypatch: pytest.MonkeyPatch) -> Deployment:
    """A deployment whose primary region serves, in generation 3, and all is well."""
    found = Deployment()
    monkeypatch.setattr(switch_facts, "_read_copy", found.copy)
    monkeypatch.setattr(switch_facts, "_list_keys", found.keys)
    monkeypatch.setattr(switch_facts, "_list_since", found.keys)
    monkeypatch.setattr(switch_facts, "confirm_health", found.health)
    monkeypatch.setattr(journal, "read_events_of_config", found.events)
    monkeypatch.setattr(switch_facts, "DEEP_SECONDS", 0.2)
    return found


def failing(error: Exception) -> Answer:
    """Return an answer that is an error."""

    def answer() -> None:
        raise error

    return answer


def late(answer: object, *, seconds: float) -> Answer:
    """Return an answer that comes after this time."""

    def wait() -> object:
        time.sleep(seconds)
        return answer

    return wait


def key(generation: int) -> str:
    return f"{PREFIX}{generation:012d}-20260101T000000000000Z-0a.json"


def test_the_deep_health_of_the_target_counts(deployment: Deployment) -> None:
    deployment.answers["deep", "failover"] = lambda: SICK
    deployment.answers["deep", "primary"] = failing(AssertionError("the other region's health is not asked"))
    found = deployment.collect()
    assert (found.health, found.copies["failover"]) == (SICK, copy_of("failover", config("primary", 3)))
    assert found.actor.startswith("arn of us-east-1 (")


def test_the_target_is_awaited(deployment: Deployment) -> None:
    deployment.answers["copy", "failover"] = late(copy_of("failover", config("primary", 3)), seconds=0.7)
    deployment.answers["deep", "failover"] = late(SICK, seconds=0.8)
    found = deployment.collect()
    assert isinstance(found.copies["failover"], ConfigCopy)
    assert found.health == SICK


def test_a_deep_health_that_does_not_come_is_unavailable(deployment: Deployment) -> None:
    deployment.answers["deep", "failover"] = lambda: threading.Event().wait(5)
    assert deployment.collect().health == Unavailable("does not answer (time-out after 0.2 s)", unreachable=True)


def test_no_deep_health_is_awaited_from_a_target_whose_config_cannot_be_read(deployment: Deployment) -> None:
    deployment.answers["copy", "failover"] = lambda: DOWN
    deployment.answers["deep", "failover"] = lambda: threading.Event().wait(5)
    assert deployment.collect().health == HEALTHY


@pytest.mark.parametrize("seconds,known", [(0.1, True), (5.0, False)])
def test_the_other_region_is_awaited_only_for_a_moment(deployment: Deployment, seconds: float, *, known: bool) -> None:
    deployment.answers["copy", "primary"] = late(copy_of("primary", config("primary", 3)), seconds=seconds)
    began = time.monotonic()
    assert isinstance(deployment.collect().copies["primary"], ConfigCopy) is known
    assert time.monotonic() - began < 3


def test_no_time_is_given_for_a_region_that_was_awaited_for_longer_than_its_extra_wait(deployment: Deployment) -> None:
    deployment.answers["copy", "primary"] = lambda: threading.Event().wait(5)
    deployment.answers["deep", "failover"] = late(HEALTHY, seconds=0.1)
    assert deployment.collect().copies["primary"] == Unavailable("does not answer (time-out)", unreachable=True)


@pytest.mark.parametrize("role", ROLES)
def test_the_highest_generation_of_either_journal_counts(deployment: Deployment, role: Role) -> None:
    deployment.answers["keys", role] = lambda: (key(3), key(8), "standby/journal/other")
    assert deployment.collect().journal_generation == 8


@pytest.mark.parametrize("target,generations", [("primary", [3, 3]), ("failover", [])])
def test_events_are_read_only_where_the_target_serves_already(
    deployment: Deployment, target: Role, generations: list[int]
) -> None:
    assert deployment.collect(target).events == ((EVENT,) if generations else ())
    assert deployment.generations == generations


@pytest.mark.parametrize("without,events", [({"failover"}, (EVENT,)), ({"failover", "primary"}, ())])
def test_events_that_cannot_be_read_stop_nothing(
    deployment: Deployment, without: set[Role], events: tuple[Event, ...]
) -> None:
    deployment.without_events = without
    assert deployment.collect("primary").events == events


def listings(deployment: Deployment, role: Role, *answers: Answer) -> list[Role]:
    """Let each listing have the next of these answers, or the last one. Return the listings, a list that grows."""
    left, seen = itertools.chain(answers, itertools.repeat(answers[-1])), list[Role]()

    def answer() -> object:
        seen.append(role)
        return next(left)()

    deployment.answers["keys", role] = answer
    return seen


@pytest.mark.parametrize(
    "own",
    [copy_of("primary", None), invalid_copy("primary"), copy_of("primary", config("failover", None))],
    ids=["absent", "invalid", "edited"],
)
@pytest.mark.parametrize("role", ROLES)
def test_the_journals_are_listed_after_a_copy_without_a_generation_was_read(
    deployment: Deployment, role: Role, own: ConfigCopy
) -> None:
    deployment.answers["copy", "primary"] = lambda: own
    listings(deployment, role, lambda: (key(3),), lambda: (key(8),))
    found = deployment.collect()
    assert (found.journal_generation, found.unread_journals) == (8, {})


def test_the_second_listing_begins_at_the_highest_generation_of_the_first_and_forgets_none(
    deployment: Deployment,
) -> None:
    deployment.answers["copy", "primary"] = lambda: copy_of("primary", config("failover", None))
    listings(deployment, "failover", lambda: (key(3), key(6)), tuple)
    listings(deployment, "primary", lambda: (key(7),), tuple)
    assert deployment.collect().journal_generation == 7
    assert deployment.since == [7, 7]


def test_a_journal_that_cannot_be_listed_after_such_a_copy_was_read_is_unread(deployment: Deployment) -> None:
    deployment.answers["copy", "failover"] = lambda: copy_of("failover", config("primary", None))
    listings(deployment, "failover", lambda: (key(3),), failing(NoAnswerError("is silent")))
    found = deployment.collect()
    assert set(found.unread_journals) == {"failover"}


def test_a_journal_that_did_not_answer_is_not_listed_again(deployment: Deployment) -> None:
    deployment.answers["copy", "failover"] = lambda: copy_of("failover", config("primary", None))
    seen = listings(deployment, "primary", failing(NoAnswerError("is silent")))
    assert set(deployment.collect().unread_journals) == {"primary"}
    assert len(seen) == 2  # a look that gets no answer is made twice


def test_each_journal_is_listed_once_if_both_copies_have_a_generation(deployment: Deployment) -> None:
    seen = [listings(deployment, role, lambda: (key(3),)) for role in ROLES]
    assert deployment.collect().journal_generation == 3
    assert seen == [[role] for role in ROLES]

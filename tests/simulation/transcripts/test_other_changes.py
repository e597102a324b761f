"""What the removal of an object from a journal, and the switch of the automatic failover, read, write and refuse."""

import json
from collections.abc import Callable, Iterator

import pytest

from standby.deployment.concurrency import Unavailable
from standby.deployment.manifest import ROLES
from standby.operations.execution.automatic_switch import write_switch
from standby.operations.execution.journal_removal import Found, find_object, removal_refusals, remove_object
from standby.operations.facts.journal import PREFIX, Event, InvalidEvent
from tests.simulation import commands
from tests.simulation.commands import MANIFEST, Command, Report, SimulatedConnection, Spec, simulated
from tests.simulation.world import EAST, WEST, World
from tests.standby.helpers import DOWN

KEY = f"{PREFIX}000000000009-20261124T110000000000Z-0000000a.json"
CONNECTION = SimulatedConnection()


@pytest.fixture(autouse=True)
def simulation() -> Iterator[None]:
    """Replace threads, queues and time in the product's modules."""
    with simulated():
        yield


def run(world: World, body: Callable[[], object], monkeypatch: pytest.MonkeyPatch) -> object:
    """Run a function of the product in the simulated world, and return its result."""
    found: list[object] = []

    def report(_: Command, __: Spec) -> Report:
        found.append(body())
        return Report(result="done")

    monkeypatch.setitem(commands._BODIES, "status", report)  # noqa: SLF001 - a body of a test
    command = Command(Spec(number=1, command="status"))
    while not command.ended:
        number, call = next(iter(command.calls.items()))
        command.answer(number, world.serve(call, number=1))
    assert command.report.result == "done", command.report.words
    return found[0]


def test_an_object_that_is_no_event_is_found_beside_the_highest_generation_of_all_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World.begin(generation=3)
    world.write(EAST, "frontend", KEY, b"{")
    found = run(world, lambda: find_object(CONNECTION, MANIFEST, KEY), monkeypatch)
    assert isinstance(found, dict)
    assert found["primary"] == Found(content=None, highest=3)
    assert (type(found["failover"].content), found["failover"].highest) == (InvalidEvent, 3)
    world.write(EAST, "frontend", KEY.replace("09-", "08-"), b"{")
    found = run(world, lambda: find_object(CONNECTION, MANIFEST, KEY), monkeypatch)
    assert isinstance(found, dict)
    assert [found[role].highest for role in ROLES] == [3, 8]


def test_a_valid_event_is_found_and_a_region_that_does_not_answer_is_unavailable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World.begin(generation=3)
    (key,) = (key for region, _, key in world.objects if key.startswith(PREFIX) and region == WEST)
    world.status[EAST] = "down"
    found = run(world, lambda: find_object(CONNECTION, MANIFEST, key), monkeypatch)
    assert isinstance(found, dict)
    assert isinstance(found["primary"].content, Event)
    assert found["primary"].highest == 3  # config.json has it, too
    assert isinstance(found["failover"], Unavailable)


def test_an_object_that_a_policy_hides_is_unavailable_and_not_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World.begin(generation=3)
    world.denied = frozenset({(WEST, "GetObject", "frontend")})
    found = run(world, lambda: find_object(CONNECTION, MANIFEST, KEY), monkeypatch)
    assert isinstance(found, dict)
    assert isinstance(found["primary"], Unavailable)


def test_a_valid_event_and_the_highest_generation_are_refused_each_with_its_reason() -> None:
    event = Event(
        id="0000000a",
        generation=9,
        command="failover",
        actor="a",
        started_at="2026-11-24T11:00:00.000000Z",
        target=EAST,
    )
    valid = "the object is a valid event, and the journal is the record of what was done"
    highest = (
        "its key has generation 9, higher than all others (8): if a command wrote it, pages may have seen it, and they "
        "obey no lower one"
    )

    def reasons(*found: Found | Unavailable) -> list[str]:
        both = dict(zip(ROLES, found, strict=True))
        return [refusal.reason for refusal in removal_refusals(both, KEY)]

    assert reasons(Found(content=event, highest=8), Found(content=None, highest=3)) == [valid, highest]
    assert reasons(Found(content=event, highest=3), Found(content=None, highest=9)) == [valid]
    assert reasons(Found(content=None, highest=3), Found(content=None, highest=3)) == []
    assert reasons(DOWN, Found(content=event, highest=9)) == [valid]
    assert all(one.overridable for one in removal_refusals({"primary": Found(content=event, highest=8)}, KEY))


def test_an_object_is_removed_from_the_bucket_of_its_region(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, str, str]] = []

    class S3:
        def __init__(self, region: str) -> None:
            self.region = region

        def delete_object(self, *, Bucket: str, Key: str) -> None:  # noqa: N803 - boto3's names
            asked.append((self.region, Bucket, Key))
            if self.region == EAST:
                raise ValueError("no")

    class Clients:
        def s3(self, region: str) -> S3:
            return S3(region)

    class Connection:
        clients = Clients()

    region = MANIFEST.regions["primary"]
    assert remove_object(Connection(), region, KEY) == ""  # type: ignore[arg-type]  # only its clients are used
    assert asked == [(WEST, region.frontend_bucket, KEY)]


@pytest.mark.parametrize("enabled", [True, False])
def test_the_switch_is_written_in_both_regions_with_its_author_reason_and_time(
    monkeypatch: pytest.MonkeyPatch, *, enabled: bool
) -> None:
    world = World.begin(generation=3)
    told = run(
        world,
        lambda: write_switch(CONNECTION, MANIFEST, enabled=enabled, actor="a person", reason="a drill"),
        monkeypatch,
    )
    assert told == {"primary": "", "failover": ""}
    for region in (WEST, EAST):
        body = world.objects[region, "frontend", "standby/automatic/switch.json"].body
        assert body is not None
        assert json.loads(body) == {
            "enabled": enabled,
            "by": "a person",
            "reason": "a drill",
            "at": "2026-11-24T12:00:00.000001Z",
        }


def test_a_region_that_does_not_have_the_switch_is_told_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World.begin(generation=3)
    world.status[WEST] = "down"
    told = run(world, lambda: write_switch(CONNECTION, MANIFEST, enabled=False, actor="a", reason=""), monkeypatch)
    assert told == {"primary": "does not answer (no connection)", "failover": ""}

"""Each change is reported once: with two runs at the same time, after a crash, and when a channel fails."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.run import StateChangedError
from notifications.state import CHANNELS, InvalidStateError, State, parse_state, render_state
from tests.lambdas.notifications.world import FAILOVER, OTHER, PRIMARY, REGIONS, World


@pytest.fixture
def world() -> World:
    """Both regions, after their functions have looked."""
    made = World()
    made.minutes(2)
    return made


def test_of_two_runs_at_the_same_time_one_tells(world: World) -> None:
    change = world.switch(FAILOVER, runs=False)
    first = world.function(FAILOVER)
    store = first.store

    class Interrupted:
        """Another run comes between the look and the write of the first one."""

        def __init__(self) -> None:
            self.interrupted = False

        def load(self) -> tuple[State, str]:
            return store.load()

        def store(self, state: State, etag: str) -> str:
            if not self.interrupted:
                self.interrupted = True
                world.run(FAILOVER)
            return store.store(state, etag)

    interrupted = Interrupted()
    object.__setattr__(first, "store", interrupted)
    assert first.run().reported == 0
    assert world.inboxes[FAILOVER].ids() == [change]


def test_a_run_that_ends_after_its_claim_loses_nothing(world: World) -> None:
    change = world.switch(FAILOVER, runs=False)
    function = world.function(FAILOVER)
    function._claim()  # noqa: SLF001 - the process ends here
    world.run(FAILOVER)
    assert world.ids() == []  # the claim may be of a run that still reports it
    world.minutes(3)
    assert world.ids() == [change]


def test_a_channel_that_fails_is_tried_again_and_the_other_one_is_not(world: World) -> None:
    world.inboxes[FAILOVER].failing = {"bus"}
    change = world.switch(FAILOVER)
    world.inboxes[FAILOVER].failing = set()
    world.run(FAILOVER)
    world.minutes(3)
    assert world.ids("topic") == [change]
    assert world.ids("bus") == [change]


def test_the_other_region_reports_what_the_first_one_reported_on_one_channel_only(world: World) -> None:
    world.inboxes[FAILOVER].failing = {"bus"}
    change = world.switch(FAILOVER)
    world.minutes(3)
    assert world.inboxes[FAILOVER].ids("topic") == [change]
    assert world.inboxes[PRIMARY].ids("bus") == [change]


def test_a_state_that_another_run_keeps_writing_is_an_error(world: World) -> None:
    function = world.function(PRIMARY)

    class Contended:
        """Every write comes too late."""

        def load(self) -> tuple[State, str]:
            return State(), "old"

        def store(self, state: State, etag: str) -> str:
            raise StateChangedError

    object.__setattr__(function, "store", Contended())
    with pytest.raises(StateChangedError):
        function.run()


def test_a_state_is_read_as_it_was_written(world: World) -> None:
    world.stopped.add(FAILOVER)
    world.switch(FAILOVER)
    state, _ = world.function(PRIMARY).store.load()
    assert state.waiting
    assert parse_state(render_state(state)) == state


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schemaVersion": 2}', "[" * 100_000])
def test_any_other_text_is_no_state(text: str) -> None:
    with pytest.raises(InvalidStateError):
        parse_state(text)


def test_a_state_that_cannot_be_read_is_a_first_look(world: World) -> None:
    world.buckets[PRIMARY].write("standby/notifications/state.json", b"broken")
    world.minutes(2)
    change = world.switch(FAILOVER)
    world.minutes(3)
    assert world.ids() == [change]


ACTIONS = st.one_of(
    st.tuples(st.just("switch"), st.sampled_from(REGIONS)),
    st.tuples(st.just("crash"), st.sampled_from(REGIONS)),
    st.tuples(st.just("down"), st.sampled_from(REGIONS)),
    st.tuples(st.just("up"), st.sampled_from(REGIONS)),
    st.tuples(st.just("stop"), st.sampled_from(REGIONS)),
    st.tuples(st.just("run"), st.sampled_from(REGIONS)),
    st.tuples(st.just("fail"), st.sampled_from(REGIONS)),
    st.tuples(st.just("wait"), st.sampled_from(REGIONS)),
)


@given(st.lists(ACTIONS, max_size=25))
def test_no_move_is_unreported_and_no_region_reports_one_twice(actions: list[tuple[str, str]]) -> None:
    world = World()
    world.minutes(1)
    moves = []
    for action, region in actions:
        moves += _act(world, action, region)
        world.clock.forward(11)
    for region in REGIONS:
        _act(world, "up", region)
    world.minutes(12)
    for channel in CHANNELS:
        assert {one for one in world.ids(channel) if one.startswith("serving:")} == set(moves)
        for region in REGIONS:
            own = world.inboxes[region].ids(channel)
            assert len(own) == len(set(own))


def _act(world: World, action: str, region: str) -> list[str]:
    """Let something happen. Return the move of users, if it is one."""
    serving = _serving(world)
    if action == "switch" and region != serving and not world.buckets[region].down:
        return [world.switch(region, runs=region not in world.stopped)]
    if action == "crash" and region not in world.stopped and not world.buckets[region].down:
        world.function(region)._claim()  # noqa: SLF001 - the process ends before it reports
    if action == "down" and not world.buckets[OTHER[region]].down:
        world.buckets[region].down = True
    if action == "up":
        world.buckets[region].down = False
        world.stopped.discard(region)
        world.inboxes[region].failing = set()
    if action == "stop":
        world.stopped.add(region)
    if action == "fail":
        world.inboxes[region].failing = {"topic"}
    if action == "run":
        world.run(region)
    if action == "wait":
        world.minutes(1)
    return []


def _serving(world: World) -> str:
    """Return the region that serves: the target of the last switch."""
    keys = [key for bucket in world.buckets.values() for key in bucket.objects if key.startswith("standby/journal/")]
    if not keys:
        return PRIMARY
    last = max(keys)
    body = next(bucket.objects[last].body for bucket in world.buckets.values() if last in bucket.objects)
    target: str = json.loads(body)["to"]
    return target

"""`reconcile` reads the newest events of two journals, and those that one lacks; never all of a long journal."""

from hypothesis import given
from hypothesis import strategies as st

from standby.operations.facts.journal import PREFIX, parse_generation
from standby.operations.facts.reconcile_facts import COMPARED_EVENTS, RECENT_EVENTS, select_keys


def key(number: int, *, generation: int | None = None) -> str:
    return f"{PREFIX}{generation or number:012d}-20261127T{number:012d}Z-a.json"


def test_of_ten_thousand_equal_events_only_the_newest_are_read() -> None:
    keys = tuple(key(number) for number in range(1, 10_001))
    assert select_keys((keys, keys)) == frozenset(keys[-RECENT_EVENTS:])


def test_the_command_that_wrote_a_generation_is_read_however_many_events_follow_it() -> None:
    keys = tuple(key(number, generation=7) for number in range(1, 10_001))
    assert select_keys((keys, keys)) == {keys[0], *keys[-RECENT_EVENTS:]}


@given(
    number=st.integers(1, 3 * RECENT_EVENTS),
    only_first=st.sets(st.integers(1, 3 * RECENT_EVENTS)),
    only_second=st.sets(st.integers(1, 3 * RECENT_EVENTS)),
)
def test_the_newest_events_and_each_that_one_journal_lacks_are_read(
    number: int, only_first: set[int], only_second: set[int]
) -> None:
    shared = set(range(1, number + 1)) - only_first - only_second
    first, second = (
        tuple(sorted(map(key, shared | mine - others)))
        for mine, others in ((only_first, only_second), (only_second, only_first))
    )
    every = sorted({*first, *second})
    chosen = select_keys((first, second))
    assert set(every[-RECENT_EVENTS:]) <= chosen <= set(every)
    assert set(every[-COMPARED_EVENTS:]) & (set(first) ^ set(second)) <= chosen
    highest = max(map(parse_generation, every), default=0)
    assert max(map(parse_generation, chosen), default=0) == highest

"""A load keeps its times, whatever becomes of the answers."""

from hypothesis import given
from hypothesis import strategies as st

from standby.drill.load.generator import Schedule


@given(st.floats(0.5, 50), st.lists(st.floats(0, 3), max_size=20))
def test_requests_are_due_at_the_same_times_whenever_one_looks(rate: float, pauses: list[float]) -> None:
    """However late a stalled machine looks, nothing is left out and nothing is due later for it."""
    end = sum(pauses)
    schedule, now, seen = Schedule(rates={"page": rate}), 0.0, []
    for pause in pauses:
        now += pause
        seen += schedule.due(now)
    assert [due.at for due in seen] == [due.at for due in Schedule(rates={"page": rate}).due(end)] if pauses else True


def test_a_rate_that_is_changed_begins_anew_and_zero_ends_it() -> None:
    schedule = Schedule(rates={"page": 2, "upload": 1})
    assert [due.at for due in schedule.due(1.0) if due.kind == "page"] == [0, 0.5, 1.0]
    schedule.set_rate("upload", 0, since=1.0)
    schedule.set_rate("page", 4, since=1.2)
    assert [(due.at, due.kind) for due in schedule.due(1.5)] == [(1.2, "page"), (1.45, "page")]
    schedule.set_rate("page", 0, since=1.5)
    assert schedule.next_at() is None

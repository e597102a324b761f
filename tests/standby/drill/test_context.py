"""A scenario's context: the words of the timeline."""

from standby.drill.context import FAULT_STATES
from standby.rehearsal.faults.faults import FAULT_KINDS


def test_the_timeline_has_words_for_every_fault() -> None:
    assert set(FAULT_STATES) == set(FAULT_KINDS)
    assert len(set(FAULT_STATES.values())) == len(FAULT_KINDS)

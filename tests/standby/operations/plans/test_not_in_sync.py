"""A failback is refused with the region and the number of what is not in sync."""

from dataclasses import replace

from standby.operations.facts.documents import TOMBSTONES_PREFIX
from standby.operations.plans.failback_preconditions import unmet_preconditions
from tests.standby.helpers import DOWN, EAST, WEST
from tests.standby.states import dead, left, missing, moved, state


def test_a_region_that_is_down_is_named_as_the_one_that_cannot_be_compared() -> None:
    reasons = [refusal.reason for refusal in unmet_preconditions(state(primary=dead("primary")), ())]
    assert f"{WEST} {DOWN}: the regions cannot be compared" in reasons


def test_deletions_that_the_other_region_lacks_are_counted_as_deletions() -> None:
    never = missing("never")
    tombstone = replace(never, document=replace(never.document, key=f"{TOMBSTONES_PREFIX}1"))
    found = moved(failover={"replication": left(tombstone, source="failover")})
    reasons = [refusal.reason for refusal in unmet_preconditions(found, ())]
    assert f"1 deletion of {EAST} is missing in {WEST}: run `standby reconcile`" in reasons


def test_documents_that_the_other_region_lacks_are_counted_and_those_not_inspected_only_if_there_are_any() -> None:
    two = left(missing("never"), missing("older"), source="failover")
    reasons = [one.reason for one in unmet_preconditions(moved(failover={"replication": two}), ())]
    assert f"2 documents of {EAST} are missing in {WEST}: run `standby reconcile`" in reasons
    more = replace(two, not_inspected=3)
    reasons = [one.reason for one in unmet_preconditions(moved(failover={"replication": more}), ())]
    assert (
        f"5 documents of {EAST} are missing in {WEST} (3 more were not inspected): run `standby reconcile`" in reasons
    )

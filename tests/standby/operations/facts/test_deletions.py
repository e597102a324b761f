"""What users deleted is neither missing nor copied; a deletion that the other region does not know is both."""

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from standby.operations.facts.documents import Document, Listing, Replication, UndeletedDocument, find_differences
from standby.operations.plans.failback_preconditions import settles_by_itself
from standby.operations.plans.plan import CopyDocuments, Ingest
from standby.operations.plans.reconcile import plan_documents
from standby.operations.views.verdict import assess_state
from tests.standby.helpers import EAST, NOON, WEST
from tests.standby.operations.plans.test_reconcile import reconcile_facts
from tests.standby.states import left, missing, moved, region, state

IDS = tuple(f"{number}1111111-2222-5333-8444-555555555555" for number in range(3))


def entry(key: str, at: datetime = NOON) -> Document:
    return Document(key=key, etag='"1"', size=1, modified=at)


def listing(documents: str, tombstones: str = "") -> Listing:
    """Return a bucket with the documents and the tombstones of these numbers."""
    return Listing(
        documents={key: entry(key) for number in documents if (key := f"uploads/{IDS[int(number)]}/a.txt")},
        tombstones={key: entry(key) for number in tombstones if (key := f"deleted/{IDS[int(number)]}")},
    )


def differing(source: Listing, destination: Listing) -> list[str]:
    return [document.key for document, _ in find_differences(source, destination)]


def test_a_document_that_was_deleted_in_the_other_region_is_not_missing_there() -> None:
    assert differing(listing("01"), listing("", "0")) == [f"uploads/{IDS[1]}/a.txt"]


def test_a_document_whose_deletion_is_known_here_only_is_not_missing_there_and_its_deletion_is() -> None:
    assert differing(listing("0", "0"), listing("")) == [f"deleted/{IDS[0]}"]


def test_a_deletion_made_in_both_regions_is_no_difference() -> None:
    assert differing(listing("", "0"), listing("", "0")) == differing(listing("0", "0"), listing("", "0")) == []


def test_an_object_that_an_operator_put_there_has_no_tombstone() -> None:
    source = Listing(documents={"uploads/hr/a.txt": entry("uploads/hr/a.txt")})
    destination = Listing(documents={}, tombstones={"deleted/hr": entry("deleted/hr")})
    assert differing(source, destination) == ["uploads/hr/a.txt"]


NUMBERS = st.sets(st.sampled_from("012")).map(lambda chosen: "".join(sorted(chosen)))


@given(NUMBERS, NUMBERS, NUMBERS, NUMBERS)
def test_no_document_that_either_region_deleted_is_ever_copied(here: str, gone: str, there: str, lost: str) -> None:
    source, destination = listing(here, gone), listing(there, lost)
    copied = differing(source, destination) + differing(destination, source)
    assert not any(f"uploads/{IDS[int(number)]}/a.txt" in copied for number in gone + lost)
    known = {*source.tombstones, *(key for key in differing(destination, source) if key.startswith("deleted/"))}
    assert known >= {f"deleted/{IDS[int(number)]}" for number in gone + lost}


def deletion(why: str, *, age: int) -> Replication:
    found = missing(why, age=age)
    tombstone = Document(key=f"deleted/{IDS[0]}", etag='"1"', size=0, modified=found.document.modified)
    return left(type(found)(document=tombstone, why=found.why))


def undeleted(*, age: int) -> Replication:
    document = UndeletedDocument(document=entry("uploads/a"), deleted_at=NOON - timedelta(seconds=age))
    return Replication(source="primary", configured=True, undeleted=(document,))


def test_reconcile_copies_the_deletion_and_then_deletes() -> None:
    plan = plan_documents(reconcile_facts(state(region("primary", replication=deletion("failed", age=60)))))
    copy, ingest = (step for step in plan.steps if isinstance(step.action, CopyDocuments | Ingest))
    assert (copy.title, copy.region) == (f"Copy 1 deletion from {WEST} into the bucket", EAST)
    assert (ingest.title, ingest.region) == ("Delete what users deleted, and bring the Knowledge Base into sync", EAST)


def test_reconcile_deletes_what_is_left_even_if_the_knowledge_base_is_in_sync() -> None:
    plan = plan_documents(reconcile_facts(state(region("primary", replication=undeleted(age=1)))))
    assert [step.region for step in plan.steps if isinstance(step.action, Ingest)] == [WEST]
    assert not any(isinstance(step.action, CopyDocuments) for step in plan.steps)


def test_a_deletion_on_its_way_is_no_reason_against_ready_until_replication_is_late() -> None:
    for found in (deletion("pending", age=60), undeleted(age=60)):
        assert assess_state(state(region("primary", replication=found))).name == "ready"
    late, still = (
        assess_state(state(region("primary", replication=found)))
        for found in (deletion("pending", age=1000), undeleted(age=1000))
    )
    assert f"1 deletion of {WEST} is missing in {EAST} (1 pending)" in late.reasons
    assert f"1 document that users deleted is still in {WEST}" in still.reasons


def test_failback_waits_for_a_deletion_as_for_a_document() -> None:
    found = moved(failover={"replication": deletion("pending", age=1)})
    assert settles_by_itself(found)
    assert not settles_by_itself(moved(failover={"replication": deletion("failed", age=1)}))

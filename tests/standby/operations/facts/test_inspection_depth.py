"""Documents that were not inspected count as missing: no command ignores them."""

from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from standby.cli.output.status_view import render_status
from standby.operations.facts import documents as looking
from standby.operations.facts.documents import (
    FAILBACK_DEPTH,
    FULL_DEPTH,
    STATUS_DEPTH,
    Document,
    InspectionDepth,
    Listing,
    Replication,
    collect_replication,
)
from standby.operations.facts.state import State
from standby.operations.plans.failback_preconditions import settles_by_itself, unmet_preconditions
from standby.operations.views.verdict import assess_state
from tests.standby.helpers import DOWN, EAST, HEALTHY, MANIFEST, NOON, WEST
from tests.standby.states import left, missing, moved

if TYPE_CHECKING:
    from standby.deployment.manifest import Role

WHYS = ("pending", "failed", "never", "gone", "older", "deleted", "undecided")
REPLICATIONS = st.builds(
    Replication,
    source=st.just("failover"),
    configured=st.booleans(),
    differences=st.lists(st.builds(missing, st.sampled_from(WHYS), age=st.integers(0, 2000)), max_size=4).map(tuple),
    not_inspected=st.just(0) | st.integers(1, 50),
)
STATES = st.builds(lambda found: moved(failover={"replication": found}), REPLICATIONS | st.just(DOWN))
LEFT_ALONE = replace(left(*[missing("deleted", age=9999)] * 2000, source="failover"), not_inspected=37)


def replicating(found: State) -> Replication | None:
    known = found.regions["failover"].replication
    return known if isinstance(known, Replication) else None


@given(STATES)
def test_a_failback_is_refused_while_a_document_is_missing_or_was_not_inspected(found: State) -> None:
    known = replicating(found)
    clear = known is not None and not known.missing and not known.not_inspected
    assert (unmet_preconditions(found, [HEALTHY]) == ()) is clear


@given(STATES)
def test_a_status_names_the_number_of_documents_not_inspected(found: State) -> None:
    known = replicating(found)
    told = any(f"{known.not_inspected} more w" in reason for reason in assess_state(found).reasons) if known else False
    assert told is (known is not None and known.not_inspected > 0)


@given(STATES)
def test_documents_not_inspected_do_not_settle_by_themselves(found: State) -> None:
    known = replicating(found)
    assert not (settles_by_itself(found) and known is not None and known.not_inspected)


def test_two_thousand_conflicts_hide_no_missing_document() -> None:
    found = moved(failover={"replication": LEFT_ALONE})
    (refusal,) = unmet_preconditions(found, [HEALTHY] * 3)
    told = f"37 documents of {EAST} are missing in {WEST} (37 more were not inspected)"
    assert refusal.reason == f"{told}: run `standby reconcile`"
    assert assess_state(found).reasons == (told,)
    assert assess_state(found).next == "`standby reconcile` brings both regions into sync"
    with (screen := Console(width=200)).capture() as shown:
        screen.print(render_status(found, assess_state(found)))
    assert f"to {WEST}: 37 not inspected" in shown.get()


@pytest.mark.parametrize(
    "depth,alone,others,seen",
    [
        (FAILBACK_DEPTH, 0, 9, 2),  # enough missing documents
        (FAILBACK_DEPTH, 5, 4, 8),  # conflicts do not count
        (FAILBACK_DEPTH, 9, 0, 9),
        (STATUS_DEPTH, 30, 0, 20),
        (STATUS_DEPTH, 0, 9, 2),
        (FULL_DEPTH, 5, 9, 14),
    ],
)
def test_the_inspection_continues_past_conflicts(
    monkeypatch: pytest.MonkeyPatch, depth: InspectionDepth, alone: int, others: int, seen: int
) -> None:
    monkeypatch.setattr(looking, "INSPECTION_BATCH", 2)
    scaled = InspectionDepth(
        inspected=None if depth.inspected is None else depth.inspected // 1000,
        missing=None if depth.missing is None else depth.missing // 1000,
    )
    monkeypatch.setattr(
        looking,
        "inspect_differences",
        lambda found, **_: tuple(missing("deleted" if pair[0].size else "never") for pair in found),
    )

    def document(number: int) -> Document:
        return Document(key=f"{number:02}", etag='"1"', size=int(number < alone), modified=NOON)

    here = Listing(documents={f"{number:02}": document(number) for number in range(alone + others)})
    listings: dict[Role, Listing] = {"primary": here, "failover": Listing(documents={})}
    clients = SimpleNamespace(retrying_s3=lambda name: name)
    connection: Any = SimpleNamespace(clients=clients)
    found = collect_replication(connection, MANIFEST, "primary", listings, depth=scaled)
    assert (len(found.differences), found.not_inspected) == (seen, alone + others - seen)

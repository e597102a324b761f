"""The documents of both regions and their Knowledge Bases, from the first pages of both listings."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

from standby.deployment.concurrency import Unavailable, attempt
from standby.deployment.connection import Connection
from standby.deployment.manifest import ROLES, Manifest, Role
from standby.operations.facts.comparisons.comparison import Comparison, compare_documents
from standby.operations.facts.comparisons.comparison_record import (
    NOT_COMPARED,
    PastReplication,
    read_record,
    recall_knowledge_base,
    recall_replication,
    to_record,
    write_record,
)
from standby.operations.facts.documents import Content, InspectionDepth, Listing, Replication, inspect_replication
from standby.operations.facts.knowledge_base import IndexState, KnowledgeBaseState, compare_with_bucket

RECORD_SECONDS: Final = 0.4
"""The time for reading the record of the last comparison."""

Facts = Mapping[tuple[str, Role], object | Unavailable]
"""The result of each read from each region."""


@dataclass(frozen=True, kw_only=True)
class DocumentFacts:
    """Each region's direction of replication, and its Knowledge Base."""

    replications: Mapping[Role, Replication | PastReplication | Unavailable]
    knowledge_bases: Mapping[Role, KnowledgeBaseState | Unavailable]


def collect_documents(
    connection: Connection, manifest: Manifest, found: Facts, *, depth: InspectionDepth, seconds: float
) -> DocumentFacts:
    """Compare the documents of both regions within `seconds`.

    If that is too short, a command that must end soon (`depth.seconds`) gets what the last comparison found.
    """
    listings = {role: _listing(found["listing", role]) for role in ROLES}
    comparison = compare_documents(connection, manifest, listings, seconds=seconds)
    late = all(isinstance(one, Unavailable) and one.is_running for one in comparison.contents.values())
    is_long = any(isinstance(one, Listing) and not one.complete for one in listings.values())
    if is_long and late and depth.seconds is not None:
        return _recall(connection, manifest, found)
    replications = _replications(connection, manifest, found, comparison, depth=depth)
    bases = {role: _knowledge_base(found["index", role], comparison.contents[role]) for role in ROLES}
    if is_long:
        _remember(connection, manifest, replications, bases)
    return DocumentFacts(replications=replications, knowledge_bases=bases)


def _listing(found: object) -> Listing | Unavailable:
    return found if isinstance(found, Listing | Unavailable) else Unavailable("does not answer")


def _replications(
    connection: Connection, manifest: Manifest, found: Facts, comparison: Comparison, *, depth: InspectionDepth
) -> dict[Role, Replication | Unavailable]:
    for role, content in comparison.contents.items():
        if isinstance(content, Unavailable):
            region, copy = manifest.regions[role].region, found["copy", role]
            # Listings are awaited only from regions whose config.json could be read.
            why = Unavailable(f"{region} {copy if isinstance(copy, Unavailable) else content}")
            return dict.fromkeys(ROLES, why)
    return {
        role: attempt(
            partial(inspect_replication, connection, manifest, role, comparison.differences[role], depth=depth)
        )
        for role in ROLES
    }


def _knowledge_base(index: object, content: Content | Listing | Unavailable) -> KnowledgeBaseState | Unavailable:
    if isinstance(index, IndexState) and not isinstance(content, Unavailable):
        return compare_with_bucket(index, content)
    if isinstance(index, Unavailable):
        return index
    return Unavailable(f"its bucket {content}", unreachable=isinstance(content, Unavailable) and content.unreachable)


def _recall(connection: Connection, manifest: Manifest, found: Facts) -> DocumentFacts:
    record = read_record(connection, manifest, seconds=RECORD_SECONDS)
    if record is None:
        not_compared = Unavailable(NOT_COMPARED)
        return DocumentFacts(
            replications=dict.fromkeys(ROLES, not_compared), knowledge_bases=dict.fromkeys(ROLES, not_compared)
        )
    indexes = {role: found["index", role] for role in ROLES}
    return DocumentFacts(
        replications={role: recall_replication(manifest, role, record) for role in ROLES},
        knowledge_bases={
            role: recall_knowledge_base(index, record, role)
            if isinstance(index, IndexState)
            else (index if isinstance(index, Unavailable) else Unavailable("does not answer"))
            for role, index in indexes.items()
        },
    )


def _remember(
    connection: Connection,
    manifest: Manifest,
    replications: Mapping[Role, Replication | Unavailable],
    bases: Mapping[Role, KnowledgeBaseState | Unavailable],
) -> None:
    """Write the record of a comparison, if nothing of it is unknown."""
    known = {role: one for role, one in replications.items() if isinstance(one, Replication)}
    states = {role: one for role, one in bases.items() if isinstance(one, KnowledgeBaseState)}
    if len(known) == len(states) == len(ROLES):
        write_record(connection, manifest, to_record(known, states, now=connection.clients.clock.now()))

"""What a reconciliation cannot do now, and leaves to the next one. Pure."""

from collections.abc import Iterator
from typing import Final

from standby.deployment.concurrency import Unavailable
from standby.deployment.routing_config import KEY, ConfigCopy
from standby.operations.facts.comparisons.comparison_record import PastReplication
from standby.operations.facts.journal import PendingWrite
from standby.operations.facts.reconcile_facts import ReconcileFacts
from standby.operations.facts.state import State
from standby.text import describe_not_inspected

DOCUMENTS: Final = "documents"
"""The pending write of an event whose documents could not be compared."""
JOURNAL: Final = "journal"
"""The pending write of an event that could not read a journal."""
KNOWLEDGE_BASE: Final = "Knowledge Base"
"""The pending write of an event that could not read whether a Knowledge Base is in sync."""


def pending_copies(state: State) -> Iterator[PendingWrite]:
    """Yield each copy of config.json that cannot be written now, because it cannot be read."""
    for region in state.regions.values():
        if isinstance(region.copy, Unavailable):
            yield PendingWrite(region=region.region, what=KEY, why=f"{region.region} {region.copy}")


def pending_changes(state: State) -> Iterator[PendingWrite]:
    """Yield each copy of config.json that was written after both were equal, by another command or a person."""
    authoritative = state.authoritative
    if authoritative is None or not all(isinstance(copy, ConfigCopy) for copy in state.copies.values()):
        return
    for copy in state.copies.values():
        if isinstance(copy, ConfigCopy) and copy.config != authoritative.config:
            yield PendingWrite(region=copy.region, what=KEY, why="it differs from the other region's copy")


def pending_comparisons(state: State) -> Iterator[PendingWrite]:
    """Yield each direction whose documents could not be compared, or not all of them."""
    for role, region in state.regions.items():
        found, there = region.replication, state.manifest.other(role).region
        if isinstance(found, Unavailable):
            why = f"the documents of {region.region} cannot be compared: {found}"
            yield PendingWrite(region=there, what=DOCUMENTS, why=why)
        elif isinstance(found, PastReplication):
            why = f"the documents of {region.region} were not compared"
            yield PendingWrite(region=there, what=DOCUMENTS, why=why)
        elif found.not_inspected:
            why = f"of {region.region}, {describe_not_inspected(found.not_inspected)}"
            yield PendingWrite(region=there, what=DOCUMENTS, why=why)


def pending_reads(facts: ReconcileFacts) -> Iterator[PendingWrite]:
    """Yield each journal and Knowledge Base that could not be read, so that nobody takes it for one in sync."""
    for role, region in facts.state.regions.items():
        if role in facts.unread_journals:
            yield PendingWrite(region=region.region, what=JOURNAL, why=f"{region.region} {facts.unread_journals[role]}")
        if isinstance(region.knowledge_base, Unavailable):
            yield PendingWrite(
                region=region.region, what=KNOWLEDGE_BASE, why=f"{region.region} {region.knowledge_base}"
            )

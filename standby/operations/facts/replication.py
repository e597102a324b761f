"""How replication stands in each direction, and how much of it is left."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from standby.deployment.connection import Connection
from standby.deployment.manifest import Manifest, Role
from standby.operations.facts.documents import (
    Listing,
    MissingDocument,
    MissingReason,
    find_differences,
    inspect_differences,
)

INSPECTION_BATCH: Final = 2000
"""How many missing documents are looked at one by one before it is asked whether that is enough; the oldest first."""


@dataclass(frozen=True, kw_only=True)
class InspectionDepth:
    """How many missing documents are looked at one by one, and after how many that are left it is enough. None: all."""

    inspected: int | None = None
    left: int | None = None


STATUS_DEPTH: Final = InspectionDepth(inspected=10 * INSPECTION_BATCH, left=INSPECTION_BATCH)
"""For `status`, which is asked again and again."""
FAILBACK_DEPTH: Final = InspectionDepth(left=INSPECTION_BATCH)
"""For `failback`, which any document that is left keeps from going on."""
FULL_DEPTH: Final = InspectionDepth()
"""For `reconcile`, which mends what it has seen."""


@dataclass(frozen=True, kw_only=True)
class Replication:
    """One direction. `configured`: S3 is to replicate this way. `more`: so many missing ones were not looked at.

    Nobody knows whether those are left: they count as if.
    """

    source: Role
    configured: bool
    missing: tuple[MissingDocument, ...] = ()
    more: int = 0

    @property
    def left(self) -> tuple[MissingDocument, ...]:
        """What `reconcile` would copy."""
        return tuple(missing for missing in self.missing if not missing.conflicts)

    @property
    def conflicts(self) -> tuple[MissingDocument, ...]:
        """What a person has to decide on."""
        return tuple(missing for missing in self.missing if missing.conflicts)

    @property
    def in_sync(self) -> bool:
        """Whether nothing is left, for sure."""
        return not self.left and not self.more

    def count(self, *why: MissingReason) -> int:
        """Return how many are missing for these reasons."""
        return sum(missing.why in why for missing in self.missing)

    def oldest_seconds(self, now: datetime) -> int | None:
        """Return the age of the oldest document that is left, in seconds; None when none is."""
        return age(self.left, now)


def age(missing: Iterable[MissingDocument], now: datetime) -> int | None:
    """Return the age of the oldest of these documents in seconds, None for none."""
    oldest = min((one.document.modified for one in missing), default=None)
    return None if oldest is None else max(0, round((now - oldest).total_seconds()))


def collect_replication(
    connection: Connection, manifest: Manifest, source: Role, listings: dict[Role, Listing], *, depth: InspectionDepth
) -> Replication:
    """Find what the other region lacks of this one's documents, the oldest first. Raises botocore's errors."""
    here, there = manifest.regions[source], manifest.other(source)
    found = sorted(find_differences(listings[source], listings[there.role]), key=lambda pair: pair[0].modified)
    limit = len(found) if depth.inspected is None else min(depth.inspected, len(found))
    clients = connection.clients
    direction = Replication(source=source, configured=here.replicates_to == there.region, more=len(found))
    for begin in range(0, limit, INSPECTION_BATCH):
        inspected = found[begin : min(begin + INSPECTION_BATCH, limit)]
        missing = inspect_differences(
            inspected,
            source=(clients.retrying_s3(here.region), here),
            destination=(clients.retrying_s3(there.region), there),
        )
        direction = replace(direction, missing=(*direction.missing, *missing), more=direction.more - len(inspected))
        if depth.left is not None and len(direction.left) >= depth.left:
            break
    return direction

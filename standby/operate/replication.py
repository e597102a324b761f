"""How replication stands in each direction, and how much of it is left."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from standby.manifest import Manifest, Role
from standby.operate.connection import Connection
from standby.operate.documents import Listing, Missing, Why, differences, look_closer

LOOKED_AT: Final = 2000
"""How many missing documents `status` looks at one by one; `reconcile` looks at all."""


@dataclass(frozen=True, kw_only=True)
class Replication:
    """One direction. `configured`: S3 is to replicate this way. `more`: so many missing ones were not looked at."""

    source: Role
    configured: bool
    missing: tuple[Missing, ...] = ()
    more: int = 0

    @property
    def left(self) -> tuple[Missing, ...]:
        """What `reconcile` would copy."""
        return tuple(missing for missing in self.missing if not missing.left_alone)

    @property
    def left_alone(self) -> tuple[Missing, ...]:
        """What a person has to decide on."""
        return tuple(missing for missing in self.missing if missing.left_alone)

    def count(self, *why: Why) -> int:
        """Return how many are missing for these reasons."""
        return sum(missing.why in why for missing in self.missing)

    def oldest_seconds(self, now: datetime) -> int | None:
        """Return the age of the oldest document that is left, in seconds; None when none is."""
        return age(self.left, now)


def age(missing: Iterable[Missing], now: datetime) -> int | None:
    """Return the age of the oldest of these documents in seconds, None for none."""
    oldest = min((one.document.modified for one in missing), default=None)
    return None if oldest is None else max(0, round((now - oldest).total_seconds()))


def gather_replication(
    connection: Connection, manifest: Manifest, source: Role, listings: dict[Role, Listing], *, limit: int | None
) -> Replication:
    """Find what the other region lacks of this one's documents, the oldest first. Raises botocore's errors."""
    here, there = manifest.regions[source], manifest.other(source)
    found = sorted(differences(listings[source], listings[there.role]), key=lambda pair: pair[0].modified)
    looked_at = found if limit is None else found[:limit]
    clients = connection.clients
    missing = look_closer(
        looked_at,
        source=(clients.s3(here.region), here),
        destination=(clients.s3(there.region), there),
    )
    return Replication(
        source=source,
        configured=here.replicates_to == there.region,
        missing=missing,
        more=len(found) - len(looked_at),
    )

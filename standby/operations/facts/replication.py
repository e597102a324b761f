"""How replication stands in each direction, and how much of it is left."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from standby.deployment.connection import Connection
from standby.deployment.manifest import Manifest, Role
from standby.operations.facts.documents import Listing, Missing, Why, differences, look_closer

AT_ONCE: Final = 2000
"""How many missing documents are looked at one by one before it is asked whether that is enough; the oldest first."""


@dataclass(frozen=True, kw_only=True)
class Depth:
    """How many missing documents are looked at one by one, and after how many that are left it is enough. None: all."""

    looked_at: int | None = None
    left: int | None = None


GLANCE: Final = Depth(looked_at=10 * AT_ONCE, left=AT_ONCE)
"""For `status`, which is asked again and again."""
UNTIL_LEFT: Final = Depth(left=AT_ONCE)
"""For `failback`, which any document that is left keeps from going on."""
WHOLE: Final = Depth()
"""For `reconcile`, which mends what it has seen."""


@dataclass(frozen=True, kw_only=True)
class Replication:
    """One direction. `configured`: S3 is to replicate this way. `more`: so many missing ones were not looked at.

    Nobody knows whether those are left: they count as if.
    """

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

    @property
    def in_step(self) -> bool:
        """Whether nothing is left, for sure."""
        return not self.left and not self.more

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
    connection: Connection, manifest: Manifest, source: Role, listings: dict[Role, Listing], *, depth: Depth
) -> Replication:
    """Find what the other region lacks of this one's documents, the oldest first. Raises botocore's errors."""
    here, there = manifest.regions[source], manifest.other(source)
    found = sorted(differences(listings[source], listings[there.role]), key=lambda pair: pair[0].modified)
    limit = len(found) if depth.looked_at is None else min(depth.looked_at, len(found))
    clients = connection.clients
    direction = Replication(source=source, configured=here.replicates_to == there.region, more=len(found))
    for begin in range(0, limit, AT_ONCE):
        looked_at = found[begin : min(begin + AT_ONCE, limit)]
        missing = look_closer(
            looked_at,
            source=(clients.retrying_s3(here.region), here),
            destination=(clients.retrying_s3(there.region), there),
        )
        direction = replace(direction, missing=(*direction.missing, *missing), more=direction.more - len(looked_at))
        if depth.left is not None and len(direction.left) >= depth.left:
            break
    return direction

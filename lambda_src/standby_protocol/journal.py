"""The keys of the journal's events, and the text of a new one. Pure.

The journal has one object for each command that changed something, in the frontend buckets of both regions. Keys begin
with the generation. So a listing is ordered, and it contains the highest generation: no object must be read.
"""

import re
import secrets
from datetime import UTC, datetime
from typing import Final

PREFIX: Final = "standby/journal/"
FIRST_GENERATION: Final = 1
"""The generation that Terraform writes."""
EVENT_SCHEMA_VERSION: Final = 2
_KEY: Final = re.compile(rf"^{PREFIX}(?P<generation>\d{{12}})-(?P<started>\d{{8}}T\d{{12}}Z)-(?P<id>[0-9a-z]+)\.json$")


def new_event_document(
    *, generation: int, command: str, actor: str, reason: str, source: str, target: str, now: datetime
) -> dict[str, object]:
    """Return the JSON of an event that begins now. The command's model of an event gives the other fields a default."""
    return {
        "schemaVersion": EVENT_SCHEMA_VERSION,
        "id": secrets.token_hex(4),
        "generation": generation,
        "command": command,
        "actor": actor,
        "reason": reason,
        "startedAt": format_time(now),
        "from": source,
        "to": target,
    }


def event_key(*, generation: int, started_at: str, id_: str) -> str:
    """Return the key of an event's object. Raises `ValueError` if `started_at` is no time."""
    return f"{event_key_prefix(generation, started_at)}{id_}.json"


def event_key_prefix(generation: int, started_at: str) -> str:
    """Return how the key of an event begins. Raises `ValueError` if the text is no time."""
    return f"{PREFIX}{generation:012d}-{datetime.fromisoformat(started_at):%Y%m%dT%H%M%S%f}Z-"


def format_time(moment: datetime) -> str:
    """Return a time as text, in UTC, to the microsecond."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}Z"


def parse_generation(key: str) -> int:
    """Return the generation in an event's key; 0 for any other key."""
    match = _KEY.match(key)
    return int(match["generation"]) if match else 0


def parse_start(key: str) -> datetime | None:
    """Return the time at which an event began, from its key; None for any other key."""
    match = _KEY.match(key)
    try:
        return datetime.strptime(match["started"], "%Y%m%dT%H%M%S%f%z") if match else None
    except ValueError:
        return None


def is_event_key(key: str) -> bool:
    """Return whether an object with this key can be an event."""
    return _KEY.match(key) is not None

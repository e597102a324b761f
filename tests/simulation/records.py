"""The records of a simulated world: objects, jobs, configs, and what the oracle compares."""

import hashlib
from dataclasses import dataclass
from functools import cache
from typing import Final

from standby.deployment.manifest import Role
from standby.deployment.routing_config import RoutingConfig, parse_config
from standby.operations.facts.journal import Event, StepTaken, parse_event
from tests.simulation.calls import Call
from tests.simulation.commands import MANIFEST, NOON
from tests.standby.manifests import REGIONS

WEST, EAST = REGIONS["primary"], REGIONS["failover"]
OTHER: Final = {WEST: EAST, EAST: WEST}
ROLE_OF: Final[dict[str, Role]] = {region: role for role, region in REGIONS.items()}

FIRST_MOMENT: Final = "2026-11-24T11:00:00.000000Z"
"""When the first config of each world was written."""

Key = tuple[str, str, str]
"""A region, a bucket (`docs` or `frontend`) and a key."""
Identity = tuple[int, str]
"""A config: its generation (0 for a manual edit), and when its command began."""


@dataclass(frozen=True, kw_only=True)
class Stored:
    """The current version of an object; without a body, a delete marker. `modified` is in seconds since 1970."""

    body: bytes | None
    modified: int
    status: str = ""

    @property
    def etag(self) -> str:
        return "" if self.body is None else etag_of(self.body)


@dataclass(frozen=True, kw_only=True)
class Job:
    """An ingestion job of a region: what it reads, and its state in Bedrock's words."""

    content: tuple[tuple[str, str], ...]
    status: str
    started: int

    @property
    def description(self) -> str:
        """The digest, by the rule of lambda_src/ingest/content_digest.py."""
        digest = 0
        for key, etag in self.content:
            digest += int.from_bytes(hashlib.sha256(f"{key}\0{etag}\0".encode()).digest())
        return f"content {digest % (1 << 256):064x}"


@dataclass(frozen=True, kw_only=True)
class Glance:
    """A part of a world: both copies of config.json, writes on their way, past configs, where new visitors go."""

    copies: tuple[Stored | None, ...]
    late: tuple[tuple[int, Call], ...]
    ever: frozenset[tuple[str, Identity]]
    visitor: Role | None


@cache
def fingerprint(place: Key, stored: Stored) -> int:
    return hash((place, _content(stored)))


def _content(stored: Stored) -> object:
    """Return what matters of an object: of an event, not the texts and times of its steps."""
    if stored.body is None or not stored.body.startswith(b"{") or b'"startedAt"' not in stored.body:
        return stored
    event = parse_event(stored.body.decode())
    return (event.key, event.result, event.ended_at, event.pending_writes)


def first_event(config: RoutingConfig) -> Event:
    """Return the event of the command that wrote the first config of a world."""
    return Event(
        id="00000000",
        generation=config.generation or 0,
        command="failover" if config.role == "failover" else "failback",
        actor="arn:sim (0)",
        started_at=config.updated_at,
        ended_at=config.updated_at,
        result="done",
        target=config.region,
        steps=(StepTaken(step=f"Write config.json in {config.region}", result="done"),),
    )


def identity(config: RoutingConfig | None) -> Identity | None:
    """Return the identity of a config."""
    return None if config is None else (config.generation or 0, config.updated_at)


def render_event(event: Event) -> bytes:
    return event.model_dump_json(by_alias=True).encode()


@cache
def parse_copy(body: bytes | None) -> RoutingConfig | None:
    if body is None:
        return None
    try:
        return parse_config(body)
    except ValueError:
        return None


@cache
def role_of_copy(body: bytes | None) -> Role | None:
    """Return the role of the region whose API a copy names; None if it names neither region's."""
    config = parse_copy(body)
    return MANIFEST.role_of(config.api_url) if config else None


def holds(condition: str, found: Stored | None) -> bool:
    if condition == "*":
        return found is None or found.body is None
    return not condition or (found is not None and found.etag == condition)


@cache
def etag_of(body: bytes) -> str:
    return f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'


def time_of(clock: int) -> int:
    return int(NOON.timestamp()) - 3600 + clock

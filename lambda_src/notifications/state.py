"""What a region's function remembers between two looks, as one JSON object in its own frontend bucket. Pure."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final, Literal

Kind = Literal[
    "serving-region-changed",
    "config-manually-edited",
    "config-copies-disagree",
    "readiness-changed",
    "region-silent",
    "automatic-failover-refused",
    "drill",
]
KINDS: Final[tuple[Kind, ...]] = (
    "serving-region-changed",
    "config-manually-edited",
    "config-copies-disagree",
    "readiness-changed",
    "region-silent",
    "automatic-failover-refused",
    "drill",
)
Phase = Literal["changed", "began", "ended"]
Channel = Literal["topic", "bus"]
CHANNELS: Final[tuple[Channel, ...]] = ("topic", "bus")

SCHEMA_VERSION: Final = 1
REPORTED_KEPT: Final = 200
"""How many reported changes a region remembers. The other region looks for them each minute."""
JOURNAL_KEPT: Final = 60
"""How many events of a journal are remembered, the latest ones. A look lists fewer."""


class InvalidStateError(ValueError):
    """The state object is not one that this version wrote."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """A change that is to be reported.

    `id` is the same in both regions, so that a change is reported once, and a reader can drop a second message. `first`
    is the region that reports it, if it can. `left` are the channels on which it was not reported yet. A run has
    claimed it at `claimed_at`.
    """

    id: str
    kind: Kind
    phase: Phase
    at: str
    first: str
    noticed_at: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    left: tuple[Channel, ...] = CHANNELS
    claimed_at: str = ""


@dataclass(frozen=True, kw_only=True)
class State:
    """The memory of one region's function.

    `serving` is the region that served at the last look, with the highest generation. `copies` has the version of each
    copy of config.json. `journal` has the ETags of the events that were seen. `disagreement` is the id of the last one
    that was noticed and is not over. `color` is the readiness that was reported last. `silent_since`: when the other
    region's function was first missed, "" if it is not.
    """

    looked_at: str = ""
    serving: str = ""
    generation: int = 0
    serving_change: str = ""
    copies: Mapping[str, str] = field(default_factory=dict)
    journal: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    disagreement: str = ""
    color: str = "unknown"
    peer_seen: bool = False
    silent_since: str = ""
    silence: str = ""
    drill: Mapping[str, str] = field(default_factory=dict)
    refusal: str = ""
    waiting: tuple[Change, ...] = ()
    reported: tuple[str, ...] = ()

    @property
    def first_look(self) -> bool:
        """Whether nothing was seen before: what is there now is no change then."""
        return not self.looked_at

    def knows(self, change_id: str) -> bool:
        """Return whether a change is reported or waits."""
        return change_id in self.reported or any(change.id == change_id for change in self.waiting)

    def with_reported(self, *ids: str) -> "State":
        """Return the state in which these changes are reported."""
        reported = (*(one for one in self.reported if one not in ids), *ids)[-REPORTED_KEPT:]
        waiting = tuple(change for change in self.waiting if change.id not in ids)
        return replace(self, reported=reported, waiting=waiting)

    def with_journal(self, journal: Mapping[str, Mapping[str, str]]) -> "State":
        """Return the state that has seen these events. A journal that was not read stays as it was seen."""
        seen = {
            region: dict(sorted({**self.journal.get(region, {}), **tags}.items())[-JOURNAL_KEPT:])
            for region, tags in journal.items()
        }
        return replace(self, journal={**self.journal, **seen})


def format_time(moment: datetime) -> str:
    """Return a time as text in UTC, to the second."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def parse_time(text: str) -> datetime | None:
    """Return the time that a text says, None if it says none."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def render_state(state: State) -> str:
    """Return the text of a state object."""
    return json.dumps({"schemaVersion": SCHEMA_VERSION, **asdict(state)}, indent=1)


def parse_state(text: str) -> State:
    """Read a state object. Raises `InvalidStateError` for any other text."""
    try:
        members = json.loads(text)
        if members.pop("schemaVersion") != SCHEMA_VERSION:
            raise InvalidStateError("it has another schemaVersion")
        waiting = tuple(Change(**{**entry, "left": tuple(entry["left"])}) for entry in members.pop("waiting"))
        return State(waiting=waiting, reported=tuple(members.pop("reported")), **members)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise InvalidStateError(f"not a state of notifications: {error}") from error

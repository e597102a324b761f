"""What one look finds, in the form in which changes are derived from it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal

from standby_protocol.routing_config import ConfigHistory, RoutingConfig

CopyState = Literal["valid", "invalid", "absent"]
AlarmColor = Literal["red", "green", "unknown"]

SWITCHES: Final = frozenset({"failover", "failback"})
"""The commands that change the serving region."""
LANDED: Final = frozenset({"done", "incomplete", "not verified"})
"""The results of a command after which its config.json is in a bucket."""


@dataclass(frozen=True, kw_only=True)
class ConfigCopy:
    """One region's `config.json`. `etag` and `modified` are S3's, so both regions see the same ones.

    `serves` is the region whose API it names, or the API's address if that is none of the two. `generation` is None
    after a manual edit. `config` is all that it says.
    """

    region: str
    state: CopyState
    etag: str
    modified: datetime
    serves: str = ""
    generation: int | None = None
    updated_at: str = ""
    config: RoutingConfig | None = None

    @property
    def manually_edited(self) -> bool:
        """Whether neither Terraform nor a command wrote it."""
        return self.state == "valid" and self.generation is None

    @property
    def version(self) -> str:
        """What distinguishes this content from any other that the object had."""
        return f"{self.etag}@{int(self.modified.timestamp())}"

    @property
    def change(self) -> str:
        """What distinguishes the change that wrote it, the same in both copies of one command."""
        return f"manual:{self.version}" if self.generation is None else f"{self.generation}:{self.updated_at}"


@dataclass(frozen=True, kw_only=True)
class Command:
    """One event of the journal: a command that changed something, or tried to."""

    key: str
    generation: int
    command: str
    actor: str
    reason: str
    started_at: str
    result: str
    source: str
    target: str

    @property
    def change(self) -> str:
        """As `ConfigCopy.change` of the config.json that it wrote."""
        return f"{self.generation}:{self.started_at}"

    @property
    def moved_users(self) -> bool:
        """Whether it changed the serving region, according to its own result."""
        return self.command in SWITCHES and self.result in LANDED and bool(self.target)


@dataclass(frozen=True, kw_only=True)
class Peer:
    """The other region's state: when its function looked last, and the changes that it has reported.

    `error` says why it could not be read; then both other values mean nothing. `missing`: there is no state yet.
    """

    looked_at: datetime | None = None
    reported: frozenset[str] = frozenset()
    error: str = ""
    missing: bool = False

    @property
    def known(self) -> bool:
        """Whether it could be read."""
        return not self.error and self.looked_at is not None


@dataclass(frozen=True, kw_only=True)
class Drill:
    """The mark of a drill that runs now. It ends by `until`, also if its program was killed."""

    until: datetime
    scenario: str = ""
    actor: str = ""
    began_at: str = ""


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """Why the controller does not move users although the primary region is lost; "" if it does not refuse."""

    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Look:
    """The facts of one look.

    `read_order`: both regions in the order in which the edge asks them for config.json. `copies` lacks the copies that
    could not be read, and `unread` has the reasons, by region, `alarms` or `controller`. `commands` are the journal's
    events that are new or changed since the last look, and the one that wrote the authoritative config, in the order of
    their keys.
    `journal` has the ETag of each event, by region and key; a journal that could not be read is missing. `drill` says
    nothing unless `drill_read`. `refusal` is None in the region without a controller, and if its state was not read.
    """

    at: datetime
    region: str
    other: str
    read_order: tuple[str, str]
    copies: Mapping[str, ConfigCopy]
    unread: Mapping[str, str] = field(default_factory=dict)
    commands: tuple[Command, ...] = ()
    journal: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    alarms: Mapping[str, str] = field(default_factory=dict)
    alarms_since: datetime | None = None
    peer: Peer = Peer()
    drill: Drill | None = None
    drill_read: bool = True
    refusal: Refusal | None = None

    @property
    def color(self) -> AlarmColor:
        """Red if an alarm of readiness goes off, green if all are OK, else unknown."""
        if "ALARM" in self.alarms.values():
            return "red"
        return "green" if self.alarms and set(self.alarms.values()) == {"OK"} else "unknown"

    @property
    def authoritative(self) -> ConfigCopy | None:
        """The copy that pages obey, of those that could be read: as `authoritative_copy` of the protocol."""
        history, obeyed = ConfigHistory(), None
        for region in reversed(self.read_order):
            copy = self.copies.get(region)
            if copy is not None and copy.config is not None and history.accepts(copy.config):
                history, obeyed = history.after(copy.config), copy
        return obeyed

"""What a command is going to do: frozen steps, made by pure planners, shown and then carried out as they stand."""

from dataclasses import dataclass, field
from typing import Literal

from standby.deployment.manifest import Role
from standby.deployment.routing_config import ConfigCopy, RoutingConfig
from standby.operations.facts.documents import MissingDocument
from standby.operations.facts.journal import Event, PendingWrite

Command = Literal["failover", "failback", "reconcile"]


@dataclass(frozen=True, kw_only=True)
class WriteIntent:
    """Write the event into the region's journal, before anything is changed."""

    role: Role


@dataclass(frozen=True, kw_only=True)
class PutConfig:
    """Replace the copy that was seen by `text`, on condition that it is still there."""

    seen: ConfigCopy
    config: RoutingConfig
    text: str


@dataclass(frozen=True, kw_only=True)
class Invalidate:
    """Ask CloudFront to forget `config.json`: a courtesy, for it is not cached."""


@dataclass(frozen=True, kw_only=True)
class VerifyEdge:
    """Read `config.json` as a page does, until it is the right one."""

    config: RoutingConfig


@dataclass(frozen=True, kw_only=True)
class VerifyHealth:
    """Ask the serving region's API for its health."""

    role: Role


@dataclass(frozen=True, kw_only=True)
class CopyDocuments:
    """Copy documents from one region's bucket to the other's, inside S3."""

    source: Role
    destination: Role
    documents: tuple[MissingDocument, ...] = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Ingest:
    """Bring the region's Knowledge Base into step with its bucket."""

    role: Role


@dataclass(frozen=True, kw_only=True)
class CopyEvents:
    """Write events into a region's journal that it lacks, or has in an older state."""

    role: Role
    events: tuple[Event, ...]


@dataclass(frozen=True, kw_only=True)
class CloseEvent:
    """Write down in both journals how this command's event ended."""


Action = (
    WriteIntent | PutConfig | Invalidate | VerifyEdge | VerifyHealth | CopyDocuments | Ingest | CopyEvents | CloseEvent
)


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step: what it does in a person's words, where, and what is to be done."""

    title: str
    region: str
    action: Action


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """A precondition that does not hold. `overridable`: `--force` may go on all the same."""

    reason: str
    overridable: bool = True


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The steps of a command, in order; none when nothing is to be done. `event` goes into the journal."""

    command: Command
    summary: str
    source: str = ""
    target: str = ""
    generation: int = 0
    steps: tuple[Step, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    notes: tuple[str, ...] = ()
    event: Event | None = None
    pending_writes: tuple[PendingWrite, ...] = ()

    def refused(self, *, force: bool) -> tuple[Refusal, ...]:
        """Return the refusals that stand, with or without `--force`."""
        return tuple(refusal for refusal in self.refusals if not (force and refusal.overridable))
